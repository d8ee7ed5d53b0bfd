import DequeModule
import Kafka
import Logging
import NIOCore
import RelayConfiguration
import RelayCore
import WeChatClient
import Sockets

/// One member of the consumer group: an event loop with its own consumer, producer, HTTP clients and core.
///
/// It decides nothing: what happens is told to the core as events, what the core wants is done. Everything here runs on
/// the one loop; other threads only hand closures to it.
final class Shard {
    /// From 0, in its process.
    let number: Int
    let eventLoop: EpollLoop
    /// The process's.
    private(set) var configuration: Configuration
    /// The shard's part of the configuration's.
    private(set) var policy: Policy
    let logger: Logger
    /// Common to all shards, on the first one's loop.
    let tokens: [TokenKeeper]
    let assignedPartitions: AssignedPartitions
    let lookups: LookupThread

    private(set) var machine: RelayMachine
    private let recorder: Recorder?
    /// A buffer that is kept; empty while an event has it.
    private var effects: [Effect] = []
    private var inbox = Deque<Event>()
    private var isHandling = false
    var open: [OpenRequest] = []

    var feed: ConsumerFeed?
    var publisher: Publisher?
    var calls: [Calls] = []
    private var timer: Scheduled<Void>?
    private var timerDue: MonotonicTime?
    private var heartbeat: RepeatedTask?
    private var lastMinute: MinuteLine
    /// The brokers are being asked for the line's lag.
    private var isMinuteLineDue = false
    /// A stop has left nothing to do; a member of the group until the others are as far.
    private(set) var isDrained = false
    private var onDrained: ((Bool) -> Void)?
    private var onLeft: (() -> Void)?

    init(
        number: Int,
        eventLoop: EpollLoop,
        configuration: Configuration,
        properties: Properties,
        tokens: [TokenKeeper],
        assignedPartitions: AssignedPartitions,
        recorder: Recorder?,
        logger: Logger
    ) throws {
        eventLoop.preconditionInEventLoop()
        self.number = number
        self.eventLoop = eventLoop
        self.configuration = configuration
        policy = configuration.policy.part(ofShard: number, among: configuration.shards)
        self.logger = logger
        self.tokens = tokens
        self.assignedPartitions = assignedPartitions
        lookups = LookupThread(properties: properties, logger: logger)
        self.recorder = recorder
        let now = Clocks.now()
        let timing = MachineTiming(
            drain: configuration.rebalanceDrain,
            session: configuration.kafka.limits.sessionTimeout,
            // One that cannot be sent tries each host.
            call: configuration.apps.map { $0.timeouts.connect * $0.baseURLs.count + $0.timeouts.request }.max()
                ?? .seconds(11)
        )
        let seed = UInt64.random(in: .min ... .max)
        machine = RelayMachine(policy: policy, timing: timing, seed: seed)
        recorder?.write(.machine(policy: policy, timing: timing, seed: seed))
        lastMinute = MinuteLine(at: now.monotonic)
        do {
            for app in configuration.apps.indices { calls.append(try Calls(app: app, shard: self)) }
            publisher = try Publisher(shard: self, properties: properties)
            feed = try ConsumerFeed(shard: self, properties: properties)
        } catch {
            // What was made holds the shard, and the shard holds it.
            end()
            throw error
        }
    }

    /// Begins to tick; the tokens' news arrive from now on.
    func start() {
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        for (app, keeper) in tokens.enumerated() {
            keeper.subscribe { update in
                bound.eventLoop.execute { bound.value.take(update, of: app) }
            }
        }
        heartbeat = eventLoop.scheduleRepeatedTask(initialDelay: .seconds(1), delay: .seconds(1)) { _ in
            bound.value.beat()
        }
    }

    /// Finishes what was begun until the deadline and commits it; a member of the group until `leave`.
    ///
    /// - Parameters:
    ///   - deadline: when what is not finished is cut.
    ///   - onDrained: told whether nothing that was begun is left.
    func stop(deadline: MonotonicTime, onDrained: @escaping (Bool) -> Void) {
        precondition(self.onDrained == nil, "a second stop")
        self.onDrained = onDrained
        handle(.stop(deadline: deadline))
    }

    /// Leaves the group, and ends. To be called once it is drained.
    func leave(onLeft: @escaping () -> Void) {
        self.onLeft = onLeft
        feed?.beginClose()
        leaveIfClosed()
    }

    /// Goes by what a reload has changed; what is under way goes on.
    func reload(_ reload: Reload) {
        configuration = reload.configuration
        policy = configuration.policy.part(ofShard: number, among: configuration.shards)
        for call in calls { call.followPolicy() }
        handle(.policy(policy))
        // Not at the next probe of a hold, which may be minutes away: somebody is waiting for this. All shards hear of what
        // one asks for.
        guard number == 0 else { return }
        for app in reload.appsWithNewSecret { tokens[app].retry() }
    }

    // MARK: Events and effects

    /// Tells the core of an event and does what it wants. Events that arise meanwhile wait for their turn.
    ///
    /// - Parameters:
    ///   - event: what has happened.
    ///   - now: when, if the clocks were read for it already. What an event brings about has its time.
    func handle(_ event: Event, at now: Now? = nil) {
        guard !isHandling else {
            inbox.append(event)
            return
        }
        isHandling = true
        // Read for each event, also among many: the process may be suspended between any two, and then nothing may be called.
        let now = now ?? Clocks.now()
        var wake = step(event, now)
        while let event = inbox.popFirst() { wake = step(event, now) }
        isHandling = false
        if let wake { armTimer(wake, now.monotonic) }
    }

    /// - Returns: when the core wants to be told of the time.
    private func step(_ event: Event, _ now: Now) -> MonotonicTime? {
        var effects: [Effect] = []
        swap(&effects, &self.effects)
        let wake = machine.step(event, now: now, into: &effects)
        recorder?.write(.event(event, at: now, effects: effects, commits: machine.commits(in: effects)))
        // What an effect brings about synchronously waits in the inbox. Taken from the end, each is moved and not copied.
        for index in 0..<effects.count / 2 { effects.swapAt(index, effects.count - 1 - index) }
        while let effect = effects.popLast() { execute(effect) }
        swap(&effects, &self.effects)
        return wake
    }

    /// How many records may be taken from a partition's queue now.
    func room(in partition: PartitionID) -> Int {
        let count = machine.room(in: partition)
        recorder?.write(.room(in: partition, count: count))
        return count
    }

    /// The payload of a request that is still open.
    func request(_ id: RequestID) -> OpenRequest? {
        guard id.index < open.count, open[id.index].id == id else { return nil }
        return open[id.index]
    }

    /// The slot for the next request to arrive.
    func nextOpenRequest() -> (RequestID, OpenRequest) {
        let id = machine.nextRequest
        // One slot is new at a time. Twice as many are made in one assignment: an array that is appended to in place is checked
        // for overlapping accesses at each of its readings, some per message.
        if open.count <= id.index { open = open + (0...open.count).map { _ in OpenRequest() } }
        return (id, open[id.index])
    }

    /// The core has nothing left to do.
    func finish(isClean: Bool) {
        isDrained = true
        onDrained?(isClean)
    }

    /// Ends once the group is left.
    func leaveIfClosed() {
        guard let onLeft, feed?.isClosed ?? true else { return }
        // Dropping the consumer may bring this call again.
        self.onLeft = nil
        end()
        onLeft()
    }

    /// Lets everything go.
    func end() {
        heartbeat?.cancel()
        timer?.cancel()
        feed?.end()
        feed = nil
        publisher = nil
        for call in calls { call.shutDown() }
        calls = []
    }

    // MARK: Time

    private func armTimer(_ wake: MonotonicTime, _ now: MonotonicTime) {
        if let timerDue, timerDue <= wake, timerDue > now { return }
        timer?.cancel()
        timerDue = wake
        let delay = max(.zero, wake - now)
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        timer = eventLoop.scheduleTask(in: .nanoseconds(delay.wholeNanoseconds)) {
            bound.value.timerDue = nil
            bound.value.handle(.tick)
        }
    }

    private func beat() {
        feed?.poll()
        publisher?.poll()
        handle(.tick)
        leaveIfClosed()
        guard lastMinute.isDue(at: Clocks.now().monotonic), !isMinuteLineDue else { return }
        isMinuteLineDue = true
        askForTotals()
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        feed?.askForLag { lag in bound.value.sayMinute(lag: lag) }
    }

    private func sayMinute(lag: Int64?) {
        isMinuteLineDue = false
        let now = Clocks.now().monotonic
        let tokens = calls.enumerated().compactMap { app, calls in
            calls.token.map { token in
                (app: configuration.apps[app].name, left: token.expires.map { max(.zero, $0 - now) })
            }
        }
        logger.info("minute", metadata: lastMinute.next(for: machine, lag: lag, tokens: tokens, at: now))
    }

    private func take(_ update: TokenUpdate, of app: Int) {
        guard !calls.isEmpty else { return }
        switch update {
        case .ready(let token):
            calls[app].token = token
            handle(.token(app: app, .ready(token.generation)))
        case .refused(let code, let errmsg, let rid, let isUsable):
            handle(.token(app: app, .refused(code, errmsg: errmsg, rid: rid, isUsable: isUsable)))
        case .away(let code, let detail, let isUsable):
            handle(.token(app: app, .away(code, detail: detail, isUsable: isUsable)))
        }
    }
}

extension RelayMachine {
    /// Takes one event in, and says when the next tick is due.
    fileprivate mutating func step(_ event: Event, now: Now, into effects: inout [Effect]) -> MonotonicTime? {
        handle(event, now: now, into: &effects)
        return nextWake
    }
}
