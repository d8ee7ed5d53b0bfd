import RelayCore

/// One process of a member: the shell around a machine, by the same protocol as `Shard`, with the model's brokers and
/// WeChat behind it instead of sockets.
final class Member {
    let process: Process
    unowned let world: World
    var machine: RelayMachine
    let witness: Witness
    private var effects: [Effect] = []
    private var inbox: [Event] = []
    private var isHandling = false
    /// The process is gone: nothing more is done.
    private(set) var isClosed = false

    // The shell
    var open: [OpenCall?] = []
    var tokens: [TokenDesk]
    var assigned: [AssignedPartition.Slot?] = []
    var slotOfPartition: [Int?]
    /// Partitions of this member that are looked up again, and not assigned meanwhile.
    var returning: Set<Int> = []
    var epoch: UInt64 = 0
    var isReading = false
    var isLetGoDue = false
    var isReadingDue = false
    var isPollDue = false
    var revoking: [Int]?
    var isGateNoticed = false
    /// A stop has left nothing to do; a member of the group until the process's other shards are as far.
    var isDrained = false
    var isLeaving = false
    private var wakeDue: MonotonicTime?

    // librdkafka's side
    var group: GroupClient
    var consumer = 0
    var joins = 0
    var hasConsumer = true
    var consumerEvents: [ConsumerEvent] = []
    var producer = 0
    var outstanding = 0
    var isProducerDead = false

    // The machine it runs on
    private let clockStart: Int64
    private var wallOffset: Int64 = 0
    private(set) var pausedUntil = MonotonicTime(nanoseconds: 0)
    private(set) var stalledUntil = MonotonicTime(nanoseconds: 0)
    private(set) var isolatedUntil = MonotonicTime(nanoseconds: 0)
    private var lastToCoordinator = MonotonicTime(nanoseconds: 0)

    /// Noon in UTC+8, at the beginning of a minute.
    static let wallStart: Int64 = 1_700_020_800_000

    init(_ process: Process, _ world: World) {
        self.process = process
        self.world = world
        machine = RelayMachine(
            policy: world.scenario.policy,
            timing: world.scenario.timing,
            seed: world.random.next()
        )
        clockStart = Int64(world.random.number(0...1_000_000)) * 1_000_000
        tokens = world.weChat.apps.map { _ in TokenDesk() }
        slotOfPartition = [Int?](repeating: nil, count: world.broker.logs.count)
        group = GroupClient(partitionCount: world.broker.logs.count)
        witness = Witness(process, world)
    }

    var clock: Now {
        Now(
            monotonic: MonotonicTime(nanoseconds: clockStart + world.now.nanoseconds),
            wall: WallTime(milliseconds: Self.wallStart + wallOffset + world.now.nanoseconds / 1_000_000)
        )
    }

    func begin() {
        for app in tokens.indices { fetchToken(app) }
        world.plan(.beat(process), after: .seconds(1))
        join()
    }

    // MARK: Events and effects

    /// Tells the machine of an event and does what it wants. Events that arise meanwhile wait for their turn.
    func handle(_ event: Event) {
        guard !isClosed else { return }
        inbox.append(event)
        guard !isHandling else { return }
        isHandling = true
        var position = 0
        while position < inbox.count {
            let event = inbox[position]
            position += 1
            let now = clock
            world.statistics.events += 1
            witness.hear(event, now)
            machine.handle(event, now: now, into: &effects)
            // A process dies between any two of the things it does.
            let crash = dies ? world.random.number(0...effects.count) : nil
            for index in effects.indices {
                if index == crash { break }
                witness.see(effects[index], machine)
                if world.breach != nil { return }
                execute(effects[index])
            }
            if crash != nil {
                die()
                return
            }
            witness.conclude(event, machine)
            effects.removeAll(keepingCapacity: true)
        }
        inbox.removeAll(keepingCapacity: true)
        isHandling = false
        armTimer()
    }

    private var dies: Bool {
        world.hasFaults && world.scenario.intensity(of: .crash) > 0
            && world.random.number(0...999) < world.scenario.intensity(of: .crash)
    }

    private func die() {
        world.say("member \(process.member) is killed")
        world.statistics.crashes += 1
        world.bury(self, restart: world.random.milliseconds(50...30_000))
    }

    /// Nothing reaches it and nothing leaves it any more.
    func close() {
        isClosed = true
        cutCalls()
    }

    // MARK: Time

    private func armTimer() {
        guard !isClosed, let wake = machine.nextWake else { return }
        let now = clock.monotonic
        if let wakeDue, wakeDue <= wake, wakeDue > now { return }
        wakeDue = wake
        world.plan(.wake(process), after: max(.zero, wake - now))
    }

    func wake() {
        guard let due = wakeDue, due <= clock.monotonic else { return }
        wakeDue = nil
        handle(.tick)
    }

    func beat() {
        poll()
        handle(.tick)
        guard !isClosed else { return }
        if world.meets(.loopStall) { stalledUntil = world.now + world.random.milliseconds(50...6_000) }
        replaceProducer()
        world.plan(.beat(process), after: .seconds(1))
    }

    // MARK: Faults

    func pause(for time: Duration) {
        world.say("member \(process.member) stands still for \(time)")
        pausedUntil = max(pausedUntil, world.now + time)
        witness.notePause(until: pausedUntil)
    }

    func isolate(for time: Duration) {
        world.say("member \(process.member) is cut off from the brokers for \(time)")
        isolatedUntil = world.now + time
        witness.notePause(until: isolatedUntil)
    }

    func jumpClock(_ time: Duration, backwards: Bool) {
        wallOffset += backwards ? -time.wholeMilliseconds : time.wholeMilliseconds
    }

    /// Faults have ended.
    func recover() {
        pausedUntil = world.now
        stalledUntil = world.now
        isolatedUntil = world.now
    }

    func stop() {
        guard !witness.isStopping else { return }
        world.say("member \(process.member) is told to stop")
        world.statistics.stops += 1
        handle(.stop(deadline: clock.monotonic + world.scenario.stopDrain))
    }

    /// The same for the group's coordinator: one connection, so nothing overtakes what was sent before.
    func coordinatorTime() -> MonotonicTime {
        lastToCoordinator = max(lastToCoordinator, sendTime())
        return lastToCoordinator
    }

    /// When something sent to the brokers now arrives there.
    func sendTime() -> MonotonicTime {
        max(world.now, isolatedUntil, world.broker.downUntil) + world.random.milliseconds(1...40)
    }
}

/// A record between its queue and its outcome, as the shell holds it.
struct OpenCall {
    let id: RequestID
    let record: Int
    var call: Int?
}

/// The keeper of one app's token in one process.
struct TokenDesk {
    /// The token in use: its generation here, and which of WeChat's it is.
    var current: (generation: TokenGeneration, token: Int)?
    var isRefused = false
    var isFetching = false
}

extension AssignedPartition {
    /// What the shell knows of an assigned partition.
    struct Slot {
        let id: PartitionID
        let partition: Int
        /// The next offset to fetch.
        var position: Int64
        var isUnfinished = true
        var isStopped: Bool
        /// Where the end of the log was told last.
        var endTold: Int64?
    }
}
