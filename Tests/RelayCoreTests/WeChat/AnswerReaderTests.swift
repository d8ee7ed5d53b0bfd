import RelayCore
import Testing

struct AnswerReaderTests {
    @Test(
        arguments: [
            ("0", .errcode(0)), ("0.0", .errcode(0)), ("-0", .errcode(0)), ("\"0\"", .errcode(0)), ("-1", .errcode(-1)),
            ("\"-1\"", .errcode(-1)), ("4.2001e4", .errcode(42001)), ("-504002", .errcode(-504002)),
            ("9223372036854775807", .errcode(.max)), ("null", nil), ("true", nil), ("0.5", nil), ("1e30", nil),
            ("\"−1\"", nil),
            ("\"0.0\"", nil), ("\"\"", nil), ("[0]", nil), ("{}", nil),
        ] as [(String, OutcomeCode?)]
    )
    func `A readable errcode decides whatever the status; without one the status does`(
        _ errcode: String,
        _ code: OutcomeCode?
    ) {
        for status in [200, 201, 302, 404, 429, 500, 502] {
            let (answer, _) = read("{\"errcode\":\(errcode),\"errmsg\":\"m\",\"resp_data\":\"x\"}", status: status)
            #expect(answer.code == code ?? .status(status))
        }
    }

    @Test(arguments: [
        ("\"\"", ""), ("\"plain\"", "plain"), ("\"{\\\"a\\\":1}\"", "{\"a\":1}"),
        ("\"\\u4e2d\\ud83d\\ude00\\/\"", "中😀/"),
        ("\"\\ud83d\"", "\u{FFFD}"), ("\"a\nb\u{0}c\"", "a\nb\u{0}c"),
    ])
    func `On success the buffer has resp_data unescaped once`(_ written: String, _ meant: String) {
        let (answer, respData) = read("{\"errcode\":0,\"errmsg\":\"ok\",\"resp_data\":\(written)}")
        #expect(answer == Answer(code: .errcode(0), errmsg: "", rid: nil, respData: .text, excerpt: ""))
        #expect(respData == Array(meant.utf8))
    }

    @Test(arguments: [
        "{\"errcode\":0}", "{\"errcode\":0,\"resp_data\":null}",
        "{\"resp_data\":\"a\",\"errcode\":0,\"resp_data\":null}",
    ])
    func `A missing or null resp_data is absent, and the buffer is cleared`(_ body: String) {
        let (answer, respData) = read(body)
        #expect(answer == Answer(code: .errcode(0), errmsg: "", rid: nil, respData: .absent, excerpt: ""))
        #expect(respData == [])
    }

    @Test(arguments: ["{\"a\": 1}", "[1]", "12", "true", "false"])
    func `A resp_data that is no string is given as text`(_ written: String) {
        let (answer, respData) = read("{\"errcode\":0,\"resp_data\":\(written)}")
        #expect(answer.code == .errcode(0))
        #expect(answer.respData == .notText(written))
        #expect(respData == [])
        let result = AttemptResult(reading: answer, retryAfter: nil, answerByteCount: 0, token: 1)
        #expect(result.isReplyUnreadable)
        #expect(result.errmsg == written)
    }

    @Test(
        arguments: [
            ("{\"resp_data\":\"x\"}", 200, .errcode(0)), ("{\"resp_data\":\"x\"}", 201, .status(201)),
            ("{\"resp_data\":\"x\"}", 500, .status(500)), ("{\"resp_data\":1}", 200, .status(200)),
            ("{\"resp_data\":null}", 200, .status(200)), ("{\"errcode\":null,\"resp_data\":\"x\"}", 200, .status(200)),
            ("{\"Errcode\":0}", 200, .status(200)), ("{\"d\":{\"errcode\":0}}", 200, .status(200)),
            ("{\"errcode\":0,\"errcode\":-1}", 200, .errcode(-1)), ("{\"errcode\":-1,\"errcode\":0}", 200, .errcode(0)),
            ("{\"errcode\":0,\"errcode\":null}", 200, .status(200)), ("{\"err\\u0063ode\":7}", 200, .errcode(7)),
            ("\u{FEFF} {\"errcode\":7}\r\n", 200, .errcode(7)), ("{\"errcode\":0}x", 200, .status(200)),
            ("{\"errcode\":0}{}", 200, .status(200)), ("[{\"errcode\":0}]", 200, .status(200)), ("", 200, .status(200)),
            ("{\"errcode\":0", 200, .status(200)), ("{'errcode':0}", 200, .status(200)),
        ] as [(String, Int, OutcomeCode)]
    )
    func `Only a top-level errcode of one whole object is read, the last if repeated`(
        _ body: String,
        _ status: Int,
        _ code: OutcomeCode
    ) {
        #expect(read(body, status: status).answer.code == code)
    }

    @Test(arguments: [127, 128, 129])
    func `Depth is bounded`(_ depth: Int) {
        let nested = String(repeating: "[", count: depth - 1) + String(repeating: "]", count: depth - 1)
        #expect(read("{\"errcode\":0,\"deep\":\(nested)}").answer.code == (depth <= 128 ? .errcode(0) : .status(200)))
    }

    @Test(
        arguments: [
            ("x rid: 64ab12cd-1234abcd-0fedcba9", "64ab12cd-1234abcd-0fedcba9"),
            ("rid: 64AB12CD-1234abcd-0fedcba9", "64AB12CD-1234abcd-0fedcba9"),
            ("busy hint: [PX.8a-01_] rid: 64ab12cd-1234abcd-0fedcba9 ", "64ab12cd-1234abcd-0fedcba9"),
            ("busy, rid: 64ab12cd-1234abcd-0fedcba9", "64ab12cd-1234abcd-0fedcba9"),
            ("busy,rid: 64ab12cd-1234abcd-0fedcba9", "64ab12cd-1234abcd-0fedcba9"),
            ("busy hint: [PX.8a-01_]", nil), ("grid: 64ab12cd-1234abcd-0fedcba9", nil),
            ("rid: 64ab12cd-1234abcd-0fedcba", nil),
            ("rid: 64ab12cd-1234abcd-0fedcba9 and more", nil), ("rid: 64ab12cg-1234abcd-0fedcba9", nil),
            ("64ab12cd-1234abcd-0fedcba9", nil), ("rid:64ab12cd-1234abcd-0fedcba9", nil),
            ("64ab12cd-1234abcd_0fedcba9", nil), ("rid: 64ab12cd-1234-abcd0fedcba9", nil),
            ("忙，rid: 64ab12cd-1234abcd-0fedcba9", "64ab12cd-1234abcd-0fedcba9"),
            ("忙rid: 64ab12cd-1234abcd-0fedcba9", nil), ("rid: x64ab12cd-1234abcd-0fedcba9", nil),
            ("x rid: [123e4567-e89b-12d3-a456-426614174000]", nil), ("rid: 64ab12cd-1234abcd-0fedcba9-", nil),
            ("", nil),
        ] as [(String, String?)]
    )
    func `The rid is found at the end of an errmsg and stays in it`(_ errmsg: String, _ rid: String?) {
        let answer = read("{\"errcode\":-1,\"errmsg\":\"\(errmsg)\"}").answer
        #expect(answer == Answer(code: .errcode(-1), errmsg: errmsg, rid: rid, respData: .absent, excerpt: ""))
    }

    @Test func `A long errmsg is cut at a character and its rid is still found`() {
        for padding in 0..<4 {
            let long = String(repeating: "x", count: padding) + String(repeating: "系统😀", count: 100)
            let answer = read("{\"errcode\":-1,\"errmsg\":\"\(long) rid: 64ab12cd-1234abcd-0fedcba9\"}").answer
            #expect(long.hasPrefix(answer.errmsg))
            #expect((509...512).contains(answer.errmsg.utf8.count))
            #expect(answer.rid == "64ab12cd-1234abcd-0fedcba9")
        }
    }

    @Test(arguments: [
        ("\"bad access_token=68_abc&env=e\"", "bad access_token=***&env=e"), ("12", "12"), ("null", ""), ("\"\"", ""),
        ("{\"access_token\":\"68_abc\"}", "{\"access_token\":\"***\"}"),
    ])
    func `An errmsg of any kind is given as text without tokens`(_ written: String, _ shown: String) {
        #expect(read("{\"errcode\":-1,\"errmsg\":\(written)}").answer.errmsg == shown)
    }

    @Test func `What is no UTF-8 in a failed answer is repaired, and in resp_data kept`() throws {
        let gbk = try AnswerFixture("gbk.json").bytes
        let failed = read(gbk).answer
        #expect(failed.code == .errcode(-1))
        #expect(failed.errmsg.unicodeScalars.contains("\u{FFFD}"))
        let raw: [UInt8] = [0xCF, 0xB5, 0xD5, 0x5C, 0xD7, 0x74, 0x00, 0xFF]
        let success = read(Array("{\"errcode\":0,\"resp_data\":\"".utf8) + raw + Array("\"}".utf8))
        #expect(success.answer.respData == .text)
        #expect(success.respData == raw)
    }

    @Test func `An unreadable answer leaves its first bytes, masked and cut at a character`() throws {
        let page = try AnswerFixture("gateway.html").bytes
        let answer = read(page, status: 502).answer
        #expect(answer.code == .status(502))
        #expect(answer.excerpt.contains("access_token=***&amp;env=prod"))
        #expect(!answer.excerpt.contains("68_Vk3yK0"))
        #expect(answer.excerpt.utf8.count <= 256)
        for padding in 0..<3 {
            let text = String(repeating: "x", count: padding) + String(repeating: "网", count: 200)
            let excerpt = read(text, status: 200).answer.excerpt
            #expect(text.hasPrefix(excerpt))
            #expect((254...256).contains(excerpt.utf8.count))
        }
        let garbage = read([UInt8](repeating: 0xFF, count: 300)).answer.excerpt
        #expect(garbage == String(repeating: "\u{FFFD}", count: 85))
    }

    @Test func `The samples read as what they are`() throws {
        let expected: [String: OutcomeCode] = [
            "success.json": .errcode(0), "success-chinese.json": .errcode(0), "success-escaped.json": .errcode(0),
            "function-failed.json": .errcode(-504002), "refused-address.json": .errcode(40164),
            "token-expired.json": .errcode(42001), "token.json": .status(200), "quota.json": .errcode(0),
            "raw-control-characters.json": .errcode(-504002), "gbk.json": .errcode(-1),
            "byte-order-mark.json": .errcode(-1), "gateway.html": .status(200),
        ]
        for sample in try AnswerFixture.all() {
            #expect(read(sample.bytes).answer.code == expected[sample.name], "\(sample.name)")
        }
        let raw = read(try AnswerFixture("raw-control-characters.json").bytes).answer
        #expect(raw.errmsg == "line one\nline two\ttab\u{0}nul")
        let chinese = read(try AnswerFixture("success-chinese.json").bytes).respData
        #expect(read(try AnswerFixture("success-escaped.json").bytes).respData.starts(with: chinese))
    }

    @Test(
        arguments: [
            (
                "invalid ip 47.106.12.34 ipv6 ::ffff:47.106.12.34, not in whitelist rid: 66f1c2d3-0a1b2c3d-5e6f7a8b",
                "47.106.12.34"
            ),
            ("invalid ip 47.106.12.34, not in whitelist", "47.106.12.34"),
            ("invalid ip ::ffff:1.2.3.4, not in whitelist", "1.2.3.4"),
            ("invalid ip 2408:4002:1000::1 ipv6 2408:4002:1000::1, not in whitelist", "2408:4002:1000::1"),
            ("invalid ip ipv6 2408:4002:1000::1, not in whitelist", "2408:4002:1000::1"), ("access_token expired", nil),
            ("invalid ip address, not in whitelist", nil), ("invalid ip", nil), ("the ip 1.2.3.4", nil), ("", nil),
        ] as [(String, String?)]
    )
    func `The address to allow is taken from the errmsg of 40164`(_ errmsg: String, _ address: String?) {
        #expect(AnswerReader.refusedAddress(errmsg) == address)
    }

    private func read(_ body: [UInt8], status: Int = 200) -> (answer: Answer, respData: [UInt8]) {
        var respData: [UInt8] = [1, 2, 3]
        let answer = AnswerReader.read(status: status, body: body.span.bytes, respData: &respData)
        // A body that is given away means the same.
        var owned = body
        let inPlace = AnswerReader.read(status: status, owned: &owned)
        #expect(inPlace.answer == answer)
        #expect(Array(owned[inPlace.respData]) == respData)
        return (answer, respData)
    }

    private func read(_ body: String, status: Int = 200) -> (answer: Answer, respData: [UInt8]) {
        read(Array(body.utf8), status: status)
    }
}
