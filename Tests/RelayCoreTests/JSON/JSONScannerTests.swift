import RelayCore
import Testing

struct JSONScannerTests {
    @Test(arguments: [
        "{}", "[]", "0", "-0", "12", "-1.5", "0.0", "1e5", "1E+5", "4.2001e4", "1e-400", "\"\"", "\"a\"", "true",
        "false",
        "null", " \t\r\n1 \n", "[1,[2,{\"a\":[]}],{}]", "{\"a\":1,\"a\":2}", "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\"",
        "\"\\ud83d\\ude00\"", "\"\\ud800\"", "\"é 中 😀\"", "\"\u{7F}\"", "[ 1 , 2 ]", "{ \"a\" : { } }",
        "123456789012345678901",
    ])
    func `RFC 8259 texts are valid`(_ text: String) {
        #expect(Scan.isValid(text))
    }

    @Test(arguments: [
        "", " ", "{", "}", "[", "]", "[1", "[1,", "[1,]", "[,1]", "{\"a\"", "{\"a\":", "{\"a\":1", "{\"a\":1,",
        "{\"a\":1,}",
        "{,}", "{a:1}", "{1:1}", "{\"a\" 1}", "[1 2]", "[1}", "{\"a\":1]", "[{]}", "01", "-", "+1", ".5", "1.", "1e",
        "1e+",
        "-a", "0x1", "tru", "truE", "nul", "nulll", "False", "'a'", "\"a", "\"\\\"", "\"\\", "\"\\x\"", "\"\\u12g4\"",
        "\"\\u12\"",
        "\"\n\"", "\"\u{0}\"", "\"\u{1F}\"", "1 2", "{}{}", "{} x", "\u{FEFF}{}", "[\u{A0}1]", "NaN", "// a\n1",
    ])
    func `Other texts are not valid`(_ text: String) {
        #expect(!Scan.isValid(text))
    }

    @Test(
        arguments: [
            [0x80], [0xC0, 0xAF], [0xC1, 0x80], [0xC3], [0xC3, 0x28], [0xE0, 0x9F, 0xBF], [0xE2, 0x82],
            [0xED, 0xA0, 0x80],
            [0xF0, 0x8F, 0xBF, 0xBF], [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xFF],
            [0xD5, 0x5C, 0xD7, 0x74],
        ] as [[UInt8]]
    )
    func `Bytes that are no UTF-8 are refused by a strict scan and pass a lenient one`(_ bytes: [UInt8]) {
        for padding in 0..<9 {
            let text = Array("{\"a\":\"".utf8) + [UInt8](repeating: 0x61, count: padding) + bytes + Array("\"}".utf8)
            #expect(Scan(text, .strict).problem == .syntax(at: 6 + padding))
            #expect(Scan(text, .lenient).members?.first?.value.end == text.count - 2)
        }
    }

    @Test(
        arguments: [
            [0xC2, 0x80], [0xE0, 0xA0, 0x80], [0xED, 0x9F, 0xBF], [0xEE, 0x80, 0x80], [0xF0, 0x90, 0x80, 0x80],
            [0xF4, 0x8F, 0xBF, 0xBF],
        ] as [[UInt8]]
    )
    func `The first and last characters of each UTF-8 length are read`(_ bytes: [UInt8]) {
        for padding in 0..<9 {
            let text = [0x22] + [UInt8](repeating: 0x61, count: padding) + bytes + [0x22]
            #expect(Scan.isValid(text))
        }
    }

    @Test(arguments: Array(UInt8(0)..<0x20))
    func `Control characters pass only leniently, wherever in a word they stand`(_ byte: UInt8) {
        for padding in 0..<17 {
            let filled = Array("{\"a\":\"".utf8) + [UInt8](repeating: 0x20, count: padding)
            let text = filled + [byte] + Array("0123456789\"}".utf8)
            #expect(Scan(text, .strict).problem == .syntax(at: 6 + padding))
            let value = Scan(text, .lenient).members?.first?.value
            #expect(value == JSONElement(kind: .string, start: 6, end: text.count - 2, hasEscapes: false))
        }
    }

    @Test func `Members come in order with their places, repeated ones too`() {
        let text = " {\"a\":1, \"b\\n\" : \"x\\\"y\",\"a\":[1,{\"c\":2}],\"d\":null,\"e\":true,\"f\":false,\"g\":{}}\n"
        let scan = Scan(text, .strict)
        #expect(
            scan.members == [
                member(3, 4, false, .number, 6, 7),
                member(10, 13, true, .string, 18, 22, true),
                member(25, 26, false, .array, 28, 39),
                member(41, 42, false, .null, 44, 48),
                member(50, 51, false, .true, 53, 57),
                member(59, 60, false, .false, 62, 67),
                member(69, 70, false, .object, 72, 74),
            ]
        )
        #expect(scan.place == JSONObjectPlace(open: 1, close: 74, isEmpty: false))
    }

    @Test(arguments: ["{}", " { \n} ", "\u{FEFF}{}", "\u{FEFF} {\t}\r\n"])
    func `An empty object is found behind white space and a byte-order mark`(_ text: String) {
        for strictness in [JSONStrictness.strict, .lenient] {
            let scan = Scan(text, strictness)
            #expect(scan.members == [])
            #expect(scan.place?.isEmpty == true)
            let bytes = Array(text.utf8)
            #expect(scan.place.map { [bytes[$0.open], bytes[$0.close]] } == Array("{}".utf8))
        }
    }

    @Test(arguments: [
        ("", JSONProblem.notAnObject(at: 0)), ("  ", .notAnObject(at: 2)), ("[]", .notAnObject(at: 0)),
        (" 1", .notAnObject(at: 1)), ("<html>", .notAnObject(at: 0)), ("\u{FEFF}", .notAnObject(at: 3)),
        (" \u{FEFF}{}", .notAnObject(at: 1)), ("{", .truncated), ("{\"a", .truncated), ("{\"a\":", .truncated),
        ("{\"a\":1", .truncated), ("{\"a\":1,", .truncated), ("{\"a\":\"\\", .truncated),
        ("{\"a\":\"\\u00", .truncated),
        ("{\"a\":[1,", .truncated), ("{\"a\":tr", .truncated), ("{\"a\":-", .truncated), ("{}x", .syntax(at: 2)),
        ("{}\u{FEFF}", .syntax(at: 2)), ("{} {}", .syntax(at: 3)), ("{\"a\":1}]", .syntax(at: 7)),
        ("{a:1}", .syntax(at: 1)), ("{\"a\":1,}", .syntax(at: 7)), ("{\"a\":01}", .syntax(at: 6)),
        ("{\"a\":[1}}", .syntax(at: 7)), ("{\"a\":\"\\x\"}", .syntax(at: 7)), ("{\"a\":}", .syntax(at: 5)),
        ("{\"a\":{\"b\":1]}", .syntax(at: 11)), ("{\"a\":{\"b\" 1}}", .syntax(at: 10)), ("{\"a\":1e}", .syntax(at: 7)),
    ])
    func `A problem names its kind and place, strictly and leniently alike`(_ text: String, _ problem: JSONProblem) {
        #expect(Scan(text, .strict).problem == problem)
        #expect(Scan(text, .lenient).problem == problem)
    }

    @Test(arguments: [127, 128, 129, 100_000], [true, false])
    func `128 levels are read and a deeper text is refused without recursion`(_ depth: Int, _ isObject: Bool) {
        let open = isObject ? "{\"a\":" : "["
        let nested = String(repeating: open, count: depth - 1)
        let closed = String(repeating: isObject ? "}" : "]", count: depth - 1)
        let text = "{\"a\":" + nested + "0" + closed + "}"
        #expect(Scan.isValid(text) == (depth <= 128))
        let scan = Scan(text, .lenient)
        let tooDeep = JSONProblem.tooDeep(at: 5 + 127 * open.utf8.count)
        #expect(scan.problem == (depth <= 128 ? nil : tooDeep))
        #expect((scan.members?.count ?? 0) == (depth <= 128 ? 1 : 0))
    }

    @Test func `Nested kinds are told apart down to the last level`() {
        var random = SplitMix64(state: 128)
        for _ in 0..<200 {
            let kinds = (0..<128).map { _ in Bool.random(using: &random) }
            let open = kinds.map { $0 ? "{\"a\":" : "[" }.joined()
            var close = kinds.reversed().map { $0 ? "}" : "]" }
            #expect(Scan.isValid(open + "1" + close.joined()))
            let wrong = Int.random(in: 0..<128, using: &random)
            close[wrong] = close[wrong] == "}" ? "]" : "}"
            #expect(!Scan.isValid(open + "1" + close.joined()))
        }
    }

    @Test func `Every cut of a valid text is truncated or no object`() throws {
        for sample in try AnswerFixture.all()
        where sample.name.hasSuffix(".json") && Scan(sample.bytes, .lenient).problem == nil {
            let whole = try #require(Scan(sample.bytes, .lenient).place)
            for length in 0...whole.close {
                let problem = Scan(Array(sample.bytes[..<length]), .lenient).problem
                #expect(problem == (length <= whole.open ? .notAnObject(at: length) : .truncated) || length < 4)
            }
        }
    }

    private func member(
        _ start: Int,
        _ end: Int,
        _ nameEscapes: Bool,
        _ kind: JSONKind,
        _ valueStart: Int,
        _ valueEnd: Int,
        _ hasEscapes: Bool = false
    ) -> Scan.Member {
        Scan.Member(
            name: JSONElement(kind: .string, start: start, end: end, hasEscapes: nameEscapes),
            value: JSONElement(kind: kind, start: valueStart, end: valueEnd, hasEscapes: hasEscapes)
        )
    }
}
