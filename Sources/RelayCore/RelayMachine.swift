import DequeModule

/// Every decision of one shard: which request is called when, what its answer means, what is written where, and
/// what may be committed.
///
/// A state machine without I/O, clock and randomness of its own: events go in with the time, effects come out, and
/// equal seeds and events give equal effects. One shard owns one machine and feeds it from one event loop.
package struct RelayMachine: ~Copyable, Sendable {
    var policy: Policy
    let timing: MachineTiming
    var random: SplitMix64

    /// The time of the event being handled.
    var now = Now(monotonic: MonotonicTime(nanoseconds: 0), wall: WallTime(milliseconds: 0))
    /// Effects of the event being handled: the shell's list while `handle` runs.
    var effects: [Effect] = []

    var requests = RequestTable()
    var chains: KeyChains
    var partitions = PartitionTable()
    var pipelines = InPlaceArray<PipelineState>()
    var apps = InPlaceArray<AppState>()
    var targets = InPlaceArray<Target>()
    var targetIndexes: [Target.Address: Int] = [:]
    var vacancies = TargetVacancies()
    var scopes = InPlaceArray<Scope>()
    var scopeIndexes: [ScopeAddress: Int] = [:]
    /// By the scopes' indexes; nil for a scope without a limit of its own.
    var scopeLimits = InPlaceArray<ScopeLimit?>()
    /// Scopes with a limit, ascending.
    var limitedScopes: [Int] = []
    /// Somebody may wait for a limit: without that no event looks at them.
    var isLimitAwaited = false
    /// Targets that a limit has just let go.
    var resumed: [Int] = []
    /// Partitions of each pipeline's topics; 0 until it was told.
    var partitionTotals: [Int]
    /// When the next gained share can be used.
    var nextGain: MonotonicTime?
    /// Scopes with a hold, in the order of their opening.
    var heldScopes: [Int] = []
    /// Requests that wait for a retry, by the time of their next attempt.
    var retries = TimerQueue<MonotonicTime, RequestID>()
    var deadlines = TimerQueue<WallTime, RequestID>()
    /// Publications that the producer refused for now, by the time of their next try.
    var republications = TimerQueue<MonotonicTime, PublicationID>()
    /// Publications that wait for room in the producer's queue.
    var unpublished = Deque<Publication>()
    var isProducerFull = false
    var lastFlush: MonotonicTime?
    var topics = TopicDirectory()
    var seenUnlisted: Set<OutcomeCode> = []

    /// What the commit under way says, by partition.
    package internal(set) var commitsUnderWay: [PartitionCommit] = []
    var isCommitUnderWay: Bool { !commitsUnderWay.isEmpty }
    /// When a commit of all that has changed was last begun.
    var lastCommit: MonotonicTime?
    /// When any commit was last begun.
    var lastCommitBegun: MonotonicTime?
    /// The strongest wish of a partition.
    var commitWish = CommitWish.none
    /// The last commit had no room for all partitions that were meant.
    var isCommitShort = false
    /// The slot that the next one begins with.
    var nextCommitSlot = 0
    /// When the brokers last refused a commit: the next one waits a little.
    var lastCommitRefusal: MonotonicTime?
    /// The commit under way was begun after the gap that put the ownership in doubt.
    var isCommitAskedInDoubt = false
    var gateClosedSince: MonotonicTime?
    var revocation: Revocation?
    var stopDeadline: MonotonicTime?
    /// Something that was begun did not end before the stop's deadline.
    var isStopCut = false
    var isFinished = false
    var lastEvent: MonotonicTime?
    /// After a gap longer than the session somebody else may own the partitions: no call starts before a commit
    /// is answered.
    var isOwnershipInDoubt = false
    var watch = Watch()

    package internal(set) var counters = MachineCounters()

    /// Of a type that lives in memory, so the machine does: else the compiler hands it to its own methods that change nothing
    /// as a value, some hundred bytes that are copied at each call.
    private let residence: any Sendable = ()

    /// - Parameters:
    ///   - policy: what to decide by.
    ///   - timing: how long the group's rules allow things to take.
    ///   - seed: of all randomness: jitter of backoffs and probes.
    package init(policy: Policy, timing: MachineTiming, seed: UInt64) {
        self.policy = policy
        self.timing = timing
        random = SplitMix64(seed: seed)
        chains = KeyChains(seed: seed)
        partitionTotals = policy.pipelines.map { _ in 0 }
        for _ in policy.apps { apps.append(AppState()) }
        for (index, pipeline) in policy.pipelines.enumerated() {
            pipelines.append(PipelineState(limit: InFlightLimit(pipeline.inFlight)))
            apps[pipeline.app].pipelines.append(index)
        }
    }

    /// The id of the next request to arrive: the shell keeps the record's payload under it.
    package var nextRequest: RequestID { requests.next }

    /// Takes one event in and appends what follows from it.
    package mutating func handle(_ event: Event, now: Now, into effects: inout [Effect]) {
        swap(&self.effects, &effects)
        defer { swap(&self.effects, &effects) }
        self.now = now
        watch.loop.turn(at: now.monotonic)
        noticeGap()
        let isReading = take(event)
        advanceTime()
        dispatch()
        // A reading makes the line longer by itself.
        if !isReading { lengthenLines() }
        commitIfDue()
        if isEnding {
            finishRevocation()
            finishStop()
        }
        // Last: a call that an answer has just made room for is started by now.
        watchForStalls()
    }

    /// Whether anything is being brought to an end: asked before each of what sees to that, since it seldom is so.
    private var isEnding: Bool { revocation != nil || stopDeadline != nil }

    /// - Returns: whether a record was read.
    private mutating func take(_ event: Event) -> Bool {
        // An arrival's slot was named before it came in: none may be freed until it is taken.
        if isEnding && !event.isArrival { cutWhatIsLate() }
        switch event {
        case .assigned(let assigned): assign(assigned)
        case .revoked(let ids): revoke(ids)
        case .lost(let ids): lose(ids)
        case .forgotten(let ids): leaveLog(ids)
        case .arrived(let arrival):
            admit(arrival)
            if isEnding { cutWhatIsLate() }
            return true
        case .skipped(let id, let offset): skip(id, offset)
        case .endOfPartition(let id, let offset): reachEnd(id, offset)
        case .answered(let id, let result): takeAnswer(id, result)
        case .hostProbeAnswered(let app, let code): takeHostProbe(app, code)
        case .published(let id, let result): takePublishResult(id, result)
        case .topicLookedUp(let topic, let lookup): takeTopicLookup(topic, lookup)
        case .committed(let refused): takeCommitAnswer(refused)
        case .token(let app, let event): takeToken(app, event)
        case .partitionTotals(let totals): takeTotals(totals)
        case .commitGate(let isClosed): takeGate(isClosed: isClosed)
        case .policy(let policy): change(to: policy)
        case .tick: break
        case .stop(let deadline): stop(deadline)
        }
        return false
    }

    /// The earliest time at which something falls due; the shell ticks then, and at least once a second.
    package var nextWake: MonotonicTime? {
        var wake = retries.nextDue
        func consider(_ time: MonotonicTime?) {
            if let time { wake = wake.map { min($0, time) } ?? time }
        }
        consider(republications.nextDue)
        consider(deadlines.nextDue.map { now.monotonic + ($0 - now.wall) })
        if let revocation {
            let isDrained = revocation.ids.allSatisfy { partitions[$0]?.requestCount ?? 0 == 0 }
            consider(endWake(revocation.deadline, isDrained: isDrained))
        }
        if let stopDeadline, !isFinished {
            consider(endWake(stopDeadline, isDrained: requests.count == 0))
        }
        consider(partitions.nextLimboEnd)
        consider(commitWake)
        for scope in heldScopes {
            switch scopes[scope].hold?.phase {
            // A probe that is overdue waits for a request, not for time.
            case .open(let nextProbe): if nextProbe > now.monotonic { consider(nextProbe) }
            case .ramp(_, let stepEnds, _): consider(stepEnds)
            case .probing, nil: break
            }
        }
        consider(limitWake)
        return wake
    }

    /// The last commit has two seconds of its own behind the deadline.
    private func endWake(_ deadline: MonotonicTime, isDrained: Bool) -> MonotonicTime {
        if deadline > now.monotonic { return deadline }
        return isDrained ? deadline + Self.lastCommitTime : now.monotonic
    }

    /// Does what has fallen due.
    private mutating func advanceTime() {
        while let id = retries.popDue(at: now.monotonic) {
            // A wait that another policy made shorter is in the queue twice.
            guard requests.contains(id), case .waitingForRetry(let due) = requests[id.index].phase, due <= now.monotonic
            else { continue }
            becomeReady(id)
        }
        while let id = deadlines.popDue(at: now.wall) {
            if requests.contains(id) { passDeadline(id) }
        }
        while let id = republications.popDue(at: now.monotonic) {
            publishAgain(id)
        }
        if isProducerFull, lastFlush.map({ now.monotonic - $0 >= .seconds(1) }) ?? true { flushUnpublished() }
        if let end = partitions.nextLimboEnd, end <= now.monotonic { endOverdueLimbo() }
        if !heldScopes.isEmpty { stepRamps() }
        takeGains()
        copyOutOld()
    }
}

/// How long things may take, from the configuration and from Kafka's group protocol.
package struct MachineTiming: Hashable, Codable, Sendable {
    /// `rebalance.drain`.
    package var drain: Duration = .seconds(10)
    /// `session.timeout.ms`.
    package var session: Duration = .seconds(45)
    /// Between two commits.
    package var commitInterval: Duration = .seconds(1)
    /// The longest that a call can take: `timeouts.connect` for each host + `timeouts.request`.
    package var call: Duration = .seconds(11)

    package init(
        drain: Duration = .seconds(10),
        session: Duration = .seconds(45),
        commitInterval: Duration = .seconds(1),
        call: Duration = .seconds(11)
    ) {
        self.drain = drain
        self.session = session
        self.commitInterval = commitInterval
        self.call = call
    }
}

/// One partition's part of a commit.
package struct PartitionCommit: Equatable, Codable, Sendable {
    package let id: PartitionID
    package let topic: String
    package let partition: Int32
    package let offset: Offset
    /// `CommitMetadata` as text, to be committed with the offset.
    package let metadata: [UInt8]
    /// Once it is acknowledged, records up to here may be called.
    package let admissionLimit: Offset
    /// Which of the assignment's commits it is, from 1.
    let number: Int
    /// What the ledger had counted by then.
    let changes: Int
    /// All calls are over, and none is made before another commit.
    let isSettled: Bool
}

/// What happened since the start, for the minute line, the demo's summary and the tests.
package struct MachineCounters: Equatable, Sendable {
    package var arrived: UInt64 = 0
    package var skipped: UInt64 = 0
    package var calls: UInt64 = 0
    package var retries: UInt64 = 0
    package var repliesOK: UInt64 = 0
    package var repliesFailed: UInt64 = 0
    package var deadLetters: UInt64 = 0
    package var completed: UInt64 = 0
    /// Calls cut by a revoke, a loss or a stop: they may have run.
    package var callsCut: UInt64 = 0
    /// Answers of calls whose request was gone.
    package var lateResults: UInt64 = 0
    /// Records that came again although they were already taken.
    package var repeatedRecords: UInt64 = 0
    /// Records that an owner before had done: neither called nor answered again.
    package var recordsSkippedAsDone: UInt64 = 0
    package var commitsRefused: UInt64 = 0
    /// Lost partitions that came back and went on.
    package var partitionsResumed: UInt64 = 0
    /// Requests of lost partitions that did not.
    package var droppedInLimbo: UInt64 = 0
    package var holdsOpened: UInt64 = 0
    package var unlistedCodes: UInt64 = 0
    package var deadLettersDropped: UInt64 = 0
}

/// What the machine keeps for a pipeline.
struct PipelineState: Sendable {
    var limit: InFlightLimit
    var inFlight = 0
    var turns = TurnQueue()
    /// The target of the record that came last. Its place may be another one's by now.
    var lastTarget: Int?
    /// Payload bytes of open records.
    var openBytes = 0
    /// Bytes of their answers: those that are there until their delivery report, and what is kept free for calls under way.
    var answerBytes = 0
    /// Partitions that were left unread because the bytes were used up, mostly by others.
    var starved: [PartitionID] = []
    /// Partitions that were left unread because enough requests wait to be called, and those gone since.
    var unread = Deque<PartitionID>()
    /// Those of them that were told to read on and have not asked yet how far, and those gone since.
    var told: [PartitionID] = []
}

/// What the machine keeps for an app.
struct AppState: Sendable {
    /// The token that calls are made with; nil while there is none.
    var token: TokenGeneration?
    /// Tokens refused one after the other with no accepted one between.
    var refusalsInRow = 0
    /// Its pipelines' indexes.
    var pipelines: [Int] = []
    /// The pipeline, as an index into `pipelines`, whose turn it is to call.
    var turn = 0
    /// nil without limits.
    var share: GroupShare?
    /// Its scope, when it has limits.
    var limitedScope: Int?
    /// When its connections were last dropped.
    var lastDrop: MonotonicTime?
}

/// The address of a scope: unused parts are empty.
struct ScopeAddress: Hashable, Sendable {
    let app: Int
    let environment: String
    let function: String
}

/// Partitions that the group takes back together.
struct Revocation: Sendable {
    let ids: [PartitionID]
    let deadline: MonotonicTime
}
