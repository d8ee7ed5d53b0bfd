import RelayCore
import Testing

struct TokenAnswerTests {
    @Test(
        arguments: [
            ("{\"access_token\":\"68_abc\",\"expires_in\":7200}", "68_abc", 7200),
            ("{\"expires_in\":\"300\",\"access_token\":\"a\\/b\",\"errcode\":0,\"errmsg\":\"ok\"}", "a/b", 300),
            (" {\"access_token\":\"x\",\"access_token\":\"y\",\"expires_in\":1.0}\n", "y", 1),
        ] as [(String, String, Int64)]
    )
    func `A token comes with its life`(_ body: String, _ token: String, _ seconds: Int64) {
        #expect(read(body) == .token(Secret(token), expiresIn: .seconds(seconds)))
    }

    @Test func `A token has at most 512 characters`() {
        let longest = String(repeating: "t", count: 512)
        #expect(
            read("{\"access_token\":\"\(longest)\",\"expires_in\":60}")
                == .token(Secret(longest), expiresIn: .seconds(60))
        )
        let answer = read("{\"access_token\":\"\(longest)t\",\"expires_in\":60}")
        #expect(answer == .unreadable(code: .status(200), excerpt: "{\"access_token\":\"***"))
    }

    @Test(arguments: [
        "{\"access_token\":\"68_abc\"}", "{\"access_token\":\"68_abc\",\"expires_in\":0}",
        "{\"access_token\":\"68_abc\",\"expires_in\":-5}", "{\"access_token\":\"68_abc\",\"expires_in\":0.5}",
        "{\"access_token\":\"\",\"expires_in\":60}", "{\"access_token\":null,\"expires_in\":60}", "{\"expires_in\":60}",
        "{\"errcode\":0}", "{}", "", "<html>", "68_abc",
    ])
    func `Anything else is unreadable and shows no token`(_ body: String) {
        guard case .unreadable(let code, let excerpt) = read(body) else {
            Issue.record("read as \(read(body))")
            return
        }
        #expect(code == .status(200))
        #expect(!excerpt.contains("68_abc") || body == "68_abc")
    }

    @Test func `Another status than 200 gives no token`() {
        let body = "{\"access_token\":\"68_abc\",\"expires_in\":60}"
        #expect(
            read(body, status: 502)
                == .unreadable(code: .status(502), excerpt: "{\"access_token\":\"***\",\"expires_in\":60}")
        )
    }

    @Test func `A refusal has its code, errmsg and rid, whatever else the answer holds`() throws {
        let body = """
            {"errcode":40125,"errmsg":"invalid appsecret, rid: 64ab12cd-1234abcd-0fedcba9","access_token":"t","expires_in":9}
            """
        let expected = TokenAnswer.refused(
            code: .errcode(40125),
            errmsg: "invalid appsecret, rid: 64ab12cd-1234abcd-0fedcba9",
            rid: "64ab12cd-1234abcd-0fedcba9"
        )
        for status in [200, 400, 502] { #expect(read(body, status: status) == expected) }
    }

    @Test(
        arguments: [
            (.errcode(40001), .permanentConfig), (.errcode(40013), .permanentConfig),
            (.errcode(40125), .permanentConfig),
            (.errcode(40164), .permanentConfig), (.errcode(89503), .permanentConfig),
            (.errcode(41001), .permanentConfig),
            (.errcode(47001), .permanentConfig), (.errcode(45009), .quotaExhausted), (.errcode(45011), .throttled),
            (.errcode(-1), .transient), (.errcode(77), .permanentConfig), (.status(200), .transient),
            (.status(502), .transient),
            (.status(500), .transient), (.status(404), .permanentConfig), (.status(429), .throttled),
            (.status(413), .permanentConfig), (.transport(.requestTimeout), .transient), (.transport(.dns), .transient),
            (.transport(.certificateRefused), .permanentConfig), (.errcode(0), .transient),
        ] as [(OutcomeCode, OutcomeClass)]
    )
    func `At the token endpoint nothing ran and every refusal concerns the app`(
        _ code: OutcomeCode,
        _ outcomeClass: OutcomeClass
    ) {
        let row = TokenAnswer.row(for: code, from: .stable)
        #expect(row.outcomeClass == outcomeClass)
        #expect(row.ran == .no)
        #expect(!row.counted)
        #expect(row.scope == .app)
    }

    @Test func `A wrong secret is not called an expired token`() {
        #expect(TokenAnswer.row(for: .errcode(40001), from: .stable).remedy.hasPrefix("correct apps.*.app-secret"))
    }

    @Test func `A printed answer does not show its token`() {
        let answer = read("{\"access_token\":\"68_abc\",\"expires_in\":7200}")
        #expect(!"\(answer) \(String(reflecting: answer))".contains("68_abc"))
    }

    private func read(_ body: String, status: Int = 200) -> TokenAnswer {
        TokenAnswer.read(status: status, body: Array(body.utf8).span.bytes)
    }
}
