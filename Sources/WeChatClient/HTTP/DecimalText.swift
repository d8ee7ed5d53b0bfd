/// Decimal numbers as HTTP headers write them: digits only, no sign, no space.
enum DecimalText {
    /// The number, or nil when a byte is no digit, none is there, or it does not fit.
    static func value(_ text: UnsafeRawBufferPointer) -> Int64? {
        guard !text.isEmpty else { return nil }
        var value: Int64 = 0
        for byte in text {
            guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { return nil }
            let (product, productOverflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, sumOverflow) = product.addingReportingOverflow(Int64(byte - UInt8(ascii: "0")))
            guard !productOverflow, !sumOverflow else { return nil }
            value = sum
        }
        return value
    }
}
