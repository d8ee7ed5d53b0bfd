import RelayCore
import Testing

@Suite("What an answer leads to") struct OutcomeTests {
    @Test("success is replied and committed")
    func success() {
        var bench = MachineBench()
        bench.assign()
        let id = bench.arrive(0)
        #expect(bench.takeCalls() == [id])
        bench.answer(id, 0)
        #expect(bench.reply(0)?.publication.form == .answer)
        #expect(bench.reply(0)?.publication.topic == "replies")
        #expect(bench.reply(0)?.facts.status == .ok)
        #expect(bench.reply(0)?.facts.invocationsPossible == 1)
        bench.pass(.seconds(2))
        #expect(bench.log.committed[0] == Offset(1))
        #expect(bench.machine.counters.completed == 1)
    }

    @Test("a function that throws is not called again")
    func functionFailed() {
        var bench = MachineBench()
        bench.assign()
        bench.arrive(0)
        #expect(bench.answerAll(.errcode(-504_002)) == 1)
        #expect(bench.reason(0) == .permanent)
        #expect(bench.reply(0)?.facts.outcomeClass == .functionFailed)
        #expect(bench.reply(0)?.facts.errcode == -504_002)
    }

    @Test("errcode 0 with an unreadable answer is the function's failure and never retried")
    func unreadable() {
        var bench = MachineBench()
        bench.assign()
        let id = bench.arrive(0)
        bench.answer(id, .errcode(0), errmsg: "7", isReplyUnreadable: true)
        #expect(bench.reason(0) == .permanent)
        #expect(bench.reply(0)?.facts.outcomeClass == .functionFailed)
    }

    @Test(
        "a refused request fails at once",
        arguments: [
            (OutcomeCode.errcode(47001), FailureReason.permanent), (.errcode(-501_007), .permanent),
            (.errcode(45002), .requestTooLarge), (.status(413), .requestTooLarge),
        ]
    )
    func permanentRequest(code: OutcomeCode, reason: FailureReason) {
        var bench = MachineBench()
        bench.assign()
        bench.arrive(0)
        #expect(bench.answerAll(code) == 1)
        #expect(bench.reason(0) == reason)
        #expect(bench.reply(0)?.facts.outcomeClass == .permanentRequest)
        #expect(bench.reply(0)?.facts.invocationsPossible == 0)
    }

    @Test(
        "what may pass is tried again, and counts as a possible run where it may have been one",
        arguments: [
            (OutcomeCode.errcode(-1), 2), (.errcode(-1000), 2), (.status(500), 2), (.status(503), 2),
            (.status(408), 1), (.transport(.connectRefused), 1), (.transport(.resetBeforeWrite), 1),
            (.transport(.resetAfterWrite), 2), (.transport(.requestTimeout), 2), (.status(502), 2),
            (.errcode(-501_002), 2), (.errcode(-504_003), 2), (.errcode(-504_001), 2), (.errcode(777_777), 2),
        ]
    )
    func retried(code: OutcomeCode, invocationsPossible: Int) {
        var bench = MachineBench()
        bench.assign()
        let id = bench.arrive(0)
        bench.answer(id, code)
        #expect(bench.reply(0) == nil)
        bench.pass(.seconds(1))
        bench.answer(id, 0)
        #expect(bench.reply(0)?.facts.status == .ok)
        #expect(bench.reply(0)?.facts.attempts == 2)
        #expect(bench.reply(0)?.facts.invocationsPossible == invocationsPossible)
    }

    @Test("a function that only the record named and that does not exist is the record's fault")
    func unknownFunctionNamedByRecord() {
        var bench = MachineBench()
        bench.assign()
        bench.arrive(0, function: "typo", namedByRecord: true)
        #expect(bench.answerAll(.errcode(-501_000)) == 1)
        #expect(bench.reason(0) == .invalidRequest)
        #expect(bench.reply(0)?.facts.outcomeClass == .permanentRequest)
    }

    @Test(
        "a function of the configuration that does not exist is the configuration's fault",
        arguments: [nil, "allowed"]
    )
    func unknownFunctionOfConfiguration(function: String?) {
        var bench = MachineBench()
        bench.assign()
        let first = bench.arrive(0, function: function)
        let second = bench.arrive(1, function: function)
        bench.answer(first, -501_000)
        bench.answer(second, -501_000)
        #expect(bench.machine.holdReports.map(\.cause) == [.misconfiguration])
        #expect(bench.machine.holdReports.map(\.scope) == [.function])
        #expect(bench.writings.isEmpty)
    }

    @Test("an environment that does not exist is a misconfiguration of the environment, whatever its usual class")
    func unknownEnvironment() {
        var bench = MachineBench()
        bench.assign()
        for offset in Int64(0)..<2 {
            let id = bench.arrive(offset)
            bench.answer(id, -501_001, errmsg: "Environment not found")
        }
        #expect(bench.machine.holdReports.map(\.scope) == [.env])
        #expect(bench.machine.holdReports.map(\.cause) == [.misconfiguration])
    }

    @Test(
        "an empty or malformed body that was none when it was sent is a proxy's doing",
        arguments: [Int64(44002), 47001]
    )
    func mangledBody(errcode: Int64) {
        var bench = MachineBench()
        bench.assign()
        for offset in Int64(0)..<2 {
            let id = bench.arrive(offset)
            bench.answer(id, .errcode(errcode), bodyIsJSON: true)
        }
        #expect(bench.machine.holdReports.map(\.scope) == [.app])
        #expect(bench.writings.isEmpty)
    }

    @Test("too many at once halves the pipeline's calls, once for calls of one moment, and the way back is searched")
    func concurrencyLimited() {
        var bench = MachineBench(.bench(inFlight: InFlightPolicy(min: 1, max: 8)))
        bench.assign()
        for offset in Int64(0)..<60 { bench.arrive(offset) }
        let calls = bench.takeCalls()
        #expect(calls.count == 8)
        bench.answer(calls[0], -501_004)
        bench.answer(calls[1], -501_004)
        #expect(bench.underWay.count == 6)
        for id in calls[2..<4] { bench.answer(id, 0) }
        #expect(bench.underWay.count == 4)
        for id in calls[4..<6] { bench.answer(id, 0) }
        #expect(bench.underWay.count == 4)
        bench.pass(.seconds(1))
        bench.answer(calls[6], 0)
        #expect(bench.underWay.count == 6, "half way between four, which held for a second, and eight")
        #expect(bench.machine.counters.repliesFailed == 0)
    }

    @Test("the first sight of an unlisted code is reported, each sight counted")
    func unlisted() {
        var bench = MachineBench()
        bench.assign()
        bench.arrive(0)
        #expect(bench.answerAll(.errcode(777_777)) == 3)
        #expect(bench.reason(0) == .attemptsExhausted)
        #expect(bench.machine.counters.unlistedCodes == 3)
        #expect(bench.takeReports() == [.unlistedCode(.errcode(777_777), errmsg: "")])
    }

    @Test("an answer to a call that is over changes nothing")
    func lateResult() {
        var bench = MachineBench()
        bench.assign()
        let id = bench.arrive(0)
        bench.answer(id, 0)
        bench.arrive(1)
        bench.answer(id, -504_002)
        #expect(bench.machine.counters.lateResults == 1)
        #expect(bench.writings.count == 1)
    }

    @Test("a record that is no request is answered without a call")
    func rejected() {
        var bench = MachineBench()
        bench.assign()
        bench.arrive(0, rejection: .bench)
        #expect(bench.takeCalls().isEmpty)
        #expect(bench.reason(0) == .invalidRequest)
        #expect(bench.reply(0)?.facts.errcode == nil)
        #expect(bench.reply(0)?.facts.attempts == 0)
        bench.pass(.seconds(2))
        #expect(bench.log.committed[0] == Offset(1))
    }
}
