import RelayCore
import Testing

struct CallCodecTests {
    @Test func `Targets are those of the documents`() {
        let codec = CallCodec()
        var target = Array("POST ".utf8)
        codec.appendCallTarget(
            token: Secret("68_t-k"),
            environment: "prod-1a2b",
            function: "createOrder",
            into: &target
        )
        #expect(
            text(target) == "POST /tcb/invokecloudfunction?access_token=68_t-k&env=prod-1a2b&name=createOrder"
        )
        #expect(codec.stableTokenTarget == "/cgi-bin/stable_token")
        target.removeAll()
        codec.appendQuotaTarget(token: Secret("a+b"), into: &target)
        #expect(text(target) == "/cgi-bin/openapi/quota/get?access_token=a%2Bb")
    }

    @Test func `In body style the target has the token only, under the name that it needs`() {
        let codec = CallCodec(style: .body, parameter: .cloudbase)
        var target: [UInt8] = []
        codec.appendCallTarget(token: Secret("t+k"), environment: "e", function: "f", into: &target)
        #expect(text(target) == "/tcb/invokecloudfunction?cloudbase_access_token=t%2Bk")
        target.removeAll()
        codec.appendQuotaTarget(token: Secret("t"), into: &target)
        #expect(text(target) == "/cgi-bin/openapi/quota/get?cloudbase_access_token=t")
        let query = CallCodec(parameter: .cloudbase)
        target.removeAll()
        query.appendCallTarget(token: Secret("t"), environment: "e", function: "f", into: &target)
        #expect(text(target) == "/tcb/invokecloudfunction?cloudbase_access_token=t&env=e&name=f")
    }

    @Test func `A classic token is asked for in the query`() {
        let target = CallCodec().classicTokenTarget(appID: "wx0", secret: Secret("a&b"))
        #expect(text(target) == "/cgi-bin/token?grant_type=client_credential&appid=wx0&secret=a%26b")
    }

    @Test(arguments: [
        "{}", "", "plain", "{\"a\":\"b\\n\\\"\"}", "\u{0}\u{1F}\n\r\t\u{8}\u{C}\u{7F}", "你好😀\u{2028}", "\\\\\"\"",
        String(repeating: "0123456789\"", count: 1_000),
    ])
    func `The input is one JSON string in the body, whole or in pieces, and comes back as it was`(
        _ input: String
    ) throws {
        let bytes = Array(input.utf8)
        var body = Array("kept ".utf8)
        CallCodec.appendBody(environment: "prod-1a2b", function: "create\"Order", into: &body) { $0(bytes.span.bytes) }
        var pieces = Array("kept ".utf8)
        let cut = input.isEmpty ? 0 : 1
        CallCodec.appendBody(environment: "prod-1a2b", function: "create\"Order", into: &pieces) { sink in
            let scalars = Array(input.unicodeScalars)
            for part in [scalars[..<cut], scalars[cut...]] {
                let part = Array(String(String.UnicodeScalarView(part)).utf8)
                sink(part.span.bytes)
            }
        }
        #expect(pieces == body)
        let document = Array(body.dropFirst(5))
        #expect(Scan.isValid(text(document)))
        var members: [String] = []
        try JSONScanner.scanObject(document.span.bytes, .strict) { name, value in
            members.append(JSONText.string(document.span.bytes, name))
            members.append(JSONText.string(document.span.bytes, value))
        }
        #expect(members == ["env", "prod-1a2b", "name", "create\"Order", "req_data", input])
    }

    @Test func `Only unreserved characters stand for themselves in a target`() {
        var target: [UInt8] = []
        CallCodec().appendCallTarget(
            token: Secret("a=b&c/+~"),
            environment: "a&env=b",
            function: "é %\r\n?#",
            into: &target
        )
        let expected = "access_token=a%3Db%26c%2F%2B~&env=a%26env%3Db&name=%C3%A9%20%25%0D%0A%3F%23"
        #expect(text(target) == "/tcb/invokecloudfunction?" + expected)
        for byte in UInt8(0)..<0x80 {
            let character = Character(UnicodeScalar(byte))
            target.removeAll()
            CallCodec().appendQuotaTarget(token: Secret(String(character)), into: &target)
            let isPlain = character.isLetter || character.isNumber || "-._~".contains(character)
            let hex = (byte < 16 ? "%0" : "%") + String(byte, radix: 16, uppercase: true)
            #expect(text(target).hasSuffix("access_token=" + (isPlain ? String(character) : hex)))
        }
    }

    @Test func `The relay's own requests have the bodies of the documents`() {
        #expect(text(CallCodec.quotaBody) == "{\"cgi_path\":\"/tcb/invokecloudfunction\"}")
        #expect(
            text(CallCodec.stableTokenBody(appID: "wx1", secret: Secret("s\"1"), force: false))
                == "{\"grant_type\":\"client_credential\",\"appid\":\"wx1\",\"secret\":\"s\\\"1\",\"force_refresh\":false}"
        )
        let forced = text(CallCodec.stableTokenBody(appID: "", secret: Secret(""), force: true))
        #expect(forced.hasSuffix("\"force_refresh\":true}"))
    }

    @Test(arguments: [
        ("{}", "{\"m\":", "}"), (" { } ", " { \"m\":", "} "), ("{\"a\":1.50}", "{\"a\":1.50,\"m\":", "}"),
        ("\u{FEFF}{\"m\":0 }\n", "\u{FEFF}{\"m\":0 ,\"m\":", "}\n"),
        ("{\"a\":{\"b\":[]}}", "{\"a\":{\"b\":[]},\"m\":", "}"),
    ])
    func `An object gets the member last and keeps every byte of its own`(
        _ body: String,
        _ before: String,
        _ after: String
    ) {
        let member = "{\"correlationId\":\"c-\\\"1\",\"attempt\":3,\"source\":\"t/0/42\"}"
        #expect(injected(body, Array("c-\"1".utf8)) == before + member + after)
        #expect(Scan.isValid(before.drop { $0 != "{" } + member + after))
    }

    @Test(arguments: ["", "[]", "1", "\"{}\"", "null", "{", "{}x", "{\"a\":\"\n\"}", "{a:1}"])
    func `Any other body is sent as it is`(_ body: String) {
        #expect(injected(body, [0x63]) == nil)
    }

    @Test func `A correlation id that is no UTF-8 is given in base64`() {
        #expect(
            injected("{}", [0xFF, 0x00, 0xFE])
                == "{\"m\":{\"correlationIdBase64\":\"/wD+\",\"attempt\":3,\"source\":\"t/0/42\"}}"
        )
    }

    private func injected(_ body: String, _ correlationID: [UInt8]) -> String? {
        let body = Array(body.utf8)
        var inserted: [UInt8] = [1, 2, 3]
        let offset = CallCodec.inject(
            member: "m",
            correlationID: correlationID.span.bytes,
            attempt: 3,
            source: "t/0/42",
            into: body.span.bytes,
            inserted: &inserted
        )
        guard let offset else {
            #expect(inserted == [])
            return nil
        }
        return text(body[..<offset] + inserted + body[offset...])
    }

    private func text(_ bytes: some Sequence<UInt8>) -> String {
        String(decoding: Array(bytes), as: UTF8.self)
    }
}
