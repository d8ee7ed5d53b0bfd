import RelayCore
import Testing

struct JSONTextTests {
    @Test(arguments: [
        ("", ""), ("plain", "plain"), ("a\\\"b", "a\"b"), ("\\\\", "\\"), ("\\/", "/"),
        ("\\b\\f\\n\\r\\t", "\u{8}\u{C}\n\r\t"),
        ("\\u0041", "A"), ("\\u00e9", "é"), ("\\u00E9", "é"), ("\\u4e2d", "中"), ("\\ud83d\\ude00", "😀"),
        ("\\u0000", "\u{0}"),
        ("\\ud800", "\u{FFFD}"), ("\\ude00", "\u{FFFD}"), ("\\ud83dx", "\u{FFFD}x"), ("\\ud83d\\n", "\u{FFFD}\n"),
        ("\\ud83d\\ud83d\\ude00", "\u{FFFD}😀"), ("\\ude00\\ud83d", "\u{FFFD}\u{FFFD}"), ("\\ud83d\\u0041", "\u{FFFD}A"),
        ("\\udbff\\udfff", "\u{10FFFF}"), ("\\uffff", "\u{FFFF}"), ("\\u07ff\\u0800", "\u{7FF}\u{800}"),
        ("\\u007f\\u0080", "\u{7F}\u{80}"),
        ("中文\\n😀", "中文\n😀"), ("{\\\"a\\\":[1,\\\"b\\\"]}", "{\"a\":[1,\"b\"]}"),
    ])
    func `Escapes are undone at every place in a word`(_ written: String, _ meant: String) throws {
        for padding in 0..<17 {
            let fill = String(repeating: "x", count: padding)
            for (text, expected) in [(fill + written, fill + meant), (written + fill, meant + fill)] {
                var bytes = Array("{\"text\":\"\(text)\"}".utf8)
                let scan = Scan(bytes, .strict)
                let value = try #require(scan.members?.first?.value)
                var output: [UInt8] = [1, 2]
                JSONText.unescape(bytes.span.bytes, value, into: &output)
                #expect(output == [1, 2] + Array(expected.utf8))
                #expect(scan.string(value) == expected)
                let place = JSONText.unescape(value, in: &bytes)
                #expect(Array(bytes[place]) == Array(expected.utf8))
            }
        }
    }

    @Test func `Raw bytes pass unchanged, beside escapes and without them`() throws {
        let raw: [UInt8] = [0x00, 0x0A, 0xC0, 0xFF, 0x80, 0xD5, 0x5C, 0xD7]
        for escape in ["", "\\n"] {
            let bytes = Array("{\"a\":\"".utf8) + raw + Array("\(escape)\"}".utf8)
            let value = try #require(Scan(bytes, .lenient).members?.first?.value)
            var output: [UInt8] = []
            JSONText.unescape(bytes.span.bytes, value, into: &output)
            #expect(output == raw + (escape.isEmpty ? [] : [0x0A]))
        }
    }

    @Test(
        arguments: [
            ("0", 0), ("-0", 0), ("0.0", 0), ("-0.000", 0), ("0e99999999999999999999", 0), ("4.2001e4", 42001),
            ("42001", 42001),
            ("-1", -1), ("-1.0", -1), ("1000e-3", 1), ("1.50e1", 15), ("100000000000000000000000000000e-29", 1),
            ("0.0000000000000000000000000001e28", 1), ("9223372036854775807", .max), ("-9223372036854775808", .min),
            ("922337203685477580.7e1", .max), ("-504002", -504002), ("1E+2", 100), ("1e18", 1_000_000_000_000_000_000),
            ("\"0\"", 0), ("\"-1\"", -1), ("\"42001\"", 42001), ("\"007\"", 7), ("\"\\u002d1\"", -1),
            ("\"-9223372036854775808\"", .min),
            ("0.5", nil), ("1e-1", nil), ("1.05e1", nil), ("1e30", nil), ("1e19", nil), ("9223372036854775808", nil),
            ("-9223372036854775809", nil), ("1e99999999999999999999", nil), ("1e-99999999999999999999", nil),
            ("12345678901234567890123", nil), ("null", nil), ("true", nil), ("false", nil), ("[0]", nil),
            ("{\"a\":0}", nil),
            ("\"\"", nil), ("\"-\"", nil), ("\"−1\"", nil), ("\"+1\"", nil), ("\" 1\"", nil), ("\"1 \"", nil),
            ("\"0.0\"", nil),
            ("\"1e3\"", nil), ("\"0x1\"", nil), ("\"--1\"", nil), ("\"9223372036854775808\"", nil),
        ] as [(String, Int64?)]
    )
    func `An integer is read exactly or not at all`(_ written: String, _ meant: Int64?) throws {
        let bytes = Array("{\"a\":\(written)}".utf8)
        let scan = Scan(bytes, .strict)
        #expect(try scan.integer(#require(scan.members?.first?.value)) == meant)
    }

    @Test(arguments: [
        ("errcode", true), ("errcod", false), ("errcodes", false), ("Errcode", false), ("err\\u0063ode", true),
        ("err\\u0064ode", false),
        ("", false),
    ])
    func `A name is compared as it is meant`(_ written: String, _ isEqual: Bool) throws {
        let bytes = Array("{\"\(written)\":0}".utf8)
        let scan = Scan(bytes, .strict)
        #expect(try scan.equals(#require(scan.members?.first?.name), "errcode") == isEqual)
    }

    @Test func `A value that is no string equals no text`() throws {
        let bytes = Array("{\"a\":true}".utf8)
        let scan = Scan(bytes, .strict)
        let value = try #require(scan.members?.first?.value)
        #expect(!scan.equals(value, "true"))
        #expect(scan.string(value) == "true")
    }

    @Test func `Any text comes back from its escaped form`() throws {
        let scalars = Array(0..<0x250).compactMap(UnicodeScalar.init) + ["\u{2028}", "中", "😀", "\u{10FFFF}"]
        let texts = scalars.map(String.init) + [String(String.UnicodeScalarView(scalars)), ""]
        for text in texts {
            for padding in 0..<9 {
                let text = String(repeating: "x", count: padding) + text
                var bytes = Array("{\"a\":\"".utf8)
                JSONText.appendEscaped(text.utf8, into: &bytes)
                bytes += "\"}".utf8
                let scan = Scan(bytes, .strict)
                #expect(try scan.string(#require(scan.members?.first?.value)) == text)
            }
        }
    }

    @Test(
        arguments: [
            ([0x61, 0xFF, 0x62], "a\u{FFFD}b"), ([0x22, 0xC3], "\\\"\u{FFFD}"), ([0xC3, 0x28, 0x0A], "\u{FFFD}(\\n"),
            ([0x01, 0x1F, 0x7F], "\\u0001\\u001f\u{7F}"), ([0x08, 0x09, 0x0A, 0x0C, 0x0D], "\\b\\t\\n\\f\\r"),
            ([0x5C, 0x2F], "\\\\/"),
        ] as [([UInt8], String)]
    )
    func `Bytes are escaped and repaired`(_ bytes: [UInt8], _ escaped: String) {
        var output: [UInt8] = []
        JSONText.appendEscaped(bytes.span.bytes, into: &output)
        #expect(String(decoding: output, as: UTF8.self) == escaped)
    }

    @Test func `A document is written member by member`() {
        var writer = JSONWriter(appendingTo: Array("{\"before\":1}".utf8))
        writer.bytes.removeAll()
        writer.beginObject()
        writer.member("text", "a\"b\n")
        writer.member("bytes", text: ([0x61, 0xFF] as [UInt8]).span.bytes)
        writer.member("number", Int64.min)
        writer.beginObject("nested")
        writer.endObject()
        writer.beginObject("inner \u{1}")
        writer.member("flag", true)
        writer.member("other", false)
        writer.endObject()
        writer.member("last", 0)
        writer.endObject()
        let expected = #"""
            {"text":"a\"b\n","bytes":"a\#u{FFFD}","number":-9223372036854775808,"nested":{},\#
            "inner \u0001":{"flag":true,"other":false},"last":0}
            """#
        #expect(String(decoding: writer.bytes, as: UTF8.self) == expected)
        #expect(Scan.isValid(writer.bytes))
    }
}
