import RelayCore
import Testing

@Suite("Another policy while requests are open") struct PolicyTests {
    private let partition = PartitionID(slot: 0, epoch: 1)

    // MARK: In flight and windows

    @Test("a lower in-flight.max starts nothing until enough calls have ended, a higher one starts more at once")
    func inFlight() {
        var bench = MachineBench(.bench(inFlight: InFlightPolicy(min: 1, max: 4)))
        bench.assign()
        for offset in Int64(0)..<12 { bench.arrive(offset) }
        let calls = bench.takeCalls()
        #expect(calls.count == 4)
        bench.change { $0.pipelines[0].inFlight.max = 2 }
        #expect(bench.underWay.count == 4, "what is under way is not cut")
        bench.answer(calls[0], 0)
        bench.answer(calls[1], 0)
        #expect(bench.takeCalls().isEmpty)
        bench.answer(calls[2], 0)
        #expect(bench.takeCalls().count == 1)
        bench.change { $0.pipelines[0].inFlight.max = 6 }
        #expect(bench.takeCalls().count == 4)
        #expect(bench.underWay.count == 6)
    }

    @Test("a limit that the environment has halved stays halved under a higher maximum, and keeps to new bounds")
    func halved() {
        var bench = MachineBench(.bench(inFlight: InFlightPolicy(min: 1, max: 8)))
        bench.assign()
        bench.answer(bench.arrive(0), -501_004)
        for offset in Int64(1)..<40 { bench.arrive(offset) }
        #expect(bench.underWay.count == 4)
        bench.change { $0.pipelines[0].inFlight.max = 16 }
        #expect(bench.underWay.count == 4)
        bench.change { $0.pipelines[0].inFlight.min = 6 }
        #expect(bench.underWay.count == 6)
        bench.change { $0.pipelines[0].inFlight = InFlightPolicy(min: 1, max: 2) }
        for id in bench.underWay.sorted(by: { $0.index < $1.index }) { bench.answer(id, 0) }
        #expect(bench.underWay.count == 2)
    }

    @Test("a window lowered below what is open admits nothing until there is room by the new one")
    func narrowWindow() {
        var bench = MachineBench(.bench(window: WindowPolicy(open: 16)))
        bench.assign()
        let ids = (Int64(0)..<10).map { bench.arrive($0) }
        bench.change { $0.pipelines[0].window = WindowPolicy(open: 4, distance: 8) }
        #expect(bench.machine.room(in: partition) == 0)
        for id in ids[..<6] { bench.answer(id, 0) }
        #expect(bench.machine.room(in: partition) == 0)
        _ = bench.takeEffects()
        bench.answer(ids[6], 0)
        #expect(bench.takeEffects().contains(.readOn(partition)))
        #expect(bench.machine.room(in: partition) == 1)
    }

    @Test(
        "a wider window is offered at once to a partition that was left unread",
        arguments: [
            WindowPolicy(open: 9), WindowPolicy(open: 8, distance: 21), WindowPolicy(open: 8, bytes: 10_000_000),
        ]
    )
    func widerWindow(window: WindowPolicy) {
        var tight = WindowPolicy(open: 8)
        if window.distance == 21 { tight.distance = 20 }
        if window.bytes == 10_000_000 { tight.bytes = 800_000 }
        var bench = MachineBench(.bench(window: tight))
        bench.assign()
        if window.distance == 21 {
            bench.arrive(0)
            bench.arrive(19)
        } else {
            for offset in Int64(0)..<(window.open == 9 ? 8 : 4) { bench.arrive(offset, bytes: 200_000) }
        }
        #expect(bench.machine.room(in: partition) == 0)
        _ = bench.takeEffects()
        bench.change { $0.pipelines[0].window = window }
        #expect(bench.takeEffects() == [.readOn(partition)])
        #expect(bench.machine.room(in: partition) > 0)
    }

    // MARK: Retries

    @Test("a request that waits by the old backoff waits no longer than the new one says")
    func shorterWaits() {
        for seed in UInt64(1)...20 {
            let patient = RetryPolicy(initial: .seconds(600), max: .seconds(600))
            var bench = MachineBench(.bench(retry: patient), seed: seed)
            bench.assign()
            let id = bench.arrive(0)
            _ = bench.takeCalls()
            bench.answer(id, -504_001)
            bench.change { $0.pipelines[0].retry = RetryPolicy(initial: .seconds(8), max: .seconds(8)) }
            let waited = bench.passUntilCall(within: .seconds(60)) ?? .seconds(60)
            #expect(waited <= .seconds(8), "seed \(seed)")
            // What the first wait left in the queue starts nothing.
            _ = bench.takeCalls()
            bench.answer(id, .status(503), retryAfter: .seconds(590))
            let second = bench.passUntilCall(within: .seconds(700)) ?? .zero
            #expect(second >= .seconds(590), "seed \(seed)")
        }
    }

    @Test("a wait that the answer asked for stays as long as it was asked for")
    func retryAfterStays() {
        var bench = MachineBench(.bench(retry: RetryPolicy(initial: .seconds(600), max: .seconds(600))))
        bench.assign()
        let id = bench.arrive(0)
        _ = bench.takeCalls()
        bench.answer(id, .status(503), retryAfter: .seconds(300))
        bench.change { $0.pipelines[0].retry.max = .seconds(1) }
        let waited = bench.passUntilCall(within: .seconds(700)) ?? .zero
        #expect(waited >= .seconds(300))
        #expect(waited <= .seconds(301))
    }

    @Test("attempts and time that are spent stay spent: a lower bound ends a request with its next failure")
    func spent() {
        for policy in [RetryPolicy(maxAttempts: 2), RetryPolicy(budget: .seconds(1))] {
            var bench = MachineBench()
            bench.assign()
            let id = bench.arrive(0)
            for _ in 0..<3 {
                _ = bench.takeCalls()
                bench.answer(id, -504_001)
                _ = bench.passUntilCall(within: .seconds(60))
            }
            bench.pass(.seconds(2))
            bench.change { $0.pipelines[0].retry = policy }
            #expect(bench.reply(0) == nil)
            bench.answer(id, -504_001)
            #expect(bench.reason(0) == (policy.maxAttempts == 2 ? .attemptsExhausted : .budgetExhausted))
            #expect(bench.reply(0)?.facts.attempts == 4)
        }
    }

    @Test("maybe-ran: fail ends at once what may have run and waits, and nothing else")
    func maybeRan() {
        var bench = MachineBench()
        bench.assign()
        let ran = bench.arrive(0)
        let refused = bench.arrive(1)
        let fresh = bench.arrive(2)
        _ = bench.takeCalls()
        bench.answer(ran, -504_001)
        bench.answer(refused, .transport(.connectRefused))
        bench.change { $0.pipelines[0].retry.maybeRan = .fail }
        #expect(bench.reason(0) == .maybeRan)
        bench.pass(.seconds(2))
        #expect(bench.takeCalls() == [refused])
        bench.answer(refused, 0)
        bench.answer(fresh, 0)
        #expect(bench.reply(1)?.facts.status == .ok)
        #expect(bench.reply(2)?.facts.status == .ok)
    }

    @Test("under maybe-ran: fail a call that cannot have run ends a request that may have run before")
    func maybeRanBefore() {
        var bench = MachineBench()
        bench.assign()
        let id = bench.arrive(0)
        bench.answer(id, -504_001)
        bench.pass(.seconds(2))
        #expect(bench.underWay == [id])
        bench.change { $0.pipelines[0].retry.maybeRan = .fail }
        #expect(bench.underWay == [id], "a call under way is judged by its answer")
        bench.answer(id, .transport(.connectRefused))
        #expect(bench.reason(0) == .maybeRan)
    }

    // MARK: Overrides and holds

    /// Two requests are refused for the configuration and hold their environment.
    private func held(by code: Int64 = -501_005) -> MachineBench {
        var bench = MachineBench()
        bench.assign()
        for offset in Int64(0)..<3 { bench.arrive(offset, key: 7) }
        bench.arrive(3)
        for id in bench.takeCalls() { bench.answer(id, code) }
        #expect(bench.machine.holdReports.map(\.cause) == [.misconfiguration])
        _ = bench.takeCalls()
        return bench
    }

    @Test("a code that means something else now lets its hold be probed at once, and its answer ends the hold")
    func reinterpreted() throws {
        var bench = held()
        bench.change { $0.overrides[-501_005] = .functionFailed }
        let probe = try #require(bench.takeCalls().first)
        #expect(bench.underWay == [probe])
        bench.answer(probe, -501_005)
        #expect(bench.reason(0) == .permanent || bench.reason(3) == .permanent)
        bench.pass(.seconds(2))
        #expect(bench.answerAll(.errcode(0)) == 3)
        #expect(bench.machine.holdReports.isEmpty)
    }

    @Test("an override of another code leaves a hold and its next probe alone")
    func otherOverride() {
        var bench = held()
        bench.change { $0.overrides[-501_009] = .functionFailed }
        #expect(bench.takeCalls().isEmpty)
        _ = bench.passUntilCall(within: .seconds(10))
        for id in bench.takeCalls() { bench.answer(id, -501_005) }
        #expect(bench.machine.holdReports.count == 1)
        #expect(bench.writings.isEmpty)
    }

    @Test("an override that is taken back leaves the hold as it was opened")
    func takenBack() throws {
        var bench = held()
        bench.change { $0.overrides[-501_005] = .functionFailed }
        let probe = try #require(bench.takeCalls().first)
        bench.change { $0.overrides = [:] }
        bench.answer(probe, -501_005)
        #expect(bench.machine.holdReports.count == 1)
        #expect(bench.writings.isEmpty)
    }

    @Test("a failure keeps the class that it was decided by, in the reply and in the dead letter")
    func classOfOutcome() throws {
        var bench = MachineBench(.bench(deadLetterTopic: "dead"))
        bench.assign()
        bench.acknowledges = false
        bench.answer(bench.arrive(0), -504_002)
        let reply = try #require(bench.unreported.first { $0.form == .failure })
        bench.report(reply, .failedForNow(error: "LEADER_NOT_AVAILABLE"))
        bench.change { $0.overrides[-504_002] = .transient }
        bench.pass(.seconds(2))
        #expect(bench.writings.count == 3)
        #expect(Set(bench.writings.map(\.facts.outcomeClass)) == [.functionFailed])
    }

    // MARK: What was read of a record

    @Test("a record that was admitted goes on to the function, the reply topic and the deadline that it came with")
    func admitted() throws {
        var bench = MachineBench(.bench(inFlight: InFlightPolicy(min: 1, max: 1)))
        bench.change {
            $0.pipelines[0].allow = AllowList(functions: ["g"], replyTopics: ["asked"])
            $0.pipelines[0].request.deadline = .seconds(3_600)
        }
        bench.assign()
        let busy = bench.arrive(0)
        let waiting = bench.arrive(1, function: "g", replyTopic: "asked", deadline: .seconds(600))
        bench.change {
            $0.pipelines[0].allow = AllowList()
            $0.pipelines[0].request.deadline = .seconds(1)
            $0.pipelines[0].injectMember = "_wxrelay"
        }
        bench.pass(.seconds(100))
        bench.answer(busy, 0)
        #expect(bench.underWay == [waiting])
        let address = bench.machine.address(of: waiting)
        #expect(address.function == "g")
        #expect(address.injectMember == "_wxrelay", "the body is made for each call")
        bench.answer(waiting, 0)
        #expect(bench.effects.contains(.lookUpTopic("asked")))
    }
}
