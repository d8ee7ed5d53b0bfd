import RelayCore

/// One history: members, brokers and a WeChat on one simulated clock, driven by one seed.
final class World {
    let scenario: Scenario
    var random: SplitMix64
    private(set) var now = MonotonicTime(nanoseconds: 0)
    private var agenda = Agenda()
    var broker: ModelBroker
    var group: ModelGroup
    var weChat: ModelWeChat
    /// By number; nil while none of its processes lives.
    var members: [Member?]
    var lives: [Int]
    var digest = Digest()
    var statistics = Statistics()
    /// Whether the history is told in words while it happens.
    private let isTold: Bool
    private(set) var breach: Breach?
    /// Whether faults may strike.
    private(set) var hasFaults: Bool
    /// Counts the answers to where a partition begins: who reads later knows of those before.
    var assignments = 0
    var firstRoundEnds = MonotonicTime(nanoseconds: 0)
    private let faultsEnd: MonotonicTime
    private let limit: MonotonicTime

    /// More than any history needs: one that goes on and on without time passing is caught by it.
    private static let mostActions = 3_000_000

    init(_ scenario: Scenario, isTold: Bool = false) {
        self.scenario = scenario
        random = SplitMix64(seed: scenario.seed &+ scenario.run &* 0x51_7cc1_b727_220b)
        broker = ModelBroker(scenario)
        group = ModelGroup(partitionCount: scenario.partitionCount)
        weChat = ModelWeChat(scenario)
        members = [Member?](repeating: nil, count: scenario.members)
        lives = [Int](repeating: 0, count: scenario.members)
        self.isTold = isTold
        hasFaults = scenario.mode != .calm
        faultsEnd = MonotonicTime(nanoseconds: 0) + scenario.span
        limit = faultsEnd + (scenario.mode == .swarm ? .zero : .seconds(5_400))
    }

    /// Lets the history happen.
    func run() {
        begin()
        while breach == nil, let (time, action) = agenda.next() {
            guard time <= limit else { break }
            now = time
            statistics.actions += 1
            digest.add(UInt64(bitPattern: time.nanoseconds))
            perform(action)
            if statistics.actions > Self.mostActions { breach(.endless, "more than \(Self.mostActions) actions") }
            if case .beat = action, isFinished { break }
        }
        if breach == nil && scenario.mode != .swarm { checkEnd() }
        for member in members { member?.close() }
        statistics.histories = 1
        statistics.simulated = now - MonotonicTime(nanoseconds: 0)
    }

    private func begin() {
        let span = Int(scenario.span.wholeMilliseconds)
        for _ in 0..<scenario.records {
            let partition = random.number(0...broker.logs.count - 1)
            let delay = random.happens(600) ? 0 : random.number(0...span)
            plan(.append(partition: partition), after: .milliseconds(delay))
        }
        for member in members.indices {
            let isLate = random.happens(300)
            plan(.start(member: member), after: .milliseconds(random.number(0...(isLate ? span : 1_000))))
        }
        guard hasFaults else {
            // A hand-over in good order is no fault.
            for _ in 0..<random.number(0...2) { plan(.strike(.stop), after: .milliseconds(random.number(0...span))) }
            return
        }
        for fault in Fault.allCases where fault.strikes {
            for _ in 0..<scenario.intensity(of: fault) {
                plan(.strike(fault), after: .milliseconds(random.number(0...span)))
            }
        }
        plan(.faultsEnd, after: scenario.span)
    }

    func plan(_ action: Action, after delay: Duration) {
        agenda.plan(action, at: now + delay)
    }

    func plan(_ action: Action, at time: MonotonicTime) {
        agenda.plan(action, at: max(time, now))
    }

    /// Whether a fault that meets a share of what happens meets this.
    func meets(_ fault: Fault) -> Bool {
        hasFaults && random.happens(scenario.intensity(of: fault))
    }

    func breach(_ rule: Rule, _ what: @autoclosure () -> String) {
        guard breach == nil else { return }
        breach = Breach(rule: rule, words: what(), time: now)
        say("BREACH: \(rule.rawValue): \(breach?.words ?? "")")
    }

    func say(_ what: @autoclosure () -> String) {
        guard isTold else { return }
        let milliseconds = now.nanoseconds / 1_000_000
        let fraction = String(String(milliseconds % 1_000 + 1_000).dropFirst())
        print("\(milliseconds / 1_000).\(fraction)  \(what())")
    }

    /// Nothing goes wrong from now on, and whatever was wrong is mended.
    func endFaults() {
        say("all faults end")
        hasFaults = false
        broker.downUntil = now
        for index in broker.topics.indices where broker.topics[index].name != "absent" {
            broker.topics[index].exists = true
        }
        for app in weChat.apps.indices {
            weChat.apps[app].outage = nil
            weChat.apps[app].misconfiguration = nil
            weChat.apps[app].tokenRefusal = nil
        }
        for index in weChat.environments.indices { weChat.environments[index] = nil }
        for index in weChat.functions.indices { weChat.functions[index] = true }
        for index in members.indices {
            members[index]?.recover()
        }
    }

    // MARK: The end

    /// Whether everything that can be done is done and committed.
    private var isFinished: Bool {
        guard scenario.mode != .swarm, now > faultsEnd else { return false }
        return broker.logs.indices.allSatisfy { isStopped($0) || broker.logs[$0].isCommitted }
    }

    /// Out of range under `on-out-of-range: stop`: waits for a person.
    private func isStopped(_ partition: Int) -> Bool {
        guard scenario.policy.onOutOfRange == .stop else { return false }
        let log = broker.logs[partition]
        if let committed = log.committed, committed < log.start || committed > log.end { return true }
        return members.contains { $0?.hasStopped(partition) ?? false }
    }

    private func checkEnd() {
        for log in broker.logs where !isStopped(log.partition) && !log.isCommitted {
            let open = members.compactMap { $0 }.map { "member \($0.process.member): \($0.machine.summary())" }
            breach(
                .progress,
                """
                \(log.topic)/\(log.number) is committed up to \(log.committed.map { "\($0)" } ?? "nothing") of \
                \(log.end); \(open.joined(separator: "; ")); \
                \(members.compactMap { $0 }.flatMap { $0.machine.holdReports.map { "\($0)" } }.joined(separator: "; "))
                """
            )
        }
        for record in broker.records where !record.isGone && !record.isShadowed && record.kind != .tombstone {
            if isStopped(record.partition) { continue }
            if record.replies + record.deadLetters == 0 {
                breach(.progress, "\(name(record)) has no answer")
            }
            guard scenario.mode == .calm else { continue }
            let calls = record.kind == .malformed ? 0 : 1
            if record.calls != calls { breach(.calm, "\(name(record)) was called \(record.calls) times") }
            if record.replies > 1 { breach(.calm, "\(name(record)) has \(record.replies) replies") }
        }
    }

    func name(_ record: Record) -> String {
        "\(broker.logs[record.partition].topic)/\(broker.logs[record.partition].number)/\(record.offset)"
    }
}
