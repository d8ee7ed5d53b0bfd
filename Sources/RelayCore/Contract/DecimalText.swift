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

    /// Appends the number, with a minus when it is negative.
    package static func append(_ value: Int64, into bytes: inout [UInt8]) {
        if value < 0 { bytes.append(.minus) }
        var left = bytes.count
        var rest = value.magnitude
        repeat {
            bytes.append(.digitZero + UInt8(rest % 10))
            rest /= 10
        } while rest > 0
        var right = bytes.count - 1
        while left < right {
            bytes.swapAt(left, right)
            left += 1
            right -= 1
        }
    }
}
