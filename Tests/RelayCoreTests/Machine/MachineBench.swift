import RelayCore
import Testing

/// A machine that is turned by hand: time passes when told, and the shell's part is played by the book.
///
/// It keeps what the machine wants, answers commits and publications by itself unless told otherwise, and checks after
/// each event what must hold at all times.
struct MachineBench {
    /// The one machine that all copies of a bench turn: a machine itself is never copied.
    private final class Turned {
        var machine: RelayMachine

        init(_ machine: consuming RelayMachine) {
            self.machine = machine
        }
    }

    private let turned: Turned
    var machine: RelayMachine {
        _read { yield turned.machine }
        nonmutating _modify { yield &turned.machine }
    }

    private(set) var now = Now(
        monotonic: MonotonicTime(nanoseconds: 0),
        // Noon in UTC+8, at the beginning of a minute.
        wall: WallTime(milliseconds: 1_700_020_800_000)
    )
    /// Effects that no test has looked at yet, in their order, without calls and publications.
    var effects: [Effect] = []
    /// Calls that are under way.
    private(set) var underWay: Set<RequestID> = []
    /// The call whose result is being handed in: it may be cut at that moment.
    private var answering: RequestID?
    var newCalls: [RequestID] = []
    var writings: [Writing] = []
    /// Publications without a report yet.
    var unreported: [Publication] = []
    private(set) var tokens: [TokenGeneration?]
    private(set) var policy: Policy
    private(set) var log = RecordLog()
    private(set) var runs = RunLog()
    /// What is lost and not assigned again, by the number of the partition.
    private var lost: [Int32: PartitionID] = [:]
    /// Nothing of these is called or written: they are lost, or back and not committed yet.
    private var heldBack: Set<PartitionID> = []

    /// One call at a time for a key, in every pipeline.
    private let keepsKeys: Bool

    var answersCommits = true
    var isCommitUnanswered = false
    var acknowledges = true
    /// How often the machine's books are checked, in events: each time, or now and then in long histories.
    var checkInterval = 1
    private var eventsUnchecked = 0
    /// How often the shell ticks when nothing falls due.
    var tickInterval = Duration.seconds(1)

    /// One publication as the shell would write it.
    struct Writing: Equatable {
        let publication: Publication
        let facts: ReplyFacts
        let offset: Offset
    }

    init(
        _ pipelines: PipelinePolicy...,
        apps: Int = 1,
        limits: AppLimits = AppLimits(),
        token kind: TokenKind = .stable,
        overrides: [Int64: OutcomeClass] = [:],
        onOutOfRange: OutOfRangeRule = .stop,
        timing: MachineTiming = MachineTiming(),
        seed: UInt64 = 1,
        hasToken: Bool = true
    ) {
        policy = Policy(
            apps: (0..<apps).map { AppPolicy(name: "app\($0)", token: kind, limits: limits) },
            pipelines: pipelines.isEmpty ? [.bench()] : pipelines,
            overrides: overrides,
            onOutOfRange: onOutOfRange
        )
        turned = Turned(RelayMachine(policy: policy, timing: timing, seed: seed))
        keepsKeys = policy.pipelines.allSatisfy { $0.ordering != .none }
        runs.maybeRan = policy.pipelines.map(\.retry.maybeRan)
        tokens = [TokenGeneration?](repeating: nil, count: apps)
        for app in 0..<apps where hasToken { renewToken(app: app) }
    }

    // MARK: Events

    mutating func handle(_ event: Event) {
        var wanted: [Effect] = []
        machine.handle(event, now: now, into: &wanted)
        for effect in wanted { perform(effect) }
        checkBooks(after: event)
        if isCommitUnanswered && answersCommits { answerCommit() }
        if acknowledges { acknowledgeAll() }
    }

    private mutating func checkBooks(after event: Event) {
        eventsUnchecked += 1
        guard eventsUnchecked >= checkInterval else { return }
        eventsUnchecked = 0
        for problem in machine.inconsistencies() { Issue.record("\(problem), after \(event)") }
        let counted = machine.summary().inFlight
        if counted != underWay.count { Issue.record("\(counted) in flight, \(underWay.count) called, after \(event)") }
    }

    @discardableResult
    mutating func assign(
        slot: Int = 0,
        number: Int32? = nil,
        epoch: UInt64 = 1,
        start: Int64 = 0,
        committed: Int64? = 0,
        pipeline: Int = 0,
        inheritance: Inheritance = .nothing,
        isStopped: Bool = false
    ) -> PartitionID {
        let id = PartitionID(slot: slot, epoch: epoch)
        var assigned = AssignedPartition(
            id: id,
            topic: "requests",
            partition: number ?? Int32(slot),
            pipeline: pipeline,
            start: Offset(start),
            committed: committed.map { Offset($0) },
            inheritance: inheritance,
            isStopped: isStopped
        )
        let before = lost.removeValue(forKey: assigned.partition)
        if let before { heldBack.remove(before) }
        let resumption = machine.resumption(
            of: assigned.topic,
            assigned.partition,
            committed: assigned.committed,
            inheritance: inheritance
        )
        if let before, let resumption {
            assigned.start = resumption
            heldBack.insert(id)
            log.move(before, to: id)
            runs.move(before, to: id)
        } else {
            log.begin(id, at: Offset(start))
            runs.begin(id, inheritance, pipeline: pipeline)
        }
        handle(.assigned([assigned]))
        if let before, resumption == nil { end([before]) }
        return id
    }

    /// The partition comes back, and the machine goes by what the group has committed; records below `low` are gone.
    @discardableResult
    mutating func takeOver(slot: Int = 0, epoch: UInt64 = 2, pipeline: Int = 0, low: Int64 = 0) -> PartitionID {
        let committed = log.committed[slot]
        return assign(
            slot: slot,
            epoch: epoch,
            start: max(committed?.value ?? 0, low),
            committed: committed?.value,
            pipeline: pipeline,
            inheritance: runs.inheritance(slot: slot, committed: committed, low: Offset(low))
        )
    }

    @discardableResult
    mutating func arrive(
        _ offset: Int64,
        in partition: PartitionID = PartitionID(slot: 0, epoch: 1),
        key: UInt64? = nil,
        function: String? = nil,
        environment: String? = nil,
        namedByRecord: Bool = false,
        replyTopic: String? = nil,
        replyPartition: Int32? = nil,
        deadline: Duration? = nil,
        bytes: Int = 100,
        rejection: Rejection? = nil
    ) -> RequestID {
        let id = machine.nextRequest
        let skipped = machine.counters.recordsSkippedAsDone
        let isAnswered = runs.isAnswered(Offset(offset), of: partition)
        log.take(
            Offset(offset),
            in: partition,
            as: id,
            key: rejection == nil ? key : nil,
            isAnswered: isAnswered
        )
        var arrival = Arrival(
            request: id,
            partition: partition,
            offset: Offset(offset),
            timestamp: RunLog.timestamp(of: Offset(offset)),
            key: key,
            function: function,
            environment: environment,
            functionNamedByRecord: namedByRecord && function != nil,
            environmentNamedByRecord: namedByRecord && environment != nil,
            replyTopic: replyTopic,
            replyPartition: replyPartition,
            deadline: deadline.map { now.wall + $0 },
            byteCount: bytes
        )
        arrival.rejection = rejection
        handle(.arrived(arrival))
        if machine.counters.recordsSkippedAsDone > skipped && !isAnswered {
            Issue.record("\(offset) of \(partition) is passed over and was never answered")
        }
        return id
    }

    /// The partitions cannot be read on, and nothing of them is left: for those before and after, their owner is dead. A commit
    /// under way for them may have reached the brokers all the same.
    mutating func forget(_ ids: [PartitionID], afterCommit: Bool = false) {
        if afterCommit { keepUnanswered(ids) }
        handle(.forgotten(ids))
        end(ids)
    }

    /// The group gives the partitions up, and they may come back.
    mutating func lose(_ ids: [PartitionID], afterCommit: Bool = false) {
        if afterCommit { keepUnanswered(ids) }
        heldBack.formUnion(ids)
        for id in ids { lost[Int32(id.slot)] = id }
        handle(.lost(ids))
    }

    private mutating func keepUnanswered(_ ids: [PartitionID]) {
        guard isCommitUnanswered else { return }
        for commit in machine.commitsUnderWay where ids.contains(commit.id) { keep(commit) }
    }

    private mutating func end(_ ids: [PartitionID]) {
        for id in ids {
            log.end(id)
            runs.end(id)
        }
    }

    mutating func skip(_ offset: Int64, in partition: PartitionID = PartitionID(slot: 0, epoch: 1)) {
        handle(.skipped(partition, Offset(offset)))
    }

    mutating func reachEnd(_ offset: Int64, in partition: PartitionID = PartitionID(slot: 0, epoch: 1)) {
        handle(.endOfPartition(partition, Offset(offset)))
    }

    mutating func answer(
        _ id: RequestID,
        _ code: OutcomeCode,
        errmsg: String = "",
        retryAfter: Duration? = nil,
        isReplyUnreadable: Bool = false,
        answerBytes: Int = 0,
        bodyIsJSON: Bool = false,
        token: TokenGeneration? = nil
    ) {
        underWay.remove(id)
        answering = id
        defer { answering = nil }
        let row = OutcomeRules.row(
            for: code,
            errmsg: errmsg,
            overrides: policy.overrides,
            unlisted: policy.unlistedClass
        )
        if row.ran == .no, let place = log.place(of: id) { runs.didNotRun(place.offset, of: place.partition) }
        let current = log.app(of: id).flatMap { tokens[$0] } ?? 0
        var result = AttemptResult(
            code: code,
            errmsg: errmsg,
            retryAfter: retryAfter,
            isReplyUnreadable: isReplyUnreadable,
            answerByteCount: answerBytes,
            token: token ?? current
        )
        result.bodyIsJSON = bodyIsJSON
        handle(.answered(id, result))
    }

    mutating func answer(_ id: RequestID, _ errcode: Int64, errmsg: String = "") {
        answer(id, .errcode(errcode), errmsg: errmsg)
    }

    /// A reload: the policy as it is, with changes.
    mutating func change(_ edit: (inout Policy) -> Void) {
        edit(&policy)
        runs.maybeRan = policy.pipelines.map(\.retry.maybeRan)
        handle(.policy(policy))
    }

    /// The app has a token that it had not before.
    mutating func renewToken(app: Int = 0) {
        let generation = (tokens[app] ?? 0) + 1
        tokens[app] = generation
        handle(.token(app: app, .ready(generation)))
    }

    mutating func answerCommit(refused: [PartitionID: String] = [:]) {
        isCommitUnanswered = false
        for commit in machine.commitsUnderWay where refused[commit.id] == nil { keep(commit) }
        handle(.committed(refused: refused))
    }

    private mutating func keep(_ commit: PartitionCommit) {
        log.commit(commit.offset, of: commit.id)
        runs.acknowledge(commit)
        if !lost.values.contains(commit.id) { heldBack.remove(commit.id) }
    }

    mutating func report(_ publication: Publication, _ result: PublishResult) {
        unreported.removeAll { $0.id == publication.id }
        if result == .acknowledged {
            log.answer(publication.id.request)
            if let place = log.place(of: publication.id.request) { runs.answer(place.offset, of: place.partition) }
        }
        handle(.published(publication.id, result))
    }

    mutating func acknowledgeAll() {
        while let publication = unreported.first { report(publication, .acknowledged) }
    }

    // MARK: Time

    /// Lets time pass as a shell would: it ticks when the machine wants it, and at least once a second.
    mutating func pass(_ duration: Duration) {
        let end = now.monotonic + duration
        while now.monotonic < end { tick(before: end) }
    }

    /// The next tick of a shell, at `end` at the latest.
    mutating func tick(before end: MonotonicTime) {
        let latest = min(end, now.monotonic + tickInterval)
        let wake = machine.nextWake.map { max(min($0, latest), now.monotonic + .nanoseconds(1)) } ?? latest
        jump(wake - now.monotonic)
    }

    /// Lets time pass with one tick at its end.
    mutating func jump(_ duration: Duration) {
        stand(duration)
        handle(.tick)
    }

    /// Lets time pass unseen by the machine.
    mutating func stand(_ duration: Duration) {
        let nanoseconds = now.monotonic.nanoseconds + duration.wholeNanoseconds
        let before = now.monotonic.nanoseconds / 1_000_000
        now = Now(
            monotonic: MonotonicTime(nanoseconds: nanoseconds),
            wall: WallTime(milliseconds: now.wall.milliseconds + nanoseconds / 1_000_000 - before)
        )
    }

    /// Sets the wall clock, as a time server does; unseen by the machine.
    mutating func setClock(_ difference: Duration) {
        now = Now(monotonic: now.monotonic, wall: now.wall + difference)
    }

    private func checkNotHeldBack(_ id: RequestID) {
        guard let place = log.place(of: id), heldBack.contains(place.partition) else { return }
        Issue.record("\(place.offset) is called or written, and its partition is lost")
    }

    // MARK: Effects

    private mutating func perform(_ effect: Effect) {
        switch effect {
        case .call(let id):
            if !underWay.insert(id).inserted { Issue.record("\(id) is called twice at once") }
            if keepsKeys, let other = log.callOfSameKey(as: id, among: underWay) {
                Issue.record("\(id) is called while \(other) of its key is under way")
            }
            if tokens[machine.app(of: id)] == nil { Issue.record("\(id) is called without a token") }
            log.note(machine.app(of: id), of: id)
            if let place = log.place(of: id) { runs.call(place.offset, of: place.partition) }
            checkNotHeldBack(id)
            newCalls.append(id)
        case .cancel(let id):
            if underWay.remove(id) == nil && id != answering {
                Issue.record("\(id) is cancelled, and is not under way")
            }
            effects.append(effect)
        case .publish(let publication):
            guard let place = log.place(of: publication.id.request) else {
                Issue.record("\(publication.id) is published without its record")
                return
            }
            checkNotHeldBack(publication.id.request)
            let facts = machine.facts(of: publication)
            runs.check(facts, place.offset, of: place.partition)
            writings.append(Writing(publication: publication, facts: facts, offset: place.offset))
            unreported.append(publication)
        case .release(let id):
            if underWay.contains(id) { Issue.record("\(id) is released while it is under way") }
            log.release(id)
            effects.append(effect)
        case .commit:
            isCommitUnanswered = true
            for commit in machine.commitsUnderWay { log.check(commit) }
            effects.append(effect)
        case .letGo(let ids):
            end(ids)
            effects.append(effect)
        default: effects.append(effect)
        }
    }
}

extension PipelinePolicy {
    /// A pipeline for tests: function `f` in environment `e`, answers to the topic `replies`.
    static func bench(
        app: Int = 0,
        function: String = "f",
        replyTopic: String? = "replies",
        deadLetterTopic: String? = nil,
        ordering: Ordering = .key,
        inFlight: InFlightPolicy = InFlightPolicy(),
        window: WindowPolicy = WindowPolicy(),
        retry: RetryPolicy = RetryPolicy()
    ) -> PipelinePolicy {
        PipelinePolicy(
            name: "bench",
            app: app,
            environment: "e",
            function: function,
            request: RequestPolicy(topics: ["requests"]),
            replyTopic: replyTopic,
            deadLetterTopic: deadLetterTopic,
            ordering: ordering,
            inFlight: inFlight,
            window: window,
            retry: retry
        )
    }
}
