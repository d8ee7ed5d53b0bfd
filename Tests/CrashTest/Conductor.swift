import FakeWeChat
import Foundation
import Glibc
import Logging
import RelayCore
import Synchronization

/// One run: sets everything up, goes through the plan, waits until all is done, and lets the checker judge.
struct Conductor {
    let plan: Plan
    let seed: UInt64
    private let folder: URL
    private let broker: Broker
    private let fake: FakeWeChatServer
    private let relays: Relays
    private let names: Names
    private let onlooker: Onlooker
    private let writer: RequestWriter
    private let diary = Diary()
    private let samples = Samples()
    private let kept = Kept()

    /// A run in a folder of its own and within `limit`, whose processes are gone afterwards in any case. The folder stays when something
    /// failed.
    static func run(_ kind: Broker.Kind, _ plan: Plan, seed: UInt64, limit: Duration) async throws -> Verdict {
        let suffix = String(UInt64.random(in: .min ... .max), radix: 36)
        let folder = FileManager.default.temporaryDirectory.appending(path: "crash-\(suffix)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let alarm = Alarm(after: limit, "broker \(kind), seed \(seed), folder \(folder.path)")
        defer { alarm.cancel() }
        let broker = try Broker(kind, folder: folder)
        let fake = try await FakeWeChatServer.start(
            scenario: .crash(seed: seed),
            callLogLimit: plan.requests * 4,
            logger: .silent
        )
        let names = Names(suffix)
        let outcome = await result { try await run(broker, fake, plan, seed: seed, folder: folder, names: names) }
        try await broker.end(topics: names.topics)
        try await fake.stop()
        if case .success(let verdict) = outcome, verdict.isGood {
            try FileManager.default.removeItem(at: folder)
        } else {
            print("what the processes said, and what the checker was given, is in \(folder.path)")
        }
        return try outcome.get()
    }

    private static func run(
        _ broker: Broker,
        _ fake: FakeWeChatServer,
        _ plan: Plan,
        seed: UInt64,
        folder: URL,
        names: Names
    ) async throws -> Verdict {
        try await broker.begin(topics: names.topics, partitions: Names.partitions)
        let relays = try Relays(folder: folder, broker: broker, weChat: fake.port, names: names)
        let conductor = Conductor(
            plan: plan,
            seed: seed,
            folder: folder,
            broker: broker,
            fake: fake,
            relays: relays,
            names: names,
            onlooker: try Onlooker(broker, names: names),
            writer: try RequestWriter(broker, topic: names.requests, seed: seed)
        )
        let outcome = await result { try await conductor.perform() }
        try await relays.endAll()
        return try outcome.get()
    }

    private static func result<Value>(_ body: () async throws -> Value) async -> Result<Value, any Error> {
        do {
            return .success(try await body())
        } catch {
            return .failure(error)
        }
    }

    // MARK: The run

    private func perform() async throws -> Verdict {
        var history = History()
        let endings = try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await writer.write(plan.requests, over: plan.duration) }
            let watch = Task { await watchCommits() }
            defer { watch.cancel() }
            try await goThroughSteps()
            try await group.waitForAll()
            try await settle()
            // What is in limbo is given up by then, and whoever was started last has begun: a stop can be clean.
            try await Task.sleep(for: Plan.session + .seconds(1))
            let endings = try await relays.stopAll()
            watch.cancel()
            await watch.value
            return endings
        }
        // Leaving commits once more.
        var last = try await onlooker.sample(within: .seconds(30))
        last.isProgressDue = false
        history.samples = samples.all + [last]
        history.endings = endings
        history.accidents = diary.accidents
        let log = try await fake.calls()
        guard try await fake.statistics().calls == log.count else { throw Missing("room for all calls in the log") }
        history.calls = log.map { Call($0) }
        try await onlooker.readAll(into: &history)
        var verdict = Checker.check(history, limits: Limits(broker.traits))
        let written = Set(history.requests.map(\.id)).count
        if written != plan.requests {
            verdict.breach(.answered, "the request topic has \(written) of \(plan.requests) ids that were acknowledged")
        }
        verdict.doubts += kept.losses
        if !verdict.isGood { try history.write(to: folder) }
        return verdict
    }

    private func goThroughSteps() async throws {
        var began = ContinuousClock.now
        var starts: [Int: Task<Void, any Error>] = [:]
        for step in plan.steps {
            while ContinuousClock.now < began + step.at {
                try await Task.sleep(until: min(began + step.at, .now + .milliseconds(200)))
                try await evictForBroker()
            }
            // One that was told to end may take its time; what comes next for it is meant for its successor.
            if let relay = step.action.relay { try await starts[relay]?.value }
            // What took longer than planned moves the rest, so that the gaps stay.
            began = max(began, .now - step.at)
            let time = wallTime()
            diary.note(step.action, at: time)
            if case .start(let relay) = step.action {
                starts[relay] = Task { try await relays.start(relay) }
            } else {
                try await perform(step.action)
            }
        }
        for start in starts.values { try await start.value }
    }

    private func perform(_ action: Action) async throws {
        switch action {
        case .start(let relay): try await relays.start(relay)
        case .kill(let relay): relays.kill(relay)
        case .suspend(let relay): relays.suspend(relay)
        case .resume(let relay): relays.resume(relay)
        case .terminate(let relay): relays.terminate(relay)
        case .pauseBroker: broker.send(SIGSTOP)
        case .resumeBroker: broker.send(SIGCONT)
        case .stopBroker: try await stopBroker()
        case .startBroker: try await startBroker()
        case .closeConnections: try await fake.closeConnections()
        }
    }

    /// In that moment nobody writes, so that it saves all that it has acknowledged.
    private func stopBroker() async throws {
        try await writer.pause()
        relays.freeze()
        try await broker.stop {
            // Whoever is frozen has nothing under way any more: this is all that it acknowledged.
            kept.keep(try await onlooker.sample(within: .seconds(30)))
        }
        relays.thaw()
        await writer.goOn()
    }

    private func startBroker() async throws {
        try await broker.start()
        kept.compare(
            try await eventually("the broker says what it has") {
                // Its clients are on their way back to it still.
                try? await onlooker.sample()
            }
        )
    }

    /// noida keeps a member whose client gave its session up, or could not say that it leaves, and then lets nobody in. A
    /// broker that evicts would go on behind the session; noida does behind a restart. The clock of the rule `progress`
    /// does not begin anew by it, so this hides no relay that has come to a stop by itself.
    private func evictForBroker() async throws {
        guard !broker.traits.evictsTheDead, diary.isBrokerUp, samples.takeStall(of: Plan.session + .seconds(6)) else {
            return
        }
        diary.beginEviction(at: wallTime())
        try await stopBroker()
        try await startBroker()
        diary.endEviction(at: wallTime())
    }

    // MARK: Looking on

    /// Samples the committed offsets until it is cancelled.
    private func watchCommits() async {
        /// As of the last sample that succeeded: answers are due in all the time since, or in none of it.
        var interruptions = -1
        while !Task.isCancelled {
            let now = diary.interruptions
            let isDue = diary.isBrokerUp && relays.isOneAtWork && now == interruptions
            // A broker that is away gives no sample.
            if var sample = try? await onlooker.sample() {
                sample.isProgressDue = isDue
                samples.add(sample)
                interruptions = now
            }
            // Cancelled: the loop ends.
            try? await Task.sleep(for: .milliseconds(200))
        }
    }

    /// Waits until all is committed, or no answer comes any more.
    private func settle() async throws {
        var replies: Int64 = -1
        var deadline = ContinuousClock.now
        while true {
            if let sample = samples.last {
                if sample.committed.values.reduce(0, +) >= plan.requests { return }
                if sample.replies != replies {
                    deadline = ContinuousClock.now + Limits(broker.traits).settling * 3 + .seconds(30)
                }
                replies = sample.replies
            }
            guard ContinuousClock.now < deadline else { return }
            try await evictForBroker()
            try await Task.sleep(for: .milliseconds(200))
        }
    }
}

/// What a broker had when it was stopped, and what it had lost when it was started again.
private final class Kept: Sendable {
    private let state = Mutex<(before: Sample?, losses: [String])>((nil, []))

    var losses: [String] { state.withLock { $0.losses } }

    func keep(_ sample: Sample) {
        state.withLock { $0.before = sample }
    }

    /// The group goes on at once, so what is there may be more by now, and never less.
    func compare(_ after: Sample) {
        state.withLock { state in
            guard let before = state.before else { return }
            let lists = [
                ("commit", before.committed, after.committed),
                ("end of the requests", before.requestEnds, after.requestEnds),
                ("end of the replies", before.replyEnds, after.replyEnds),
                ("end of the dead letters", before.deadLetterEnds, after.deadLetterEnds),
            ]
            for (name, old, new) in lists {
                let lost = old.filter { new[$0.key] ?? 0 < $0.value }
                guard let first = lost.min(by: { $0.key < $1.key }) else { continue }
                state.losses.append(
                    "the broker lost what it had acknowledged: restarted before \(after.time), the \(name) went back in"
                        + " \(lost.count) partitions, in \(first.key) from \(first.value) to \(new[first.key] ?? 0)"
                )
            }
        }
    }
}

/// The samples of a run.
private final class Samples: Sendable {
    private struct State {
        var found: [Sample] = []
        /// Since when no answer came.
        var still: Int64 = 0
    }

    private let state = Mutex(State())

    var all: [Sample] { state.withLock { $0.found } }

    var last: Sample? { state.withLock { $0.found.last } }

    func add(_ sample: Sample) {
        state.withLock { state in
            let isStill = state.found.last.map { $0.replies == sample.replies } ?? false
            if !isStill || !sample.isProgressDue || !sample.hasOpenRequests { state.still = sample.time }
            state.found.append(sample)
        }
    }

    /// Whether answers have been due and stayed away for so long; asked again, it counts anew.
    func takeStall(of length: Duration) -> Bool {
        state.withLock { state in
            guard let last = state.found.last, last.time - state.still > length.components.seconds * 1_000 else {
                return false
            }
            state.still = last.time
            return true
        }
    }
}
