import RelayCore
import Testing

@Suite("Holds are probed, lifted and opened again") struct ProbeTests {
    /// A bench whose app is held for an outage, with ten requests waiting.
    private func outage(_ pipeline: PipelinePolicy = .bench(), requests: Int64 = 10) -> MachineBench {
        var bench = MachineBench(pipeline)
        bench.assign()
        for offset in 0..<max(10, requests) { bench.arrive(offset) }
        while bench.machine.holdReports.isEmpty {
            let calls = bench.takeCalls()
            for id in calls { bench.answer(id, .transport(.connectRefused)) }
            bench.pass(.milliseconds(20))
        }
        for id in bench.takeCalls() where bench.underWay.contains(id) {
            bench.answer(id, .transport(.connectRefused))
        }
        return bench
    }

    @Test("one probe at a time, and another request each time")
    func probesInTurn() {
        var bench = outage()
        var last: RequestID?
        for _ in 0..<6 {
            _ = bench.takeCalls()
            #expect(bench.passUntilCall(within: .seconds(60)) != nil)
            let probes = bench.takeCalls()
            #expect(probes.count == 1)
            #expect(probes.first != last)
            bench.pass(.seconds(20))
            #expect(bench.takeCalls().isEmpty, "no second probe while one is under way")
            last = probes.first
            probes.first.map { bench.answer($0, .transport(.connectRefused)) }
        }
        #expect(bench.writings.isEmpty)
        #expect(bench.machine.counters.holdsOpened == 1)
    }

    @Test("a probe that is alone is its own successor")
    func probeAlone() {
        var bench = MachineBench()
        bench.assign()
        let id = bench.arrive(0)
        bench.answer(id, 45009)
        for _ in 0..<3 {
            _ = bench.takeCalls()
            #expect(bench.passUntilCall(within: .seconds(200)) != nil)
            #expect(bench.takeCalls() == [id])
            bench.answer(id, 45009)
        }
    }

    @Test(
        "the time between two probes doubles up to the cause's longest",
        arguments: [
            (OutcomeCode.transport(.connectRefused), 1, 30), (.errcode(40164), 5, 300), (.errcode(45009), 10, 600),
        ]
    )
    func intervals(code: OutcomeCode, first: Int, longest: Int) {
        var bench = MachineBench(.bench(retry: RetryPolicy(budget: .seconds(1_000_000))))
        bench.assign()
        for offset in Int64(0)..<10 { bench.arrive(offset) }
        for id in bench.takeCalls() { bench.answer(id, code) }
        #expect(bench.machine.holdReports.count == 1)
        var expected = first
        for _ in 0..<9 {
            let waited = bench.passUntilCall(within: .seconds(1_000)) ?? .zero
            let nominal = Duration.seconds(expected)
            #expect(waited >= nominal * 0.8 && waited <= nominal * 1.2 + .milliseconds(60), "\(waited), not \(nominal)")
            for id in bench.takeCalls() { bench.answer(id, code) }
            expected = min(2 * expected, longest)
        }
        #expect(bench.writings.isEmpty)
    }

    @Test(
        "no probe before a throttled window has ended, after a failed probe neither",
        arguments: [(OutcomeCode.status(429), 30), (.errcode(-501_003), 60), (.errcode(45011), 60)]
    )
    func throttledWindow(code: OutcomeCode, seconds: Int) {
        var bench = MachineBench()
        bench.assign()
        let id = bench.arrive(0)
        for _ in 0..<2 {
            _ = bench.takeCalls()
            bench.answer(id, code, retryAfter: code == .status(429) ? .seconds(30) : nil)
            // The minute's window ends with the minute; the first answer came at the beginning of one.
            let untilMinute = Duration.milliseconds(60_000 - bench.now.wall.milliseconds % 60_000)
            let window = code == .errcode(45011) ? untilMinute : .seconds(seconds)
            let waited = bench.passUntilCall(within: .seconds(200)) ?? .zero
            #expect(waited >= window)
            #expect(waited <= window + .milliseconds(2_060))
        }
    }

    @Test("a used up quota is probed just after midnight in China")
    func midnight() {
        var bench = MachineBench(.bench(retry: RetryPolicy(budget: .seconds(1_000_000))))
        bench.tickInterval = .seconds(40)
        bench.assign()
        let id = bench.arrive(0)
        bench.answer(id, 45009)
        // The bench begins at noon: midnight is twelve hours on.
        let midnight = bench.now.wall + .seconds(43_200)
        var afterMidnight: Duration?
        while afterMidnight == nil {
            _ = bench.takeCalls()
            guard bench.passUntilCall(within: .seconds(1_000)) != nil else { break }
            bench.answer(id, 45009)
            if bench.now.wall >= midnight { afterMidnight = bench.now.wall - midnight }
        }
        #expect(afterMidnight.map { $0 <= .milliseconds(3_100) } ?? false)
    }

    @Test("a probe is not counted, but may have run")
    func probeUncounted() {
        var bench = MachineBench(.bench(retry: RetryPolicy(budget: .seconds(1_000_000))))
        bench.assign()
        let id = bench.arrive(0)
        let failures = bench.answerAll(.transport(.resetAfterWrite), patience: .seconds(20), most: 4)
        for other in Int64(1)..<7 { bench.answer(bench.arrive(other), .transport(.connectRefused)) }
        #expect(failures == 4)
        #expect(bench.machine.holdReports.count == 1)
        var probes = 0
        while probes < 12 {
            guard bench.passUntilCall(within: .seconds(100)) != nil else { break }
            for probe in bench.takeCalls() where bench.underWay.contains(probe) {
                bench.answer(probe, .transport(.resetAfterWrite))
                probes += 1
            }
        }
        #expect(bench.writings.isEmpty)
        // Everything passes now.
        _ = bench.answerAll(.errcode(0))
        #expect((bench.reply(0)?.facts.invocationsPossible ?? 0) > 6)
        #expect(bench.reply(0)?.publication.id.request == id)
    }

    @Test("a probe that passes without an outcome is not counted either")
    func passedProbeUncounted() {
        var bench = MachineBench()
        bench.assign()
        bench.answer(bench.arrive(0), 45009)
        _ = bench.takeCalls()
        #expect(bench.answerAll(.errcode(-504_001)) == 7)
        #expect(bench.reason(0) == .attemptsExhausted)
        #expect(bench.reply(0)?.facts.attempts == 8)
    }

    @Test(
        "after a passed probe calls go out one, two, four at once, and the hold closes at the top, though all throw",
        arguments: [Int64(0), -504_002]
    )
    func ramp(errcode: Int64) {
        var bench = outage(.bench(inFlight: InFlightPolicy(min: 1, max: 4)), requests: 200)
        _ = bench.takeCalls()
        _ = bench.passUntilCall(within: .seconds(60))
        for id in bench.takeCalls() { bench.answer(id, 0) }
        for limit in [1, 2, 4] {
            #expect(bench.underWay.count == limit)
            #expect(bench.machine.holdReports.count == 1)
            for id in bench.takeCalls() { bench.answer(id, errcode) }
            #expect(bench.underWay.count == limit)
            bench.pass(.milliseconds(1_010))
        }
        #expect(bench.machine.holdReports.isEmpty)
        let closed = bench.takeReports().filter { if case .holdClosed = $0 { true } else { false } }
        #expect(closed.count == 1)
    }

    @Test("a second without a success raises nothing")
    func rampWithoutSuccess() {
        var bench = outage(requests: 50)
        _ = bench.takeCalls()
        _ = bench.passUntilCall(within: .seconds(60))
        for id in bench.takeCalls() { bench.answer(id, 0) }
        bench.pass(.seconds(5))
        #expect(bench.underWay.count == 1)
    }

    @Test("a ramp is cut short by its own cause only: one refusal for the configuration is no second one")
    func rampAndOtherCause() {
        var bench = outage(requests: 50)
        _ = bench.takeCalls()
        _ = bench.passUntilCall(within: .seconds(60))
        for id in bench.takeCalls() { bench.answer(id, 0) }
        for id in bench.takeCalls() { bench.answer(id, 40164) }
        #expect(bench.machine.counters.holdsOpened == 1)
        #expect(bench.underWay.count == 1, "calls go on")
    }

    @Test("a ramp that begins with the failure reopens at the interval that was reached")
    func rampReopens() {
        var bench = outage()
        for _ in 0..<3 {
            _ = bench.takeCalls()
            _ = bench.passUntilCall(within: .seconds(60))
            for id in bench.takeCalls() { bench.answer(id, .transport(.connectRefused)) }
        }
        _ = bench.passUntilCall(within: .seconds(60))
        for id in bench.takeCalls() { bench.answer(id, 0) }
        for id in bench.takeCalls() { bench.answer(id, .transport(.connectRefused)) }
        #expect(bench.machine.counters.holdsOpened == 2)
        let waited = bench.passUntilCall(within: .seconds(60)) ?? .zero
        #expect(waited >= .milliseconds(6_400) && waited <= .milliseconds(9_700), "8 s ± 20 %")
        #expect(bench.writings.count == 1)
    }

    @Test("one failure among successes does not reopen a hold")
    func rampSurvivesOneFailure() {
        var bench = outage(requests: 100)
        _ = bench.takeCalls()
        _ = bench.passUntilCall(within: .seconds(60))
        for id in bench.takeCalls() { bench.answer(id, 0) }
        for id in bench.takeCalls() { bench.answer(id, 0) }
        for id in bench.takeCalls() { bench.answer(id, .transport(.connectRefused)) }
        #expect(bench.machine.counters.holdsOpened == 1)
        #expect(bench.underWay.count == 1, "calls go on")
    }

    @Test("a probe that is dropped with its partition makes room for another at once")
    func droppedProbe() {
        var bench = outage()
        let other = bench.assign(slot: 1)
        let next = bench.arrive(0, in: other)
        _ = bench.takeCalls()
        _ = bench.passUntilCall(within: .seconds(60))
        bench.forget([PartitionID(slot: 0, epoch: 1)])
        #expect(bench.underWay == [next])
    }

    @Test("with nothing waiting the next arrival is the probe")
    func nextArrivalProbes() {
        var bench = MachineBench()
        bench.assign()
        bench.answer(bench.arrive(0, deadline: .seconds(2)), 45009)
        bench.pass(.seconds(30))
        #expect(bench.machine.holdReports.count == 1)
        _ = bench.takeCalls()
        let next = bench.arrive(1)
        #expect(bench.takeCalls() == [next])
        bench.arrive(2)
        #expect(bench.takeCalls().isEmpty)
    }

    @Test("under two holds the wider one is probed first, and both are lifted")
    func nestedHolds() {
        var bench = MachineBench()
        bench.assign()
        for offset in Int64(0)..<10 { bench.answer(bench.arrive(offset), .transport(.requestTimeout)) }
        #expect(bench.machine.holdReports.map(\.scope) == [.function])
        let other = bench.arrive(100, function: "g")
        bench.answer(other, 45009)
        #expect(bench.machine.holdReports.map(\.scope) == [.function, .app])
        _ = bench.answerAll(.errcode(0), patience: .seconds(60))
        #expect(bench.writings.count == 11)
        #expect(bench.machine.summary().waitingUnderHold == 0)
    }

    @Test("the wider hold is probed by what the narrower one holds, if nothing else waits")
    func nestedHoldsOfOneFunction() {
        var bench = MachineBench()
        bench.assign()
        var calls: [RequestID] = []
        for offset in Int64(0)..<11 { calls.append(bench.arrive(offset)) }
        for id in calls[..<10] { bench.answer(id, .transport(.requestTimeout)) }
        bench.answer(calls[10], 45009)
        #expect(bench.machine.holdReports.map(\.scope) == [.function, .app])
        _ = bench.answerAll(.errcode(0), patience: .seconds(60))
        #expect(bench.writings.count == 11)
    }

    @Test("where no second run may be risked an outage is probed by a call that changes nothing")
    func hostProbe() {
        var bench = outage(.bench(retry: RetryPolicy(maybeRan: .fail)))
        bench.pass(.seconds(3))
        #expect(bench.takeEffects().filter { $0 == .probeHost(app: 0) }.count == 1)
        #expect(bench.underWay.isEmpty)
        bench.handle(.hostProbeAnswered(app: 0, .transport(.connectRefused)))
        bench.pass(.seconds(3))
        #expect(bench.takeEffects().filter { $0 == .probeHost(app: 0) }.count == 1)
        #expect(bench.underWay.isEmpty)
        bench.handle(.hostProbeAnswered(app: 0, .errcode(0)))
        #expect(bench.underWay.count == 1)
        _ = bench.answerAll(.errcode(0))
        #expect(bench.writings.count == 10)
        #expect(bench.writings.allSatisfy { $0.facts.status == .ok })
    }

    @Test("a probe that tells of another limit waits for that one")
    func probeTellsAnotherCause() {
        var bench = MachineBench()
        bench.assign()
        let id = bench.arrive(0)
        bench.answer(id, 45011)
        _ = bench.takeCalls()
        _ = bench.passUntilCall(within: .seconds(100))
        bench.answer(id, 45009)
        #expect(bench.machine.holdReports.map(\.cause) == [.quota])
        #expect(bench.machine.holdReports.map(\.code) == [.errcode(45009)])
    }

    @Test("probes keep to the pipeline's limit, and get their turn before other calls")
    func probeUnderLimit() {
        var bench = MachineBench(.bench(inFlight: InFlightPolicy(min: 1, max: 1)))
        bench.assign()
        bench.answer(bench.arrive(0, environment: "sick"), -501_003)
        for offset in Int64(1)..<200 { bench.arrive(offset) }
        var isProbed = false
        for _ in 0..<150 where !isProbed {
            let calls = bench.takeCalls()
            bench.pass(.seconds(1))
            #expect(bench.underWay.count == 1)
            for id in calls { bench.answer(id, 0) }
            isProbed = bench.reply(0) != nil
        }
        #expect(isProbed)
    }

    @Test("a mended configuration answers everything, and nothing failed meanwhile")
    func mended() {
        var bench = MachineBench()
        bench.assign()
        for offset in Int64(0)..<50 { bench.arrive(offset) }
        #expect(bench.answerAll(.errcode(40164), patience: .seconds(30), most: 60) > 50)
        #expect(bench.writings.isEmpty)
        _ = bench.answerAll(.errcode(0), patience: .seconds(400))
        #expect(bench.writings.count == 50)
        // With nothing left to call the last steps are clean all the same.
        #expect(bench.machine.holdReports.isEmpty)
    }
}
