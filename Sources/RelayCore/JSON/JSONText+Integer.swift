extension JSONText {
    /// The integer that a number or a string of decimal digits stands for, nil if it is none or needs more than 64 bits.
    ///
    /// Numbers are judged exactly, whatever their form: `0.0` is 0, `4.2001e4` is 42001, `0.5` and `1e30` are none. In a
    /// string there may be only digits with an optional minus, as in `"-1"` (`wechat.md`, rule 3).
    package static func integer(_ bytes: RawSpan, _ element: JSONElement) -> Int64? {
        switch element.kind {
        case .number:
            return integer(bytes.extracting(element.start..<element.end))
        case .string where element.hasEscapes:
            var text: [UInt8] = []
            unescape(bytes, element, into: &text)
            return decimalString(text.span.bytes)
        case .string:
            return decimalString(bytes.extracting(element.start..<element.end))
        default:
            return nil
        }
    }

    private static func decimalString(_ text: RawSpan) -> Int64? {
        let first = text.byteCount > 0 && text.byte(at: 0) == .minus ? 1 : 0
        guard text.byteCount > first else { return nil }
        for index in first..<text.byteCount where !text.byte(at: index).isDigit { return nil }
        return integer(text)
    }

    /// The value of a text with the form of a JSON number.
    ///
    /// Digits are added up negatively, because there is one negative number more than positive ones. Zeros wait until
    /// another digit follows them, so that `1000e-3` fits as well as 1 does.
    private static func integer(_ text: RawSpan) -> Int64? {
        var value: Int64 = 0
        var exponent = 0
        var zeros = 0
        var isFraction = false
        var index = text.byte(at: 0) == .minus ? 1 : 0
        let isNegative = index == 1
        while index < text.byteCount {
            let byte = text.byte(at: index)
            index += 1
            if byte == .point {
                isFraction = true
                continue
            }
            guard byte.isDigit else {
                exponent += writtenExponent(text, from: index)
                break
            }
            if isFraction { exponent -= 1 }
            if byte == .digitZero {
                zeros += value == 0 ? 0 : 1
                continue
            }
            guard let shifted = scaled(value, byTensOf: value == 0 ? 0 : zeros + 1) else { return nil }
            let (sum, overflow) = shifted.subtractingReportingOverflow(Int64(byte - .digitZero))
            guard !overflow else { return nil }
            (value, zeros) = (sum, 0)
        }
        if value == 0 { return 0 }
        exponent += zeros
        guard exponent >= 0, let result = scaled(value, byTensOf: exponent) else { return nil }
        if isNegative { return result }
        return result == .min ? nil : -result
    }

    private static func scaled(_ value: Int64, byTensOf count: Int) -> Int64? {
        // Twenty digits never fit.
        guard count < 20 else { return nil }
        var result = value
        for _ in 0..<count {
            let (product, overflow) = result.multipliedReportingOverflow(by: 10)
            guard !overflow else { return nil }
            result = product
        }
        return result
    }

    /// The number after the `e`, limited so far beyond any length of a text that its digits cannot make up for it.
    private static func writtenExponent(_ text: RawSpan, from start: Int) -> Int {
        let limit = 1 << 48
        var exponent = 0
        var isNegative = false
        for index in start..<text.byteCount {
            let byte = text.byte(at: index)
            if byte.isDigit {
                exponent = min(exponent * 10 + Int(byte - .digitZero), limit)
            } else {
                isNegative = byte == .minus
            }
        }
        return isNegative ? -exponent : exponent
    }
}
