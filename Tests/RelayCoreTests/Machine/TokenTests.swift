import RelayCore
import Testing

@Suite("Access tokens") struct TokenTests {
    private func refreshes(_ effects: [Effect]) -> [TokenGeneration] {
        effects.compactMap { if case .refreshToken(_, let refused) = $0 { refused } else { nil } }
    }

    @Test("without a token nothing is called")
    func noToken() {
        var bench = MachineBench(hasToken: false)
        bench.assign()
        let id = bench.arrive(0)
        #expect(bench.takeCalls().isEmpty)
        #expect(bench.machine.summary().waitingForToken == 1)
        bench.renewToken()
        #expect(bench.takeCalls() == [id])
    }

    @Test("a token that many calls are refused for is renewed once", arguments: [Int64(40001), 40014, 41001, 42001])
    func refusedForMany(errcode: Int64) {
        var bench = MachineBench()
        bench.assign()
        for offset in Int64(0)..<20 { bench.arrive(offset) }
        let calls = bench.takeCalls()
        _ = bench.takeEffects()
        for id in calls { bench.answer(id, .errcode(errcode), token: 1) }
        #expect(refreshes(bench.takeEffects()) == [1])
        #expect(bench.takeCalls().isEmpty)
        bench.renewToken()
        #expect(Set(bench.takeCalls()) == Set(calls))
        for id in calls { bench.answer(id, 0) }
        #expect(bench.writings.count == 20)
        #expect(bench.reply(0)?.facts.attempts == 2)
        #expect(bench.reply(0)?.facts.invocationsPossible == 1)
    }

    @Test("a refusal of an older token renews nothing: the call is made again at once")
    func newerTokenIsThere() {
        var bench = MachineBench()
        bench.assign()
        let late = bench.arrive(0)
        let other = bench.arrive(1)
        bench.answer(other, .errcode(42001), token: 1)
        bench.renewToken()
        _ = (bench.takeEffects(), bench.takeCalls())
        bench.answer(late, .errcode(42001), token: 1)
        #expect(bench.takeCalls() == [late])
        #expect(refreshes(bench.takeEffects()).isEmpty)
    }

    @Test("while a token is being fetched no refusal asks for another")
    func olderRefusals() {
        var bench = MachineBench()
        bench.assign()
        for offset in Int64(0)..<4 { bench.arrive(offset) }
        let calls = bench.takeCalls()
        bench.renewToken()
        _ = bench.takeEffects()
        bench.answer(calls[0], .errcode(42001), token: 2)
        bench.answer(calls[1], .errcode(42001), token: 1)
        bench.answer(calls[2], .errcode(42001), token: 2)
        #expect(refreshes(bench.takeEffects()) == [2])
        #expect(bench.machine.holdReports.isEmpty)
    }

    @Test("two renewals in a row that do not help hold the app, and nothing fails")
    func renewalsDoNotHelp() {
        var bench = MachineBench()
        bench.assign()
        let id = bench.arrive(0)
        for _ in 0..<2 {
            bench.answer(id, 40001)
            #expect(bench.machine.holdReports.isEmpty)
            bench.renewToken()
        }
        bench.answer(id, 40001)
        #expect(bench.machine.holdReports.map(\.cause) == [.misconfiguration])
        bench.renewToken()
        #expect(!bench.underWay.contains(id), "the next call is a probe")
        _ = bench.takeCalls()
        #expect(bench.passUntilCall(within: .seconds(10)) != nil)
        bench.answer(id, 0)
        #expect(bench.reply(0)?.facts.status == .ok)
    }

    @Test(
        "the hold tells people to mend the token where it comes from",
        arguments: [
            (.stable, .errcode(40001), "app-secret"), (.classic, .errcode(40001), "another process fetches classic"),
            (.classic, .errcode(45009), "use token.source stable_token"), (.service, .status(401), "token.bearer"),
            (.service, .status(404), "token.url"), (.service, .status(200), "token.path"),
            (.file, .errcode(41001), "write it to apps.*.token.file"), (.fixed, .errcode(41001), "token.value"),
        ] as [(TokenKind, OutcomeCode, String)]
    )
    func mendedWhereItComesFrom(kind: TokenKind, code: OutcomeCode, words: String) {
        var bench = MachineBench(token: kind, hasToken: false)
        bench.assign()
        bench.arrive(0)
        bench.handle(.token(app: 0, .refused(code, errmsg: "", rid: nil, isUsable: false)))
        #expect(bench.machine.holdReports.map { $0.remedy.contains(words) } == [true])
        #expect(bench.takeCalls().isEmpty)
    }

    @Test(
        "when calls refuse each token, its source is what has to be mended",
        arguments: [
            (.stable, "check the app secret"), (.classic, "another process fetches classic"),
            (.service, "whoever runs the token service"), (.file, "apps.*.token.file"), (.fixed, "apps.*.token.value"),
        ] as [(TokenKind, String)]
    )
    func refusedByCalls(kind: TokenKind, words: String) {
        var bench = MachineBench(token: kind)
        bench.assign()
        let id = bench.arrive(0)
        for _ in 0..<2 {
            bench.answer(id, 40001)
            bench.renewToken()
        }
        bench.answer(id, 40001)
        #expect(bench.machine.holdReports.map { $0.remedy.contains(words) } == [true])
    }

    @Test("an accepted token between begins the count anew")
    func acceptedBetween() {
        var bench = MachineBench()
        bench.assign()
        for offset in Int64(0)..<6 {
            let id = bench.arrive(offset)
            bench.answer(id, 42001)
            bench.renewToken()
            bench.answer(id, 0)
        }
        #expect(bench.machine.holdReports.isEmpty)
        #expect(bench.writings.count == 6)
    }

    @Test(
        "a refusal by the token endpoint holds the app at once, and a new token ends it",
        arguments: [
            (OutcomeCode.errcode(40125), HoldCause.misconfiguration), (.errcode(40001), .misconfiguration),
            (.errcode(40164), .misconfiguration), (.errcode(45009), .quota), (.errcode(45011), .throttled),
            (.status(403), .misconfiguration),
        ]
    )
    func endpointRefuses(code: OutcomeCode, cause: HoldCause) {
        var bench = MachineBench(hasToken: false)
        bench.tickInterval = .seconds(30)
        bench.assign()
        for offset in Int64(0)..<3 { bench.arrive(offset) }
        let refused = TokenEvent.refused(code, errmsg: "", rid: nil, isUsable: false)
        bench.handle(.token(app: 0, refused))
        #expect(bench.machine.holdReports.map(\.cause) == [cause])
        for _ in 0..<4 {
            _ = bench.takeEffects()
            bench.pass(.seconds(700))
            #expect(bench.takeEffects().filter { $0 == .probeToken(app: 0) }.count == 1, "one question at a time")
            bench.handle(.token(app: 0, refused))
        }
        #expect(bench.takeCalls().isEmpty)
        bench.renewToken()
        #expect(bench.underWay.count == 1, "the ramp begins")
        _ = bench.answerAll(.errcode(0))
        #expect(bench.writings.count == 3)
        #expect(bench.machine.counters.holdsOpened == 1)
    }

    @Test("what another shard's probe was told counts as this one's: the next comes an interval later, which stays")
    func anotherShardAsks() {
        var bench = MachineBench(hasToken: false)
        bench.assign()
        bench.arrive(0)
        let refused = TokenEvent.refused(.errcode(40125), errmsg: "", rid: nil, isUsable: false)
        bench.handle(.token(app: 0, refused))
        _ = bench.takeEffects()
        // An interval is 5 s here, 4 to 6 s with its jitter.
        for _ in 0..<20 {
            bench.pass(.seconds(3))
            bench.handle(.token(app: 0, refused))
        }
        let away = TokenEvent.away(.transport(.dns), detail: "", isUsable: false)
        bench.handle(.token(app: 0, away))
        #expect(bench.machine.holdReports.map(\.cause) == [.outage])
        bench.pass(.seconds(3))
        #expect(!bench.takeEffects().contains(.probeToken(app: 0)))
        bench.pass(.seconds(3))
        #expect(bench.takeEffects().filter { $0 == .probeToken(app: 0) }.count == 1)
        bench.handle(.token(app: 0, away))
        bench.pass(.seconds(7))
        #expect(!bench.takeEffects().contains(.probeToken(app: 0)), "its own probe doubles the interval")
        bench.pass(.seconds(5))
        #expect(bench.takeEffects().filter { $0 == .probeToken(app: 0) }.count == 1)
        bench.renewToken()
        #expect(bench.takeCalls().count == 1)
        #expect(bench.machine.counters.holdsOpened == 1)
    }

    @Test("while a usable token is left neither a refusal nor an outage of the endpoint stops a call")
    func usableTokenLeft() {
        var bench = MachineBench()
        bench.assign()
        bench.handle(.token(app: 0, .refused(.errcode(40125), errmsg: "", rid: nil, isUsable: true)))
        bench.handle(.token(app: 0, .away(.transport(.dns), detail: "", isUsable: true)))
        #expect(bench.machine.holdReports.isEmpty)
        bench.answer(bench.arrive(0), 0)
        #expect(bench.reply(0) != nil)
    }

    @Test("an endpoint that is away with no token left is an outage")
    func endpointAway() {
        var bench = MachineBench()
        bench.assign()
        bench.handle(.token(app: 0, .away(.transport(.connectTimeout), detail: "", isUsable: false)))
        bench.arrive(0)
        #expect(bench.machine.holdReports.map(\.cause) == [.outage])
        #expect(bench.takeCalls().isEmpty)
        bench.pass(.seconds(2))
        #expect(bench.takeEffects().contains(.probeToken(app: 0)))
        bench.renewToken()
        #expect(bench.takeCalls().count == 1)
    }

    @Test("an app that is held for its calls and loses its token asks for the token first")
    func tokenLostUnderHold() {
        var bench = MachineBench()
        bench.assign()
        let id = bench.arrive(0)
        bench.answer(id, 45009)
        bench.handle(.token(app: 0, .refused(.errcode(40125), errmsg: "", rid: nil, isUsable: false)))
        #expect(bench.machine.holdReports.map(\.cause) == [.misconfiguration])
        _ = bench.takeCalls()
        bench.pass(.seconds(60))
        #expect(bench.takeEffects().filter { $0 == .probeToken(app: 0) }.count == 1)
        #expect(bench.takeCalls().isEmpty)
        bench.renewToken()
        #expect(bench.takeCalls() == [id])
    }

    @Test("a probe that passes with the old token does not lift a hold whose token is missing")
    func probePassesWithoutToken() {
        var bench = MachineBench()
        bench.assign()
        for offset in Int64(0)..<3 { bench.arrive(offset) }
        let calls = bench.takeCalls()
        bench.answer(calls[0], 45009)
        bench.answer(calls[1], 45009)
        _ = bench.passUntilCall(within: .seconds(20))
        let probe = bench.takeCalls()
        bench.answer(calls[2], .errcode(42001), token: 1)
        bench.handle(.token(app: 0, .away(.transport(.dns), detail: "", isUsable: false)))
        _ = bench.takeEffects()
        for id in probe { bench.answer(id, 0) }
        bench.pass(.seconds(1))
        #expect(bench.takeEffects().contains(.probeToken(app: 0)))
        bench.renewToken()
        _ = bench.answerAll(.errcode(0))
        #expect(bench.writings.count == 3)
    }

    @Test("tokens of two apps are two")
    func twoApps() {
        var bench = MachineBench(.bench(), .bench(app: 1), apps: 2)
        bench.assign()
        let other = bench.assign(slot: 1, pipeline: 1)
        bench.answer(bench.arrive(0), 40001)
        _ = bench.takeCalls()
        let free = bench.arrive(0, in: other)
        #expect(bench.takeCalls() == [free])
    }
}
