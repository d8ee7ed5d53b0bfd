/// Base64 with padding (RFC 4648, section 4), for bytes that a JSON text cannot carry.
enum Base64 {
    static func append(_ bytes: RawSpan, into output: inout [UInt8]) {
        var position = 0
        while position < bytes.byteCount {
            let count = min(3, bytes.byteCount - position)
            var group: UInt32 = 0
            for index in 0..<3 {
                group = group << 8 | (index < count ? UInt32(bytes.byte(at: position + index)) : 0)
            }
            for index in 0..<4 {
                output.append(index <= count ? digit(group >> (18 - 6 * UInt32(index)) & 0x3F) : UInt8(ascii: "="))
            }
            position += 3
        }
    }

    private static func digit(_ value: UInt32) -> UInt8 {
        let value = UInt8(truncatingIfNeeded: value)
        switch value {
        case 0..<26: return UInt8(ascii: "A") + value
        case 26..<52: return UInt8(ascii: "a") + value - 26
        case 52..<62: return UInt8(ascii: "0") + value - 52
        case 62: return UInt8(ascii: "+")
        default: return UInt8(ascii: "/")
        }
    }
}
