import RelayCore
import Testing

@Suite("Numbers, durations and characters") struct TextTests {
    @Test(
        "decimal digits are a number of up to 63 bits",
        arguments: [
            ("0", Int64?(0)), ("007", 7), ("9223372036854775807", .max), ("9223372036854775808", nil),
            ("99999999999999999999", nil), ("", nil), ("-1", nil), ("+1", nil), (" 1", nil), ("1.0", nil), ("1e3", nil),
        ]
    )
    func readsDecimal(text: String, expected: Int64?) {
        let number = DecimalText.parse(text.utf8.span.bytes)
        #expect(number == expected)
    }

    @Test("a number is written as Swift would", arguments: [Int64.min, -10, -1, 0, 7, 10, 99, 100, 12_345, .max])
    func writesDecimal(value: Int64) {
        let text = DecimalText.withDigits(of: value) { digits in
            digits.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
        }
        #expect(text == String(value))
    }

    @Test(
        "a duration is a whole number and a unit",
        arguments: [
            ("250ms", Duration?(.milliseconds(250))), ("30s", .seconds(30)), ("5m", .seconds(300)),
            ("24h", .seconds(86_400)), ("0s", .zero), ("30", nil), ("s", nil), ("", nil), ("1.5s", nil), ("-1s", nil),
            ("1S", nil), ("1 s", nil), ("1d", nil), ("1us", nil), ("1min", nil), ("9223372036854775807s", nil),
            ("9223372036854775807ms", .milliseconds(Int64.max)),
        ]
    )
    func readsDuration(text: String, expected: Duration?) {
        let duration = DurationText.parse(text.utf8.span.bytes)
        #expect(duration == expected)
    }

    @Test(
        "text is cut before the character that would not fit",
        arguments: [
            ("abc", 5, 3), ("abc", 3, 3), ("abc", 2, 2), ("", 4, 0), ("aé", 2, 1), ("aé", 3, 3), ("你好", 5, 3),
            ("你好", 4, 3),
            ("你好", 3, 3), ("你好", 2, 0), ("😀😀", 7, 4), ("😀😀", 4, 4), ("a", 0, 0),
        ]
    )
    func cuts(text: String, limit: Int, expected: Int) {
        let length = UTF8Text.length(of: text.utf8.span.bytes, cutTo: limit)
        #expect(length == expected)
    }

    @Test("what is no UTF-8 is cut all the same")
    func cutsForeignBytes() {
        let bytes = [UInt8](repeating: 0x80, count: 20)
        let length = UTF8Text.length(of: bytes.span.bytes, cutTo: 10)
        #expect((7...10).contains(length))
    }

    @Test(
        "only well-formed UTF-8 is valid",
        arguments: [
            ([] as [UInt8], true), ([0x00, 0x7F], true), (Array("é你😀".utf8), true), ([0x80], false), ([0xC3], false),
            ([0xC0, 0x80], false), ([0xED, 0xA0, 0x80], false), ([0xF4, 0x90, 0x80, 0x80], false),
            ([0x61, 0xFF], false),
            ([0xE4, 0xBD], false),
        ]
    )
    func valid(bytes: [UInt8], expected: Bool) {
        let isValid = UTF8Text.isValid(bytes.span.bytes)
        #expect(isValid == expected)
    }
}
