import RelayCore
import Testing

@Suite("Retries, budgets and deadlines") struct RetryTests {
    @Test("counted attempts end after max-attempts")
    func counted() {
        var bench = MachineBench()
        bench.assign()
        bench.arrive(0)
        #expect(bench.answerAll(.errcode(-504_001)) == 6)
        #expect(bench.reason(0) == .attemptsExhausted)
        #expect(bench.reply(0)?.facts.attempts == 6)
        #expect(bench.reply(0)?.facts.invocationsPossible == 6)
    }

    @Test("attempts that the table does not count go on")
    func uncounted() {
        var bench = MachineBench()
        bench.assign()
        bench.arrive(0)
        #expect(bench.answerAll(.errcode(-1), most: 15) == 15)
        #expect(bench.reply(0) == nil)
    }

    @Test("an uncounted attempt that may have run counts once others of its scope are answered between")
    func provenAlone() {
        var bench = MachineBench()
        bench.assign()
        let bad = bench.arrive(0)
        var attempts = 0
        for offset in Int64(1)..<20 where bench.reply(0) == nil {
            bench.answer(bad, -1)
            attempts += 1
            bench.answer(bench.arrive(offset), 0)
            bench.pass(.seconds(31))
        }
        #expect(attempts == 7)
        #expect(bench.reason(0) == .attemptsExhausted)
    }

    @Test("answers of another environment prove nothing about an environment that fails")
    func otherEnvironmentProvesNothing() {
        var bench = MachineBench()
        bench.assign()
        let bad = bench.arrive(0, environment: "sick")
        for offset in Int64(1)..<9 {
            bench.answer(bad, -501_001)
            bench.answer(bench.arrive(offset), 0)
            bench.pass(.seconds(31))
        }
        #expect(bench.reply(0) == nil)
        #expect(bench.underWay == [bad])
    }

    @Test("a function that ran into its time limit is called twice at most")
    func functionTimedOut() {
        var bench = MachineBench()
        bench.assign()
        bench.arrive(0)
        #expect(bench.answerAll(.errcode(-504_003)) == 2)
        #expect(bench.reason(0) == .attemptsExhausted)
        #expect(bench.reply(0)?.facts.invocationsPossible == 2)
    }

    @Test(
        "with maybe-ran: fail one attempt that may have run is the end",
        arguments: [
            OutcomeCode.errcode(-1), .errcode(-501_002), .errcode(-504_003), .errcode(-504_001), .errcode(777_777),
            .errcode(604_101), .errcode(-501_015), .transport(.requestTimeout), .transport(.resetAfterWrite),
            .transport(.shortAnswer), .transport(.answerTooLarge), .status(500), .status(502), .status(200),
        ]
    )
    func maybeRan(code: OutcomeCode) {
        var bench = MachineBench(.bench(retry: RetryPolicy(maybeRan: .fail)))
        bench.assign()
        bench.arrive(0)
        #expect(bench.answerAll(code) == 1)
        #expect(bench.reason(0) == .maybeRan)
        #expect(bench.reply(0)?.facts.invocationsPossible == 1)
    }

    @Test(
        "with maybe-ran: fail an attempt that cannot have run is tried again",
        arguments: [
            OutcomeCode.transport(.connectRefused), .transport(.tls), .status(408), .errcode(-501_004),
            .errcode(40164),
        ]
    )
    func cannotHaveRun(code: OutcomeCode) {
        var bench = MachineBench(.bench(retry: RetryPolicy(maybeRan: .fail)))
        bench.assign()
        let id = bench.arrive(0)
        bench.answer(id, code)
        bench.pass(.seconds(2))
        bench.answer(id, 0)
        #expect(bench.reply(0)?.facts.status == .ok)
        #expect(bench.reply(0)?.facts.invocationsPossible == 1)
    }

    @Test("with maybe-ran: fail a function that throws fails as itself")
    func throwsUnderMaybeRan() {
        var bench = MachineBench(.bench(retry: RetryPolicy(maybeRan: .fail)))
        bench.assign()
        bench.answer(bench.arrive(0), -504_002)
        #expect(bench.reason(0) == .permanent)
    }

    @Test("a retry waits at most initial × multiplier^(n−1), and at least what the answer named")
    func backoff() {
        for seed in UInt64(1)...20 {
            var bench = MachineBench(seed: seed)
            bench.assign()
            let id = bench.arrive(0)
            for ceiling in [200, 400, 800, 1_600] {
                _ = bench.takeCalls()
                bench.answer(id, -504_001)
                let waited = bench.passUntilCall(within: .seconds(60)) ?? .seconds(60)
                #expect(waited <= .milliseconds(ceiling + 50), "seed \(seed)")
            }
            _ = bench.takeCalls()
            bench.answer(id, .status(503), retryAfter: .seconds(45))
            let waited = bench.passUntilCall(within: .seconds(60)) ?? .zero
            #expect(waited >= .seconds(45), "seed \(seed)")
        }
    }

    @Test("the budget ends a request that nothing else ends")
    func budget() {
        var bench = MachineBench(
            .bench(retry: RetryPolicy(initial: .seconds(20), max: .seconds(20), budget: .seconds(60)))
        )
        bench.assign()
        bench.arrive(0)
        _ = bench.answerAll(.status(408), patience: .seconds(90))
        #expect(bench.reason(0) == .budgetExhausted)
    }

    @Test("time under a hold is not taken from the budget")
    func budgetUnderHold() {
        var bench = MachineBench(.bench(retry: RetryPolicy(budget: .seconds(60))))
        bench.assign()
        let id = bench.arrive(0)
        bench.answer(id, 45009)
        for _ in 0..<6 {
            _ = bench.takeCalls()
            #expect(bench.passUntilCall(within: .seconds(800)) != nil)
            bench.answer(id, 45009)
        }
        #expect(bench.reply(0) == nil)
        _ = bench.takeCalls()
        #expect(bench.passUntilCall(within: .seconds(800)) != nil)
        bench.answer(id, -504_001)
        #expect(bench.reply(0) == nil, "the budget is nearly untouched")
        bench.pass(.seconds(2))
        bench.answer(id, 0)
        #expect(bench.reply(0)?.facts.status == .ok)
    }

    @Test("an override changes the class and makes the attempt count")
    func overrides() {
        var bench = MachineBench(overrides: [-504_002: .transient, -1: .permanentRequest, 0: .transient])
        bench.assign()
        bench.arrive(0)
        #expect(bench.answerAll(.errcode(-504_002)) == 6)
        #expect(bench.reason(0) == .attemptsExhausted)
        bench.answer(bench.arrive(1), -1)
        #expect(bench.reason(1) == .permanent)
        bench.answer(bench.arrive(2), 0)
        #expect(bench.reply(2)?.facts.status == .ok)
    }

    @Test("a code that an override makes a hold of holds its function where the table names no scope")
    func overriddenScope() {
        var bench = MachineBench(overrides: [-504_002: .quotaExhausted])
        bench.assign()
        bench.answer(bench.arrive(0), -504_002)
        #expect(bench.machine.holdReports.map(\.scope) == [.function])
    }

    // MARK: Deadlines

    @Test("a request whose deadline has passed is not called")
    func deadlineBeforeStart() {
        var bench = MachineBench()
        bench.assign()
        bench.arrive(0, deadline: .zero)
        #expect(bench.takeCalls().isEmpty)
        #expect(bench.reason(0) == .deadlineExceeded)
    }

    @Test("a request that waits is answered when its deadline passes")
    func deadlineWhileWaiting() {
        var bench = MachineBench(.bench(inFlight: InFlightPolicy(min: 1, max: 1)))
        bench.assign()
        let first = bench.arrive(0)
        bench.arrive(1, deadline: .seconds(3))
        bench.pass(.milliseconds(2_900))
        #expect(bench.reply(1) == nil)
        bench.pass(.milliseconds(200))
        #expect(bench.reason(1) == .deadlineExceeded)
        bench.answer(first, 0)
        #expect(bench.takeCalls() == [first])
    }

    @Test("a deadline that fell due during a call is kept when the wall clock is put back meanwhile")
    func clockPutBack() {
        var bench = MachineBench()
        bench.assign()
        let id = bench.arrive(0, deadline: .seconds(60))
        bench.setClock(.seconds(120))
        bench.jump(.seconds(1))
        bench.setClock(.seconds(-120))
        bench.answer(id, 42_001)
        #expect(bench.reply(0) == nil)
        bench.pass(.seconds(60))
        #expect(bench.reason(0) == .deadlineExceeded)
    }

    @Test("a retry that could not start before the deadline is not waited for")
    func deadlineDuringRetry() {
        var bench = MachineBench()
        bench.assign()
        let id = bench.arrive(0, deadline: .seconds(20))
        bench.answer(id, .status(503), retryAfter: .seconds(30))
        #expect(bench.reason(0) == .deadlineExceeded)
        #expect(bench.reply(0)?.facts.isLate == false)
    }

    @Test("a deadline runs on under a hold")
    func deadlineUnderHold() {
        var bench = MachineBench()
        bench.assign()
        bench.answer(bench.arrive(0, deadline: .seconds(8)), 45009)
        bench.arrive(1, deadline: .seconds(4))
        bench.pass(.seconds(5))
        #expect(bench.reason(1) == .deadlineExceeded)
        bench.pass(.seconds(4))
        #expect(bench.reason(0) == .deadlineExceeded)
    }

    @Test("an answer behind the deadline is replied, and late")
    func deadlineInFlight() {
        var bench = MachineBench()
        bench.assign()
        let id = bench.arrive(0, deadline: .seconds(2))
        bench.pass(.seconds(3))
        bench.answer(id, 0)
        #expect(bench.reply(0)?.facts.status == .ok)
        #expect(bench.reply(0)?.facts.isLate == true)
    }

    @Test(
        "a call that fails behind its deadline is not made again, whatever it waits for",
        arguments: [Int64(40001), 45009, 45011, -1]
    )
    func deadlinePassedInFlight(errcode: Int64) {
        var bench = MachineBench()
        bench.assign()
        let id = bench.arrive(0, deadline: .seconds(2))
        bench.pass(.seconds(3))
        bench.answer(id, errcode)
        #expect(bench.reason(0) == .deadlineExceeded)
        #expect(bench.reply(0)?.facts.isLate == true)
    }

    @Test("deadlines of requests that are long over are forgotten")
    func deadlinesForgotten() {
        var bench = MachineBench()
        bench.checkInterval = 1_000
        bench.assign()
        for offset in Int64(0)..<5_000 {
            bench.answer(bench.arrive(offset, deadline: .seconds(86_400)), 0)
            _ = (bench.takeWritings(), bench.takeEffects(), bench.takeCalls())
        }
        #expect(bench.machine.inconsistencies() == [])
    }
}
