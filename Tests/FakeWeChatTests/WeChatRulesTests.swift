import FakeWeChat
import RelayCore
import Testing

@Suite("WeChat rules") struct WeChatRulesTests {
    private var clock = HandClock()

    private static func post(_ target: String, _ body: String) -> WeChatRequest {
        WeChatRequest(method: "POST", target: target, statesLength: true, body: Array(body.utf8), peer: "203.0.113.7")
    }

    private func rules(_ change: (inout Scenario) -> Void = { _ in }) -> WeChatRules {
        var scenario = Scenario()
        scenario.functions = ["echo": FunctionScenario(), "directed": FunctionScenario(answer: .directed)]
        change(&scenario)
        return WeChatRules(scenario, now: clock.now)
    }

    private func text(_ reaction: Reaction) -> String {
        guard case .answer(let answer) = reaction.delivery else { return "\(reaction.delivery)" }
        return "\(answer.status) " + String(decoding: answer.body, as: UTF8.self)
    }

    /// A call of a function with a token that the rules gave.
    private func call(_ rules: inout WeChatRules, _ body: String, function: String = "echo") -> Reaction {
        let credentials = #"{"grant_type":"client_credential","appid":"wx0123456789abcdef","secret":"fake-secret"}"#
        let granted = text(rules.react(to: Self.post("/cgi-bin/stable_token", credentials), now: clock.now))
        let token = granted.split(separator: "\"").dropFirst(3).first ?? ""
        let target = "/tcb/invokecloudfunction?access_token=\(token)&env=demo-env&name=\(function)"
        let reaction = rules.react(to: Self.post(target, body), now: clock.now)
        if let call = reaction.call { rules.finish(call, now: clock.now) }
        return reaction
    }

    @Test("the same seed and the same requests give the same answers, rid and token included")
    func replays() {
        let change: (inout Scenario) -> Void = { scenario in
            scenario.seed = 42
            scenario.functions["echo"]?.errors = [ErrorShare(Fault(.errcode(-1)), share: 0.5)]
            scenario.functions["echo"]?.latency = .exponential(mean: .milliseconds(5), max: nil)
        }
        var first = rules(change), second = rules(change)
        let bodies = (0..<50).map { #"{"id":\#($0)}"# }
        let answers = bodies.map { call(&first, $0) }
        #expect(bodies.map { call(&second, $0) } == answers)
        #expect(Set(answers.map(\.delay)).count > 40)
        #expect(answers.map { text($0) }.contains { $0.contains(#""errcode":-1,"errmsg":"system error rid: "#) })
    }

    @Test("the log knows each call, and the counts of an id tell how often the function ran")
    func logged() {
        var rules = rules()
        let body = #"{"id":"order-1","fake":{"errcodes":[-1,-504002,0]}}"#
        for _ in 0..<3 { _ = call(&rules, body, function: "directed") }
        _ = call(&rules, #"{"id": 17}"#)
        _ = call(&rules, "no JSON")
        let calls = rules.log.calls
        #expect(calls.map(\.sequence) == [0, 1, 2, 3, 4])
        #expect(calls.map(\.outcome) == [.errcode(-1), .errcode(-504_002), .errcode(0), .errcode(0), .errcode(0)])
        #expect(calls.map(\.ran) == [false, true, true, true, true])
        #expect(calls.allSatisfy { $0.end == clock.now.wall })
        #expect(calls.map(\.id) == ["order-1", "order-1", "order-1", "17", "hash-36a89562b77e3f78"])
        #expect(calls.map(\.byteCount) == [51, 51, 51, 10, 7])
        #expect(calls.allSatisfy { $0.arrival == clock.now.wall && $0.environment == "demo-env" })
        #expect(rules.log.countsByID["order-1"].map { [$0.calls, $0.ran, $0.succeeded] } == [3, 2, 1])
        #expect(rules.statistics.functions["directed"]?.outcomes == ["-1": 1, "-504002": 1, "0": 1])
        #expect(rules.statistics.functions["directed"]?.ran == 2)
    }

    @Test("a log that is full keeps the newest calls")
    func bounded() {
        var rules = WeChatRules(rules().scenario, log: CallLog(limit: 3), now: clock.now)
        for id in 0..<50 { _ = call(&rules, #"{"id":\#(id)}"#) }
        #expect(rules.log.calls.map(\.id) == ["47", "48", "49"])
        #expect(rules.log.total == 50)
        #expect(rules.log.countsByID.count == 48)
        #expect(rules.log.uncounted == 2)
    }

    @Test("an outage comes and goes at its time, again and again")
    mutating func outages() {
        let outage = Scenario.Outage(kind: .unavailable, after: .seconds(10), lasting: .seconds(5), every: .seconds(60))
        var rules = rules { $0.outages = [outage] }
        var away: [Int] = []
        for second in 0..<90 {
            if text(call(&rules, "{}")).hasPrefix("503 <html>") { away.append(second) }
            clock.turn(.seconds(1))
        }
        #expect(away == Array(10..<15) + Array(70..<75))
    }

    @Test("while only the token endpoint is away, calls go on")
    func noTokens() {
        var rules = rules { $0.outages = [.init(kind: .noTokens, after: .zero, lasting: .seconds(1))] }
        let token = Self.post("/cgi-bin/stable_token", "{}")
        #expect(text(rules.react(to: token, now: clock.now)).hasPrefix("503 "))
        #expect(rules.statistics.tokenRefusals == ["http 503": 1])
        let invocation = Self.post("/tcb/invokecloudfunction?env=demo-env&name=echo", "{}")
        #expect(text(rules.react(to: invocation, now: clock.now)).contains(#""errcode":41001"#))
    }

    @Test("scripted token errors come in order, 40164 with the caller's address")
    func tokenSteps() {
        var rules = rules { scenario in
            scenario.tokenEndpoint.steps = StepSequence([
                .init(Fault(.errcode(40_164))), .init(Fault(.errcode(50_004))), .init(nil),
            ])
        }
        let request = Self.post(
            "/cgi-bin/stable_token",
            #"{"grant_type":"client_credential","appid":"wx0123456789abcdef","secret":"fake-secret"}"#
        )
        let answers = (0..<3).map { _ in text(rules.react(to: request, now: clock.now)) }
        let refused = "invalid ip 203.0.113.7 ipv6 ::ffff:203.0.113.7, not in whitelist rid: "
        #expect(answers[0].contains(#"{"errcode":40164,"errmsg":"\#(refused)"#))
        #expect(answers[1].contains("user not allow to use accesstoken, maybe for punishment rid: "))
        #expect(answers[2].contains("access_token"))
    }

    @Test("a new scenario leaves tokens and counts and starts scripts anew")
    func adopted() {
        var rules = rules {
            $0.functions["echo"]?.steps = StepSequence([.init(.fault(Fault(.errcode(-1)))), .init(.answer(.echo))])
        }
        let before = [call(&rules, "{}"), call(&rules, "{}")].map { text($0).contains(#""errcode":-1"#) }
        rules.adopt(rules.scenario, now: clock.now)
        let after = [call(&rules, "{}"), call(&rules, "{}")].map { text($0).contains(#""errcode":-1"#) }
        #expect(before == [true, false])
        #expect(after == [true, false])
        #expect(rules.statistics.tokensIssued == 1)
        #expect(rules.statistics.calls == 4)
    }

    @Test("a call style of its own: environment, function and input in the body")
    func bodyStyle() {
        var rules = rules { $0.app.cloudbaseToken = Secret("cloud") }
        let target = "/tcb/invokecloudfunction?cloudbase_access_token=cloud"
        let body = #"{"env":"demo-env","name":"echo","req_data":"{\"a\":\"\u4f60\ud83d\ude00\"}"}"#
        let answer = text(rules.react(to: Self.post(target, body), now: clock.now))
        #expect(answer == #"200 {"errcode":0,"errmsg":"ok","resp_data":"{\"a\":\"你😀\"}"}"#)
        let incomplete = text(rules.react(to: Self.post(target, #"{"env":"demo-env"}"#), now: clock.now))
        #expect(incomplete.contains(#""errcode":40101"#))
        let misnamed = Self.post("/tcb/invokecloudfunction?access_token=cloud&env=demo-env&name=echo", "{}")
        #expect(text(rules.react(to: misnamed, now: clock.now)).contains(#""errcode":40001"#))
    }

    @Test("a query is percent-decoded and its first repeated name counts")
    func query() {
        let request = Self.post("/a?b=%E4%BD%A0%2&b=2&c&d=%zz", "")
        #expect(request.path == "/a")
        #expect(request.query == ["b": "你%2", "c": "", "d": "%zz"])
    }
}
