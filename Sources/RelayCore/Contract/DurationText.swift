/// Durations as users write them: a whole number and a unit, `250ms`, `30s`, `5m`, `24h`.
package enum DurationText {
    /// The duration; nil for any other form, a sign, a fraction, or more milliseconds than 64 bits hold.
    package static func parse(_ text: RawSpan) -> Duration? {
        var digits = 0
        while digits < text.byteCount, text.byte(at: digits).isDigit { digits += 1 }
        guard let count = DecimalText.parse(text.extracting(0..<digits)),
            let unit = milliseconds(ofUnit: text.extracting(digits..<text.byteCount))
        else { return nil }
        let (total, overflow) = count.multipliedReportingOverflow(by: unit)
        return overflow ? nil : .milliseconds(total)
    }

    private static func milliseconds(ofUnit unit: RawSpan) -> Int64? {
        switch unit.byteCount {
        case 1:
            switch unit.byte(at: 0) {
            case UInt8(ascii: "s"): 1_000
            case UInt8(ascii: "m"): 60_000
            case UInt8(ascii: "h"): 3_600_000
            default: nil
            }
        case 2: unit.byte(at: 0) == UInt8(ascii: "m") && unit.byte(at: 1) == UInt8(ascii: "s") ? 1 : nil
        default: nil
        }
    }
}
