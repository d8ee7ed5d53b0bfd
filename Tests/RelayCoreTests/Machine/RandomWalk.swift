import RelayCore
import Testing

/// One random history: a machine among brokers and a WeChat that do what a seed says, then a calm in which everything
/// must come to its end.
struct RandomWalk {
    private var bench: MachineBench
    private var random: RelayCore.SplitMix64
    private var epoch: UInt64 = 0
    /// Each partition's log: the offsets of its records, with gaps, and which of them were ever answered.
    private let logs: [[Int64]]
    private var assigned: [PartitionID?]
    private var next: [Int]
    private var starved: Set<Int> = []
    private var revoking: [PartitionID] = []
    private var lookUps: [String] = []
    private var tokensAsked: Set<Int> = []
    private var hostProbes: Set<Int> = []
    private var isGateClosed = false
    /// What WeChat answers to most calls for a while; nil on a mixed day.
    private var weather: OutcomeCode?
    /// What the history met.
    private(set) var happened: Set<String> = []

    init(seed: UInt64) {
        var random = RelayCore.SplitMix64(seed: seed)
        let maybeRan: MaybeRanRule = Bool.random(using: &random) ? .retry : .fail
        let pipelines = (0..<2).map { index in
            PipelinePolicy.bench(
                app: index,
                replyTopic: index == 0 || Bool.random(using: &random) ? "replies" : nil,
                deadLetterTopic: index == 1 || Bool.random(using: &random) ? "dead" : nil,
                ordering: Ordering.allCases.randomElement(using: &random) ?? .key,
                inFlight: InFlightPolicy(min: 1, max: Int.random(in: 1...8, using: &random)),
                window: WindowPolicy(open: Int.random(in: 1...24, using: &random), distance: 60, bytes: 2_000_000),
                retry: RetryPolicy(maxAttempts: 4, budget: .seconds(600), maybeRan: maybeRan)
            )
        }
        let limits = Bool.random(using: &random) ? RandomWalk.limits(&random) : AppLimits()
        bench = MachineBench(pipelines[0], pipelines[1], apps: 2, limits: limits, seed: seed)
        bench.answersCommits = false
        bench.acknowledges = false
        bench.checkInterval = 16
        logs = (0..<3).map { _ in
            var offset: Int64 = 0
            return (0..<30).map { _ in
                offset += Int64.random(in: 1...3, using: &random)
                return offset
            }
        }
        assigned = [nil, nil, nil]
        next = [0, 0, 0]
        self.random = random
    }

    /// So tight that calls wait for them.
    private static func limits(_ random: inout RelayCore.SplitMix64) -> AppLimits {
        AppLimits(
            rate: Rate(Int.random(in: 1...40, using: &random), per: .second),
            burst: Int.random(in: 1...5, using: &random),
            inFlight: Int.random(in: 1...6, using: &random),
            environments: [
                "e": EnvironmentLimits(
                    rate: Rate(Int.random(in: 60...600, using: &random), per: .minute),
                    functions: ["g0": Rate(30, per: .minute), "g1": Rate(1, per: .second)]
                )
            ]
        )
    }

    /// Runs the history.
    ///
    /// - Returns: what was not answered in the end, in words.
    mutating func run() -> [String] {
        for _ in 0..<200 { step() }
        calm()
        return leftovers()
    }

    private func chance(_ percent: Int, _ random: inout RelayCore.SplitMix64) -> Bool {
        Int.random(in: 0..<100, using: &random) < percent
    }

    // MARK: Storm

    private mutating func step() {
        if chance(3, &random) { changePolicy() }
        switch Int.random(in: 0..<100, using: &random) {
        case 0..<22: read()
        case 22..<52: answerCall()
        case 52..<74: reportPublication()
        case 74..<80: answerCommit()
        case 80..<92: passTime()
        case 92..<94: changeAssignment()
        case 94..<96: answerToken(isWell: chance(60, &random))
        case 96..<97:
            toggleGate()
            let added = Int.random(in: 0...2, using: &random)
            bench.handle(.partitionTotals([2 + added, 1 + added]))
        case 97..<98: answerHostProbe(isWell: chance(60, &random))
        case 98..<99: weather = chance(50, &random) ? nil : RandomWalk.codes.randomElement(using: &random)
        default: answerLookUp()
        }
        takeEffects()
    }

    private mutating func read() {
        guard let slot = assigned.indices.randomElement(using: &random), let id = assigned[slot] else { return }
        let room = bench.machine.room(in: id)
        // A revoked partition may be read on for a moment: nothing of that may count.
        let isOver = revoking.contains(id)
        guard room > 0 || isOver else { return }
        for _ in 0..<min(max(room, 1), 3) {
            guard next[slot] < logs[slot].count else {
                bench.reachEnd((logs[slot].last ?? 0) + 5, in: id)
                return
            }
            let offset = logs[slot][next[slot]]
            next[slot] += 1
            let named = chance(20, &random)
            bench.arrive(
                offset,
                in: id,
                key: chance(70, &random) ? UInt64.random(in: 0...3, using: &random) * 4 + UInt64(slot) : nil,
                function: named ? "g\(Int.random(in: 0...3, using: &random))" : nil,
                namedByRecord: chance(50, &random),
                replyTopic: chance(15, &random) ? "asked\(Int.random(in: 0...2, using: &random))" : nil,
                replyPartition: chance(10, &random) ? 7 : nil,
                deadline: chance(15, &random) ? .seconds(Int.random(in: 0...40, using: &random)) : nil,
                bytes: Int.random(in: 10_000...400_000, using: &random),
                rejection: chance(5, &random) ? .bench : nil
            )
            takeEffects()
        }
    }

    private mutating func answerCall() {
        let calls = bench.underWay.sorted { ($0.index, $0.generation) < ($1.index, $1.generation) }
        guard let id = calls.randomElement(using: &random) else { return }
        var code = chance(55, &random) ? nil : RandomWalk.codes.randomElement(using: &random)
        if let weather, chance(90, &random) { code = weather }
        let errmsg = chance(5, &random) ? "Environment not found" : ""
        let answerBytes = code == nil ? Int.random(in: 0...300_000, using: &random) : 0
        bench.answer(id, code ?? .errcode(0), errmsg: errmsg, answerBytes: answerBytes)
    }

    private static let codes: [OutcomeCode] =
        [
            0, 0, 0, 0, -1, -1, -1000, -501001, 40001, 40001, 42001, 45011, -501003, -501004, 45009, 44002, 47001,
            40164,
            -501000, -501005, -504002, -504003, -501002, 777_777, -501015, 604_101,
        ].map { .errcode($0) }
        + TransportOutcome.allCases.map { .transport($0) }
        + [200, 404, 408, 413, 429, 500, 502].map { .status($0) }

    private mutating func reportPublication() {
        guard let publication = bench.unreported.randomElement(using: &random) else { return }
        let results: [PublishResult] = [
            .failedForNow(error: "LEADER_NOT_AVAILABLE"), .queueFull, .refused(.topic, error: "UNKNOWN_TOPIC_OR_PART"),
            .refused(.partition, error: "UNKNOWN_PARTITION"), .refused(.tooLarge, error: "MSG_SIZE_TOO_LARGE"),
        ]
        let result = chance(70, &random) ? .acknowledged : results.randomElement(using: &random) ?? .acknowledged
        bench.report(publication, result)
    }

    private mutating func answerCommit() {
        guard bench.isCommitUnanswered else { return }
        var refused: [PartitionID: String] = [:]
        if chance(30, &random) {
            for commit in bench.machine.commitsUnderWay where chance(50, &random) {
                refused[commit.id] = "COORDINATOR_NOT_AVAILABLE"
            }
        }
        bench.answerCommit(refused: refused)
    }

    private mutating func passTime() {
        switch Int.random(in: 0..<20, using: &random) {
        case 0: bench.jump(.seconds(Int.random(in: 40...400, using: &random)))
        case 1..<6: bench.jump(.seconds(Int.random(in: 1...20, using: &random)))
        default: bench.pass(.milliseconds(Int.random(in: 1...2_000, using: &random)))
        }
    }

    private mutating func changeAssignment() {
        guard revoking.isEmpty, let slot = assigned.indices.randomElement(using: &random) else { return }
        guard let id = assigned[slot] else {
            assign(slot)
            return
        }
        if chance(60, &random) {
            happened.insert("revoked")
            revoking = [id]
            bench.handle(.revoked([id]))
        } else {
            let isForgotten = chance(50, &random)
            let afterCommit = chance(50, &random)
            happened.insert(isForgotten ? "forgotten" : "lost")
            assigned[slot] = nil
            if isForgotten {
                bench.forget([id], afterCommit: afterCommit)
            } else {
                bench.lose([id], afterCommit: afterCommit)
            }
        }
    }

    private mutating func assign(_ slot: Int) {
        epoch += 1
        let committed = bench.log.committed[slot]
        let start = committed ?? Offset(0)
        let resumed = bench.machine.counters.partitionsResumed
        assigned[slot] = bench.takeOver(slot: slot, epoch: epoch, pipeline: slot % 2)
        if bench.machine.counters.partitionsResumed > resumed {
            happened.insert("resumed")
        } else {
            next[slot] = logs[slot].firstIndex { $0 >= start.value } ?? logs[slot].count
        }
    }

    private mutating func changePolicy() {
        guard let pipeline = bench.policy.pipelines.indices.randomElement(using: &random) else { return }
        let isPaused = chance(40, &random)
        let inFlight = InFlightPolicy(min: 1, max: Int.random(in: 1...8, using: &random))
        let window = WindowPolicy(open: Int.random(in: 1...24, using: &random), distance: 60, bytes: 2_000)
        let maybeRan: MaybeRanRule = chance(50, &random) ? .retry : .fail
        let longest = Duration.seconds(Int.random(in: 1...600, using: &random))
        let code = RandomWalk.codes.randomElement(using: &random)
        let meaning = chance(50, &random) ? nil : OutcomeClass.allCases.dropFirst().randomElement(using: &random)
        happened.insert(isPaused ? "paused" : "another policy")
        bench.change {
            $0.pipelines[pipeline].isPaused = isPaused
            $0.pipelines[pipeline].inFlight = inFlight
            $0.pipelines[pipeline].window = window
            $0.pipelines[pipeline].retry.maybeRan = maybeRan
            $0.pipelines[pipeline].retry.max = longest
            if case .errcode(let code) = code, code != 0 { $0.overrides[code] = meaning }
        }
    }

    private mutating func answerToken(isWell: Bool) {
        guard let app = tokensAsked.sorted().randomElement(using: &random) else { return }
        tokensAsked.remove(app)
        if isWell {
            bench.renewToken(app: app)
        } else if chance(50, &random) {
            bench.handle(.token(app: app, .refused(.errcode(40125), errmsg: "", rid: nil, isUsable: false)))
        } else {
            bench.handle(.token(app: app, .away(.transport(.connectTimeout), detail: "", isUsable: false)))
        }
    }

    private mutating func answerHostProbe(isWell: Bool) {
        guard let app = hostProbes.sorted().randomElement(using: &random) else { return }
        hostProbes.remove(app)
        bench.handle(.hostProbeAnswered(app: app, isWell ? .errcode(0) : .transport(.dns)))
    }

    private mutating func toggleGate() {
        isGateClosed.toggle()
        bench.handle(.commitGate(isClosed: isGateClosed))
    }

    private mutating func answerLookUp() {
        guard let topic = lookUps.popLast() else { return }
        let lookups: [TopicLookup] = [.exists(partitions: 3), .unusable("UNKNOWN_TOPIC_OR_PART"), .unanswered]
        bench.handle(.topicLookedUp(topic, lookups.randomElement(using: &random) ?? .unanswered))
    }

    private mutating func takeEffects() {
        for effect in bench.takeEffects() {
            switch effect {
            case .letGo(let ids):
                for id in ids { assigned[id.slot] = nil }
                revoking = []
            case .refreshToken(let app, _), .probeToken(let app): tokensAsked.insert(app)
            case .probeHost(let app): hostProbes.insert(app)
            case .lookUpTopic(let topic): lookUps.append(topic)
            case .report(.holdOpened(let hold)): happened.insert("hold: \(hold.cause)")
            case .report(.lateTick): happened.insert("late tick")
            case .report(.nowhereToWrite): happened.insert("nowhere to write")
            case .cancel: happened.insert("cut")
            // Late answers are this walk's own doing; that a call may start and does not would be the machine's.
            case .report(.stalled(let words)) where words.contains("may call"): Issue.record("\(words)")
            default: break
            }
        }
        if bench.machine.summary().waitingForLimit > 0 { happened.insert("waited for a limit") }
        if bench.machine.counters.recordsSkippedAsDone > 0 { happened.insert("passed over as done") }
        if !happened.contains("waited for a commit"), bench.machine.summary().waitingForCommit > 0 {
            happened.insert("waited for a commit")
        }
        if bench.takeWritings().contains(where: { $0.facts.reason == .maybeRan && $0.facts.attempts == 0 }) {
            happened.insert("not called again")
        }
        _ = bench.takeCalls()
    }

    // MARK: Calm

    /// All goes well from now on: everything must be answered and committed.
    private mutating func calm() {
        if isGateClosed { toggleGate() }
        bench.change { for pipeline in $0.pipelines.indices { $0.pipelines[pipeline].isPaused = false } }
        for _ in 0..<4_000 {
            if isOver { return }
            for slot in assigned.indices where assigned[slot] == nil && revoking.isEmpty { assign(slot) }
            read()
            for id in bench.underWay.sorted(by: { $0.index < $1.index }) { bench.answer(id, 0) }
            bench.acknowledgeAll()
            if bench.isCommitUnanswered { bench.answerCommit() }
            answerToken(isWell: true)
            answerHostProbe(isWell: true)
            if let topic = lookUps.popLast() { bench.handle(.topicLookedUp(topic, .exists(partitions: 3))) }
            takeEffects()
            if bench.underWay.isEmpty && bench.unreported.isEmpty { bench.pass(.seconds(1)) }
            takeEffects()
        }
    }

    private var isOver: Bool {
        bench.log.openCount == 0
            && logs.indices.allSatisfy { (bench.log.committed[$0]?.value ?? 0) > (logs[$0].last ?? 0) }
    }

    private func leftovers() -> [String] {
        guard !isOver else { return [] }
        var words = ["\(bench.log.openCount) open; \(bench.machine.summary()); holds \(bench.machine.holdReports)"]
        for slot in logs.indices {
            let committed = bench.log.committed[slot]?.value ?? 0
            words.append("partition \(slot): \(committed) of \(logs[slot].last ?? 0) committed, next \(next[slot])")
        }
        return words
    }
}
