package import RelayCore

/// The whole WeChat side without its sockets: a request goes in, what to do about it comes out.
///
/// Time is passed in and all chance comes from one seeded generator, so that the same requests at the same times get
/// the same answers.
package struct WeChatRules: Sendable {
    package internal(set) var scenario: Scenario
    package internal(set) var log: CallLog
    var counts = Statistics()
    var tokens = TokenRules()
    var quota: QuotaRules
    var functions: [String: FunctionScript]
    var underWay = 0
    var tokenSteps = 0
    var generator: SeededGenerator
    private var began: MonotonicTime

    package init(_ scenario: Scenario, log: CallLog = CallLog(), now: Now) {
        self.scenario = scenario
        self.log = log
        quota = QuotaRules(scenario.quota)
        functions = scenario.functions.mapValues { FunctionScript($0) }
        generator = SeededGenerator(seed: scenario.seed)
        began = now.monotonic
    }

    /// Puts another scenario in place. Tokens, used quota, the log and all counts stay; scripted sequences, the
    /// generator and the clock of the outages begin anew.
    package mutating func adopt(_ scenario: Scenario, now: Now) {
        self.scenario = scenario
        quota.adopt(scenario.quota)
        tokenSteps = 0
        for (name, function) in scenario.functions {
            functions[name, default: FunctionScript(function)].restart(function)
        }
        generator = SeededGenerator(seed: scenario.seed)
        began = now.monotonic
    }

    package mutating func setSecret(_ secret: Secret) {
        scenario.app.secret = secret
    }

    package mutating func setTokenEndpoint(_ endpoint: Scenario.TokenEndpointScenario) {
        scenario.tokenEndpoint = endpoint
        tokenSteps = 0
    }

    package mutating func endTokens(as end: TokenRules.End, now: Now) {
        tokens.endAll(as: end, now: now)
    }

    /// What was counted; the numbers of connections are the server's to fill in.
    package var statistics: Statistics {
        var statistics = counts
        statistics.tokensIssued = tokens.issued
        for (name, function) in functions where statistics.functions[name] != nil {
            statistics.functions[name]?.underWay = function.underWay
            statistics.functions[name]?.highestConcurrency = function.highestConcurrency
        }
        return statistics
    }

    /// What to do about a request. A reaction with a `call` must be given back to `finish`.
    package mutating func react(to request: WeChatRequest, now: Now) -> Reaction {
        counts.requests += 1
        if isAway(.unavailable, now: now) { return Reaction(.answer(.gateway(503))) }
        if request.method == "POST", !request.statesLength {
            if request.path == Self.invokePath { refuseCall("http 412") }
            return Reaction(.answer(HTTPAnswer(status: 412, contentType: nil, body: [])))
        }
        if request.body.count > scenario.maxBody {
            if request.path == Self.invokePath { refuseCall("http 413") }
            return Reaction(.answer(.gateway(413)))
        }
        switch request.path {
        case Self.invokePath: return invoke(request, now: now)
        case "/cgi-bin/stable_token", "/cgi-bin/token": return grantToken(request, now: now)
        case "/cgi-bin/openapi/quota/get": return Reaction(.answer(readQuota(request, now: now)))
        default: return Reaction(.answer(refusal(40_066, request: request, now: now)))
        }
    }

    /// Takes back a call whose reaction was carried out, or whose caller went away before.
    package mutating func finish(_ call: Reaction.Call, disconnected: Bool = false, now: Now) {
        let outcome = disconnected ? .disconnected : call.outcome
        log.end(call.sequence, as: outcome, at: now.wall)
        counts.functions[call.function]?.outcomes[outcome.description, default: 0] += 1
        if call.occupies {
            functions[call.function]?.end()
            underWay -= 1
        }
    }

    static let invokePath = "/tcb/invokecloudfunction"

    func isAway(_ kind: Scenario.Outage.Kind, now: Now) -> Bool {
        scenario.outages.contains { $0.kind == kind && $0.isUnderWay(at: now.monotonic - began) }
    }

    mutating func refuseCall(_ reason: String) {
        counts.refusals[reason, default: 0] += 1
    }

    /// WeChat's error document: HTTP 200, errcode, errmsg with a rid.
    mutating func refusal(
        _ code: Int64,
        errmsg: String? = nil,
        status: Int = 200,
        request: WeChatRequest,
        now: Now
    ) -> HTTPAnswer {
        let text = errmsg ?? ErrorText.errmsg(for: code, peer: request.peer)
        let rid = ErrorText.rid(now: now, using: &generator)
        let document = JSONText.object([("errcode", "\(code)"), ("errmsg", JSONText.quoted(text + rid))])
        return HTTPAnswer(status: status, body: Array(document.utf8))
    }

    /// How a fault looks on the wire; `proper` is the answer that `closeMidAnswer` cuts.
    mutating func delivery(
        of fault: Fault,
        proper: @autoclosure () -> HTTPAnswer,
        request: WeChatRequest,
        now: Now
    ) -> (Reaction.Delivery, CallOutcome) {
        switch fault.kind {
        case .errcode(let code, let errmsg, let status):
            let answer = refusal(code, errmsg: errmsg, status: status, request: request, now: now)
            return (.answer(answer), .errcode(code))
        case .status(let status, let retryAfter):
            let seconds = retryAfter.map { Int($0.components.seconds) }
            return (.answer(.gateway(status, retryAfter: seconds)), .status(status))
        case .closeAfterRequest: return (.close, .closed)
        case .closeMidAnswer: return (.cut(proper()), .cut)
        case .hang: return (.hang, .disconnected)
        }
    }
}
