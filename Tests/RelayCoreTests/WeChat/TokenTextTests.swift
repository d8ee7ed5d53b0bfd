import RelayCore
import Testing

@Suite("Tokens that somebody else hands on")
struct TokenTextTests {
    @Test(
        "a token is found, as plain text or in JSON, with its life where one stands beside it",
        arguments: [
            ("68_abc", nil, "68_abc", nil), ("\u{FEFF} 68_abc\r\n", nil, "68_abc", nil),
            ("\"68_abc\"\n", nil, "68_abc", nil),
            ("{\"access_token\":\"68\\/abc\",\"expires_in\":7200}", nil, "68/abc", 7_200),
            ("{\"access_token\":\"a\",\"access_token\":\"b\",\"expires_in\":\"60\"}", nil, "b", 60),
            ("{\"access_token\":\"a\",\"expires_in\":0}", nil, "a", 1),
            ("{\"access_token\":\"a\",\"expires_in\":-9}", nil, "a", 1),
            ("{\"access_token\":\"a\",\"expires_in\":\"soon\"}", nil, "a", nil),
            ("{\"code\":0,\"expires_in\":1,\"data\":{\"token\":\"a\"}}", "data.token", "a", nil),
            ("{\"data\":{\"wx\":{\"token\":\"a\",\"expires_in\":300}}}", "$.data.wx.token", "a", 300),
        ] as [(String, String?, String, Int64?)]
    )
    func found(text: String, path: String?, token: String, seconds: Int64?) {
        #expect(read(text, path) == .token(Secret(token), expiresIn: seconds.map { .seconds($0) }))
    }

    @Test(
        "anything else is told in words that show nothing of it",
        arguments: [
            ("<html>68_abc</html>", nil, "an HTML page"),
            ("not logged in", nil, "13 bytes that are neither JSON nor one word"),
            ("68_abc\u{E9}", nil, "8 bytes that are neither JSON nor one word"), ("\"", nil, "1 bytes"),
            ("{\"access_token\":\"68_abc\"", nil, "a broken JSON object"),
            ("{}", nil, "a JSON object without 'access_token': it is empty"),
            ("{\"code\":0,\"token\":\"68_abc\"}", nil, "a JSON object without 'access_token'; it has code, token"),
            ("{\"data\":{\"token\":\"68_abc\"}}", "data.access_token", "without 'data.access_token'; it has token"),
            ("{\"data\":\"68_abc\"}", "data.token", "a JSON object whose 'data' is no object"),
            ("{\"access_token\":68}", nil, "a JSON object whose 'access_token' is no string"),
            ("{\"access_token\":\"\"}", nil, "a token of 0 characters, and WeChat's have 1 to 512"),
            ("68_abc", "token", "no JSON object, so nothing stands at 'token'"),
            (String(repeating: "68_abc", count: 86), nil, "a token of 516 characters, and WeChat's have 1 to 512"),
            (
                "{\"a\":1,\"b\":1,\"c\":1,\"d\":1,\"e\":1,\"f\":1,\"g\":1,\"h\":1,\"i\":1}", nil,
                "it has a, b, c, d, e, f, g, h, …"
            ),
        ] as [(String, String?, String)]
    )
    func foreign(text: String, path: String?, words: String) {
        guard case .foreign(let found) = read(text, path) else {
            Issue.record("read as \(read(text, path))")
            return
        }
        #expect(found.contains(words))
        #expect(!found.contains("68_abc"))
    }

    @Test("white space is a token that is not written yet", arguments: ["", " ", "\n", "\u{FEFF}\r\n"])
    func blank(text: String) {
        #expect(read(text, nil) == .blank)
        #expect(read(text, "a") == .blank)
    }

    @Test("a path is names between dots")
    func paths() {
        #expect(TokenPath("data.access_token")?.names == ["data", "access_token"])
        #expect(TokenPath("$.data.token")?.names == ["data", "token"])
        #expect(TokenPath("$.data.token")?.description == "data.token")
        for text in ["", "$.", ".a", "a.", "a..b", "."] { #expect(TokenPath(text) == nil, "\(text)") }
    }

    @Test("a token service's answer needs HTTP 2xx, and an errcode that it passes on decides")
    func service() {
        let body = "{\"access_token\":\"68_abc\",\"expires_in\":60}"
        for status in [200, 201] { #expect(answer(status, body) == .token(Secret("68_abc"), expiresIn: .seconds(60))) }
        for status in [301, 401, 500] {
            #expect(answer(status, body) == .unreadable(code: .status(status), excerpt: ""))
        }
        #expect(answer(500, "68_abc") == .unreadable(code: .status(500), excerpt: ""))
        #expect(
            answer(500, "{\"errcode\":40125,\"errmsg\":\"invalid appsecret\",\"access_token\":\"68_abc\"}")
                == .refused(code: .errcode(40125), errmsg: "invalid appsecret", rid: nil)
        )
        #expect(answer(401, " no bearer\n") == .unreadable(code: .status(401), excerpt: "no bearer"))
        #expect(answer(200, " ") == .unreadable(code: .status(200), excerpt: "the answer is empty"))
        #expect(
            answer(200, "{\"token\":\"68_abc\"}")
                == .unreadable(
                    code: .status(200),
                    excerpt: "the answer is a JSON object without 'access_token'; it has token"
                )
        )
    }

    @Test(
        "a token service that refuses is mended, one that is away is waited for",
        arguments: [
            (.status(200), .permanentConfig), (.status(302), .permanentConfig), (.status(401), .permanentConfig),
            (.status(403), .permanentConfig), (.status(404), .permanentConfig), (.status(413), .permanentConfig),
            (.status(408), .transient), (.status(429), .throttled), (.status(500), .transient),
            (.status(502), .transient),
            (.errcode(40125), .permanentConfig), (.errcode(40001), .permanentConfig), (.errcode(-1), .transient),
            (.errcode(1_001), .permanentConfig), (.transport(.answerTooLarge), .permanentConfig),
            (.transport(.connectRefused), .transient), (.transport(.requestTimeout), .transient),
            (.transport(.certificateRefused), .permanentConfig),
        ] as [(OutcomeCode, OutcomeClass)]
    )
    func serviceRows(code: OutcomeCode, outcomeClass: OutcomeClass) {
        let row = TokenAnswer.row(for: code, from: .service)
        #expect(row.outcomeClass == outcomeClass)
        #expect(row.ran == .no && !row.counted && row.scope == .app)
        // Nothing of it is mended where WeChat's own settings are.
        for place in ["app-secret;", "base-url", "apps.*.proxy"] {
            #expect(!row.remedy.contains(place), "\(row.remedy)")
        }
    }

    private func read(_ text: String, _ path: String?) -> TokenText {
        TokenText.read(Array(text.utf8).span.bytes, at: path.flatMap { TokenPath($0) })
    }

    private func answer(_ status: Int, _ body: String) -> TokenAnswer {
        TokenAnswer.readService(status: status, body: Array(body.utf8).span.bytes, at: nil)
    }
}
