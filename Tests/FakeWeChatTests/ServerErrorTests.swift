import FakeWeChat
import Testing

@Suite("The documented errors over a socket") struct ServerErrorTests {
    /// The answer's errcode, when it is an error document as WeChat writes them.
    private func errcode(_ answer: RawConnection.Answer) throws -> Int64? {
        let document = /\{"errcode":(-?[0-9]+),"errmsg":"[^"]+ rid: [0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{8}"\}/
        guard answer.status == 200, answer.headers["content-type"] == "application/json; encoding=utf-8" else {
            return nil
        }
        return try document.wholeMatch(in: answer.text).flatMap { Int64($0.output.1) }
    }

    @Test("every wrong request has its documented errcode, on one connection")
    func wrongRequests() async throws {
        try await ServedFake.run { fake in
            let connection = fake.connection
            let base = "/tcb/invokecloudfunction?access_token=\(fake.token)"
            let unknown = String(repeating: "x", count: 136)
            let cases: [(target: String, body: String, code: Int64)] = [
                (base + "&env=demo-env", "{}", 40_101),
                (base + "&name=echo", "{}", 40_101),
                (base + "&env=demo-env&name=", "{}", 40_101),
                (base, "{}", 40_101),
                (base, "no JSON", 40_101),
                (fake.target("echo"), "", 44_002),
                (fake.target("echo", environment: "other"), "{}", -501_000),
                (fake.target("other"), "{}", -501_000),
                ("/tcb/invokecloudfunction?env=demo-env&name=echo", "{}", 41_001),
                ("/tcb/invokecloudfunction?access_token=&env=demo-env&name=echo", "{}", 41_001),
                ("/tcb/invokecloudfunction?access_token=short&env=demo-env&name=echo", "{}", 40_014),
                ("/tcb/invokecloudfunction?access_token=\(unknown)&env=demo-env&name=echo", "{}", 40_001),
                ("/tcb/databasequery?access_token=\(fake.token)", "{}", 40_066),
            ]
            for (target, body, code) in cases {
                #expect(try errcode(connection.post(target, body)) == code, "\(target) with body '\(body)'")
            }
            #expect(try errcode(connection.get(fake.target("echo"))) == 43_002)
            #expect(
                try connection.post(fake.target("echo", environment: "other"), "{}").text.contains("env not exists")
            )
            #expect(try connection.post(fake.target("other"), "{}").text.contains("FunctionName parameter"))
            let statistics = try await fake.server.statistics()
            #expect(statistics.calls == 0)
            #expect(statistics.connectionsAccepted == 1)
            #expect(
                statistics.refusals == [
                    "40101": 5, "44002": 1, "-501000": 4, "41001": 2, "40014": 1, "40001": 1, "43002": 1,
                ]
            )
        }
    }

    @Test("a chunked body is answered with an empty 412, and the connection goes on")
    func chunked() async throws {
        try await ServedFake.run { fake in
            let head = "POST \(fake.target("echo")) HTTP/1.1\r\nHost: fake\r\n"
            let answer = try fake.connection.exchange(head + "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n")
            #expect(answer.status == 412)
            #expect(answer.body.isEmpty)
            #expect(try fake.connection.exchange(head + "\r\n").status == 412)
            #expect(try fake.connection.post(fake.target("echo"), "{}").status == 200)
            #expect(try await fake.server.statistics().refusals == ["http 412": 2])
        }
    }

    @Test("an expired token is 42001 and a revoked one 40001")
    func endedTokens() async throws {
        try await ServedFake.run { fake in
            try await fake.server.endTokens(as: .expired)
            #expect(try errcode(fake.connection.post(fake.target("echo"), "{}")) == 42_001)
            try await fake.server.endTokens(as: .revoked)
            #expect(try errcode(fake.connection.post(fake.target("echo"), "{}")) == 40_001)
        }
    }

    @Test("a body that is no JSON is 47001 where the scenario says so")
    func noJSON() async throws {
        try await ServedFake.run { fake in
            #expect(try fake.connection.post(fake.target("echo"), "{\"a\":").status == 200)
            try await fake.server.changeScenario { $0.jsonBodiesOnly = true }
            for body in ["{\"a\":", "{} {}", "{\"a\":01}", "[1,]", "\"\n\"", "nul", "{\"a\" 1}", "\"\\x\"", "-", "1e"] {
                #expect(try errcode(fake.connection.post(fake.target("echo"), body)) == 47_001, "\(body)")
            }
            for body in [" {\"a\":[1,-0.5e+3,\"\\u4f60\\n\"]} ", "null", "[]", "{}", "\"你\"", "0"] {
                #expect(try errcode(fake.connection.post(fake.target("echo"), body)) == nil, "\(body)")
            }
        }
    }

    @Test("quotas are 45011 and 45009, and can be read")
    func quotas() async throws {
        try await ServedFake.run({ $0.quota.perDay = 2 }) { fake in
            let quotaTarget = "/cgi-bin/openapi/quota/get?access_token=\(fake.token)"
            let path = #"{"cgi_path":"/tcb/invokecloudfunction"}"#
            _ = try fake.connection.post(fake.target("echo"), "{}")
            #expect(
                try fake.connection.post(quotaTarget, path).text
                    == #"{"errcode":0,"errmsg":"ok","quota":{"daily_limit":2,"used":1,"remain":1}}"#
            )
            _ = try fake.connection.post(fake.target("echo"), "{}")
            #expect(try errcode(fake.connection.post(fake.target("echo"), "{}")) == 45_009)
            try await fake.server.changeScenario { $0.quota = Scenario.Quota() }
            #expect(try errcode(fake.connection.post(fake.target("echo"), "{}")) == nil)
            #expect(try errcode(fake.connection.post(quotaTarget, #"{"cgi_path":"/other"}"#)) == 76_021)
            #expect(try errcode(fake.connection.post("/cgi-bin/openapi/quota/get", path)) == 41_001)
        }
    }

    @Test("every wrong token request has its errcode")
    func tokenRequests() async throws {
        try await ServedFake.run { fake in
            let cases: [(grant: String, app: String, secret: String, code: Int64)] = [
                ("other", "wx0123456789abcdef", "fake-secret", 40_002),
                ("client_credential", "", "fake-secret", 41_002),
                ("client_credential", "wx0123456789abcdef", "", 41_004),
                ("client_credential", "wx1", "fake-secret", 40_013),
                ("client_credential", "wx0123456789abcdef", "wrong", 40_125),
            ]
            for (grant, app, secret, code) in cases {
                let body = #"{"grant_type":"\#(grant)","appid":"\#(app)","secret":"\#(secret)"}"#
                #expect(try errcode(fake.connection.post("/cgi-bin/stable_token", body)) == code)
                let query = "grant_type=\(grant)&appid=\(app)&secret=\(secret)"
                #expect(try errcode(fake.connection.get("/cgi-bin/token?\(query)")) == code)
            }
            #expect(try errcode(fake.connection.get("/cgi-bin/stable_token")) == 43_002)
            #expect(try errcode(fake.connection.post("/cgi-bin/stable_token", "")) == 44_002)
            #expect(try errcode(fake.connection.post("/cgi-bin/stable_token", "no JSON")) == 47_001)
            try await fake.server.setSecret("changed")
            #expect(try errcode(fake.connection.post("/cgi-bin/stable_token", ServedFake.credentials)) == 40_125)
            #expect(try errcode(fake.connection.post(fake.target("echo"), "{}")) == nil)
        }
    }

    @Test("a token is the same for two requests, another one from the classic endpoint, and both are good")
    func tokens() async throws {
        try await ServedFake.run { fake in
            let again = try fake.connection.post("/cgi-bin/stable_token", ServedFake.credentials).text
            #expect(again.hasPrefix(#"{"access_token":"\#(fake.token)","expires_in":"#))
            let query = "grant_type=client_credential&appid=wx0123456789abcdef&secret=fake-secret"
            let classic = try fake.connection.get("/cgi-bin/token?\(query)").text
            #expect(classic.hasSuffix(#","expires_in":7200}"#))
            #expect(!classic.contains(fake.token))
            #expect(try fake.connection.get("/_fake/token?format=text").text == fake.token + "\n")
            #expect(try fake.connection.get("/_fake/token").text.contains(fake.token))
            #expect(try await fake.server.statistics().tokensIssued == 2)
        }
    }

    @Test("the token endpoint can be down by itself")
    func tokenEndpointDown() async throws {
        try await ServedFake.run { fake in
            let down = Scenario.TokenEndpointScenario(
                steps: StepSequence([
                    .init(Fault(.status(503))), .init(Fault(.closeAfterRequest)),
                ])
            )
            try await fake.server.setTokenEndpoint(down)
            #expect(try fake.connection.post("/cgi-bin/stable_token", ServedFake.credentials).status == 503)
            #expect(try fake.connection.post(fake.target("echo"), "{}").status == 200)
            #expect(throws: RawConnection.Failure.closed(after: 0)) {
                try fake.connection.post("/cgi-bin/stable_token", ServedFake.credentials)
            }
            #expect(try await fake.server.statistics().tokenRefusals == ["http 503": 1, "closed": 1])
        }
    }
}
