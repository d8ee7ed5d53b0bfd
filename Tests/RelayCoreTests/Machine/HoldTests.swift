import RelayCore
import Testing

@Suite("Holds open when they must") struct HoldTests {
    /// How many requests in a row get the answer, one after the other.
    private func opens(_ bench: inout MachineBench, _ code: OutcomeCode, times: Int) -> [HoldReport] {
        for offset in 0..<times { bench.answer(bench.arrive(Int64(offset)), code) }
        return bench.machine.holdReports
    }

    @Test(
        "ten failures of the transport in a row are an outage, nine are none",
        arguments: [
            (OutcomeCode.transport(.connectRefused), HoldScope.app), (.transport(.dns), .app),
            (.transport(.tls), .app), (.transport(.connectTimeout), .app), (.transport(.resetBeforeWrite), .app),
            (.transport(.tunnelFailed), .app), (.transport(.resetAfterWrite), .app), (.transport(.shortAnswer), .app),
            (.status(200), .app),
            (.status(502), .app), (.status(500), .app), (.status(408), .app), (.errcode(-1), .app),
            (.transport(.requestTimeout), .function), (.errcode(-501_001), .env),
        ]
    )
    func outage(code: OutcomeCode, scope: HoldScope) {
        var nine = MachineBench()
        nine.assign()
        #expect(opens(&nine, code, times: 9).isEmpty)
        var ten = MachineBench()
        ten.assign()
        let holds = opens(&ten, code, times: 10)
        #expect(holds.map(\.cause) == [.outage])
        #expect(holds.map(\.scope) == [scope])
        #expect(ten.writings.isEmpty, "nothing fails for an outage")
    }

    @Test("failures that say nothing of the transport are no outage", arguments: [Int64(-504_003), 777_777, -504_001])
    func noOutage(errcode: Int64) {
        var bench = MachineBench()
        bench.assign()
        #expect(opens(&bench, .errcode(errcode), times: 30).isEmpty)
    }

    @Test("half of twenty attempts failing within ten seconds are an outage")
    func halfOfTwenty() {
        var bench = MachineBench()
        bench.assign()
        for offset in Int64(0)..<20 {
            #expect(bench.machine.holdReports.isEmpty, "after \(offset) answers")
            bench.answer(bench.arrive(offset), offset % 2 == 0 ? .errcode(0) : .transport(.connectRefused))
        }
        #expect(bench.machine.holdReports.map(\.cause) == [.outage])
    }

    @Test("the same failures over a longer time are none")
    func slowFailures() {
        var bench = MachineBench()
        bench.assign()
        for offset in Int64(0)..<40 {
            bench.answer(bench.arrive(2 * offset), offset % 2 == 0 ? .errcode(0) : .errcode(-501_002))
            bench.answer(bench.arrive(2 * offset + 1), offset % 2 == 0 ? .errcode(0) : .status(408))
            bench.stand(.milliseconds(1_100))
        }
        #expect(bench.machine.holdReports.isEmpty)
    }

    @Test(
        "one answer that names a limit holds its scope",
        arguments: [
            (OutcomeCode.errcode(45009), HoldCause.quota, HoldScope.app), (.errcode(45011), .throttled, .app),
            (.status(429), .throttled, .app), (.errcode(-501_003), .throttled, .env),
        ]
    )
    func limits(code: OutcomeCode, cause: HoldCause, scope: HoldScope) {
        var bench = MachineBench()
        bench.assign()
        let holds = opens(&bench, code, times: 1)
        #expect(holds.map(\.cause) == [cause])
        #expect(holds.map(\.scope) == [scope])
        bench.arrive(1)
        #expect(bench.takeCalls().count == 1, "the held scope is not called")
        #expect(bench.writings.isEmpty)
    }

    @Test("calls under way when a hold opens wait with the others, uncounted, and open nothing more")
    func underWay() {
        var bench = MachineBench()
        bench.assign()
        for offset in Int64(0)..<30 { bench.arrive(offset) }
        for id in bench.takeCalls() { bench.answer(id, .transport(.connectRefused)) }
        #expect(bench.machine.counters.holdsOpened == 1)
        #expect(bench.machine.summary().waitingUnderHold + bench.machine.summary().waitingForRetry == 30)
        #expect(bench.takeReports().filter { if case .holdOpened = $0 { true } else { false } }.count == 1)
    }

    @Test("records of other functions and environments go on")
    func otherScopes() {
        var bench = MachineBench()
        bench.assign()
        bench.answer(bench.arrive(0, environment: "sick"), -501_003)
        _ = bench.takeCalls()
        let held = bench.arrive(1, environment: "sick")
        let free = bench.arrive(2)
        #expect(bench.takeCalls() == [free])
        bench.answer(free, 0)
        #expect(!bench.underWay.contains(held))
        #expect(bench.reply(2) != nil)
    }

    @Test("a hold of one app does not stop another")
    func otherApp() {
        var bench = MachineBench(.bench(), .bench(app: 1), apps: 2)
        bench.assign()
        let other = bench.assign(slot: 1, pipeline: 1)
        bench.answer(bench.arrive(0), 45009)
        _ = bench.takeCalls()
        let free = bench.arrive(0, in: other)
        #expect(bench.takeCalls() == [free])
    }

    @Test("three throttled windows in a row without a success are a quota that is used up")
    func throttledBecomesQuota() {
        var bench = MachineBench()
        bench.assign()
        let id = bench.arrive(0)
        bench.answer(id, -501_003)
        for cause in [HoldCause.throttled, .quota] {
            #expect(bench.machine.holdReports.map(\.cause) == [.throttled])
            _ = bench.takeCalls()
            #expect(bench.passUntilCall(within: .seconds(200)) != nil)
            bench.answer(id, -501_003)
            #expect(bench.machine.holdReports.map(\.cause) == [cause])
        }
    }

    @Test("the quota of the minute never becomes one of the day")
    func minuteQuota() {
        var bench = MachineBench()
        bench.assign()
        let id = bench.arrive(0)
        bench.answer(id, 45011)
        for _ in 0..<6 {
            _ = bench.takeCalls()
            #expect(bench.passUntilCall(within: .seconds(130)) != nil)
            bench.answer(id, 45011)
            #expect(bench.machine.holdReports.map(\.cause) == [.throttled])
        }
    }

    @Test(
        "an answer that names a time is not tried before, whatever its code, and ten minutes are the most",
        arguments: [OutcomeCode.errcode(45011), .errcode(-501_003), .errcode(45009), .status(429)]
    )
    func retryAfter(code: OutcomeCode) {
        for (named, least) in [(300, 300), (5_000, 600)] {
            var bench = MachineBench()
            bench.assign()
            bench.answer(bench.arrive(0), code, retryAfter: .seconds(named))
            _ = bench.takeCalls()
            let waited = bench.passUntilCall(within: .seconds(700)) ?? .zero
            #expect(waited >= .seconds(least) && waited <= .seconds(least + 1), "\(named)")
        }
    }

    @Test("a probe's answer that names a time puts the next probe off until then", arguments: [Int64(45011), 45009])
    func retryAfterProbe(errcode: Int64) {
        var bench = MachineBench()
        bench.assign()
        let id = bench.arrive(0)
        bench.answer(id, errcode)
        _ = bench.takeCalls()
        #expect(bench.passUntilCall(within: .seconds(130)) != nil)
        _ = bench.takeCalls()
        bench.answer(id, .errcode(errcode), retryAfter: .seconds(400))
        #expect((bench.passUntilCall(within: .seconds(700)) ?? .zero) >= .seconds(400))
    }

    @Test("midnight in China does not come before a time that an answer names")
    func retryAfterMidnight() {
        var bench = MachineBench()
        bench.assign()
        // The bench begins at noon there: midnight is 200 s ahead.
        bench.jump(.seconds(43_000))
        let id = bench.arrive(0)
        bench.answer(id, 45009)
        _ = bench.takeCalls()
        #expect(bench.passUntilCall(within: .seconds(15)) != nil)
        _ = bench.takeCalls()
        bench.answer(id, .errcode(45009), retryAfter: .seconds(400))
        #expect((bench.passUntilCall(within: .seconds(700)) ?? .zero) >= .seconds(400))
    }

    @Test("a call that times out under the app's outage hold waits, uncounted", arguments: [MaybeRanRule.retry, .fail])
    func timeOutUnderHold(rule: MaybeRanRule) {
        var bench = MachineBench(.bench(retry: RetryPolicy(maxAttempts: 1, maybeRan: rule)))
        bench.assign()
        let slow = bench.arrive(0)
        for offset in Int64(1)..<11 { bench.answer(bench.arrive(offset), .transport(.connectRefused)) }
        #expect(bench.machine.holdReports.map(\.scope) == [.app])
        bench.answer(slow, .transport(.requestTimeout))
        #expect(bench.reason(0) == (rule == .fail ? .maybeRan : nil))
        #expect(bench.machine.summary().waitingUnderHold > 0)
    }

    // MARK: The configuration

    @Test(
        "two different requests refused alike for the configuration hold its scope",
        arguments: [
            (OutcomeCode.errcode(40164), HoldScope.app), (.errcode(48001), .app), (.errcode(85088), .app),
            (.errcode(-501_005), .env), (.status(404), .app), (.transport(.certificateRefused), .app),
        ]
    )
    func misconfiguration(code: OutcomeCode, scope: HoldScope) {
        var bench = MachineBench()
        bench.assign()
        #expect(opens(&bench, code, times: 1).isEmpty)
        bench.answer(bench.arrive(1), code)
        #expect(bench.machine.holdReports.map(\.cause) == [.misconfiguration])
        #expect(bench.machine.holdReports.map(\.scope) == [scope])
        #expect(bench.writings.isEmpty)
    }

    @Test("two requests refused differently, or with a success between, hold nothing")
    func noMisconfiguration() {
        var bench = MachineBench()
        bench.assign()
        bench.answer(bench.arrive(0), 40164)
        bench.answer(bench.arrive(1), 48001)
        #expect(bench.machine.holdReports.isEmpty)
        bench.answer(bench.arrive(2), 0)
        bench.answer(bench.arrive(3), 48001)
        #expect(bench.machine.holdReports.isEmpty)
    }

    @Test("a request that is alone holds at its third refusal, after 1 s and 5 s")
    func aloneThreeTimes() {
        var bench = MachineBench()
        bench.assign()
        let id = bench.arrive(0)
        for seconds in [1, 5] {
            _ = bench.takeCalls()
            bench.answer(id, 40164)
            #expect(bench.machine.holdReports.isEmpty)
            let waited = bench.passUntilCall(within: .seconds(10)) ?? .zero
            #expect(waited >= .seconds(seconds) && waited <= .seconds(seconds) + .milliseconds(60))
        }
        bench.answer(id, 40164)
        #expect(bench.machine.holdReports.map(\.cause) == [.misconfiguration])
        #expect(bench.writings.isEmpty)
    }

    @Test("those behind its key and those whose answer is being written do not keep it company")
    func aloneWithFollowers() {
        var bench = MachineBench()
        bench.assign()
        bench.acknowledges = false
        bench.answer(bench.arrive(0), 0)
        let id = bench.arrive(1, key: 5)
        bench.arrive(2, key: 5)
        for _ in 0..<3 {
            bench.answer(id, 40164)
            bench.pass(.milliseconds(5_100))
        }
        #expect(bench.machine.holdReports.map(\.cause) == [.misconfiguration])
    }

    @Test("one refused three times while others of its scope succeed is a failure of its own")
    func oneAmongMany() {
        var bench = MachineBench()
        bench.assign()
        let id = bench.arrive(0)
        for offset in Int64(1)..<4 {
            bench.answer(id, 40164)
            bench.answer(bench.arrive(offset), 0)
            bench.pass(.milliseconds(5_100))
        }
        #expect(bench.reason(0) == .permanent)
        #expect(bench.machine.holdReports.isEmpty)
    }

    @Test("ten requests of one function refused alike with no success between hold the function")
    func tenRefusedAlike() {
        var bench = MachineBench()
        bench.assign()
        let holds = opens(&bench, .errcode(-501_007), times: 10)
        #expect(holds.map(\.cause) == [.misconfiguration])
        #expect(holds.map(\.scope) == [.function])
        #expect(bench.writings.count == 9, "the tenth waits")
    }

    @Test("a success between, another code or another function begins the count anew")
    func refusedInVariety() {
        var bench = MachineBench()
        bench.assign()
        for offset in Int64(0)..<40 {
            let function = offset % 2 == 0 ? nil : "g\(offset)"
            let id = bench.arrive(offset, function: function)
            bench.answer(id, offset == 16 ? 0 : offset == 32 ? 47001 : -501_007)
        }
        #expect(bench.machine.holdReports.isEmpty)
    }

    @Test("what cannot be called before its deadline, as a throttled window ends later, is answered at once")
    func deadlineInTheWindow() {
        var bench = MachineBench(.bench(inFlight: InFlightPolicy(min: 2, max: 2)))
        bench.assign()
        let id = bench.arrive(0, deadline: .seconds(30))
        let inFlight = bench.arrive(1, deadline: .seconds(30))
        bench.arrive(2, deadline: .seconds(30))
        bench.arrive(3, deadline: .seconds(90))
        bench.answer(id, -501_003)
        #expect(bench.reason(0) == .deadlineExceeded)
        #expect(bench.reason(2) == .deadlineExceeded)
        #expect(bench.reason(1) == nil && bench.reason(3) == nil)
        bench.arrive(4, deadline: .seconds(30))
        #expect(bench.reason(4) == .deadlineExceeded)
        bench.answer(inFlight, 0)
        #expect(bench.reply(1)?.facts.reason == nil)
        _ = bench.takeCalls()
        #expect(bench.passUntilCall(within: .seconds(61)) != nil)
        #expect(bench.writings.count == 4)
    }
}
