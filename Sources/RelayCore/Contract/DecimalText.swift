/// Numbers as headers carry them: decimal ASCII digits, without a `String` on the way.
package enum DecimalText {
    /// The number that the digits stand for; nil when there is none, another character, or more than 63 bits.
    package static func parse(_ text: RawSpan) -> Int64? {
        guard text.byteCount > 0 else { return nil }
        var value: Int64 = 0
        for index in 0..<text.byteCount {
            let byte = text.byte(at: index)
            guard byte.isDigit else { return nil }
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, sumOverflow) = product.addingReportingOverflow(Int64(byte - .digitZero))
            if overflow || sumOverflow { return nil }
            value = sum
        }
        return value
    }

    /// The most characters that a number has: 19 digits behind a minus.
    static let longest = 20

    /// Lends the digits, behind a minus when the number is negative.
    package static func withDigits<Result>(of value: Int64, _ body: (RawSpan) -> Result) -> Result {
        // From the last one on, as division gives them.
        var digits = InlineArray<20, UInt8>(repeating: .digitZero)
        var start = longest
        var rest = value.magnitude
        repeat {
            start -= 1
            digits[start] += UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        } while rest > 0
        if value < 0 {
            start -= 1
            digits[start] = .minus
        }
        return body(digits.span.bytes.extracting(start..<longest))
    }
}
