import RelayCore

extension WeChatRules {
    /// The errcode for a request whose access token is not good, nil for one whose is.
    func tokenRefusal(_ request: WeChatRequest, now: Now) -> Int64? {
        let app = scenario.app
        if let presented = request.query["cloudbase_access_token"] {
            return presented == app.cloudbaseToken?.exposed ? nil : 40_001
        }
        switch tokens.judge(request.query["access_token"], app: app, now: now) {
        case .good: return nil
        case .refused(let code): return code
        }
    }

    /// `POST /cgi-bin/stable_token` and `GET /cgi-bin/token`.
    mutating func grantToken(_ request: WeChatRequest, now: Now) -> Reaction {
        counts.tokenRequests += 1
        if isAway(.noTokens, now: now) { return refuseToken("http 503", .answer(.gateway(503)), after: .zero) }
        let endpoint = scenario.tokenEndpoint
        let latency = endpoint.latency.drawn(using: &generator)
        if let fault = tokenFault(endpoint) {
            // A cut answer must look like a proper one and yet give nothing away.
            let proper = HTTPAnswer(body: Array(#"{"access_token":"cut","expires_in":7200}"#.utf8))
            let (delivery, outcome) = delivery(of: fault, proper: proper, request: request, now: now)
            return refuseToken(outcome.description, delivery, after: latency)
        }
        let isStable = request.path == "/cgi-bin/stable_token"
        switch isStable ? stableToken(request, now: now) : classicToken(request, now: now) {
        case .token(let token, let expiresIn):
            let members = [("access_token", JSONText.quoted(token)), ("expires_in", "\(expiresIn)")]
            let document = JSONText.object(members.map { (name: $0.0, value: $0.1) })
            return Reaction(.answer(HTTPAnswer(body: Array(document.utf8))), after: latency)
        case .refused(let code):
            let answer = refusal(code, request: request, now: now)
            return refuseToken("\(code)", .answer(answer), after: latency)
        }
    }

    private mutating func tokenFault(_ endpoint: Scenario.TokenEndpointScenario) -> Fault? {
        if let steps = endpoint.steps {
            defer { tokenSteps += 1 }
            return steps.outcome(at: tokenSteps)
        }
        return ErrorShare.drawn(from: endpoint.errors, using: &generator)
    }

    private mutating func stableToken(_ request: WeChatRequest, now: Now) -> TokenRules.Grant {
        guard request.method == "POST" else { return .refused(errcode: 43_002) }
        guard !request.body.isEmpty else { return .refused(errcode: 44_002) }
        guard let body = JSONObject(request.body) else { return .refused(errcode: 47_001) }
        let refusal = credentialRefusal(
            grantType: body.text("grant_type"),
            appID: body.text("appid"),
            secret: body.text("secret")
        )
        if let refusal { return .refused(errcode: refusal) }
        let isForced = body.isTrue("force_refresh")
        return tokens.stableToken(forceRefresh: isForced, app: scenario.app, now: now, using: &generator)
    }

    private mutating func classicToken(_ request: WeChatRequest, now: Now) -> TokenRules.Grant {
        guard request.method == "GET" else { return .refused(errcode: 43_001) }
        let refusal = credentialRefusal(
            grantType: request.query["grant_type"],
            appID: request.query["appid"],
            secret: request.query["secret"]
        )
        if let refusal { return .refused(errcode: refusal) }
        return tokens.classicToken(app: scenario.app, now: now, using: &generator)
    }

    private func credentialRefusal(grantType: String?, appID: String?, secret: String?) -> Int64? {
        guard grantType == "client_credential" else { return 40_002 }
        guard let appID, !appID.isEmpty else { return 41_002 }
        guard let secret, !secret.isEmpty else { return 41_004 }
        guard appID == scenario.app.id else { return 40_013 }
        return secret == scenario.app.secret.exposed ? nil : 40_125
    }

    private mutating func refuseToken(
        _ reason: String,
        _ delivery: Reaction.Delivery,
        after latency: Duration
    ) -> Reaction {
        counts.tokenRefusals[reason, default: 0] += 1
        return Reaction(delivery, after: latency)
    }

    /// `POST /cgi-bin/openapi/quota/get`, for the one API that has a quota here.
    mutating func readQuota(_ request: WeChatRequest, now: Now) -> HTTPAnswer {
        guard request.method == "POST" else { return refusal(43_002, request: request, now: now) }
        if let code = tokenRefusal(request, now: now) { return refusal(code, request: request, now: now) }
        guard !request.body.isEmpty else { return refusal(44_002, request: request, now: now) }
        guard let body = JSONObject(request.body) else { return refusal(47_001, request: request, now: now) }
        guard body.text("cgi_path") == Self.invokePath else { return refusal(76_021, request: request, now: now) }
        return HTTPAnswer(body: Array(quota.document(now: now).utf8))
    }
}
