extension UInt8 {
    static let tab: UInt8 = 0x09
    static let lineFeed: UInt8 = 0x0A
    static let carriageReturn: UInt8 = 0x0D
    static let space: UInt8 = 0x20
    static let quote = UInt8(ascii: "\"")
    static let plus = UInt8(ascii: "+")
    static let comma = UInt8(ascii: ",")
    static let minus = UInt8(ascii: "-")
    static let point = UInt8(ascii: ".")
    static let slash = UInt8(ascii: "/")
    static let digitZero = UInt8(ascii: "0")
    static let colon = UInt8(ascii: ":")
    static let openingBracket = UInt8(ascii: "[")
    static let backslash = UInt8(ascii: "\\")
    static let closingBracket = UInt8(ascii: "]")
    static let openingBrace = UInt8(ascii: "{")
    static let closingBrace = UInt8(ascii: "}")

    var isDigit: Bool { self &- .digitZero < 10 }

    /// The value of an ASCII hexadecimal digit, nil for any other byte.
    var hexDigit: UInt8? {
        if isDigit { return self - .digitZero }
        // Capitals differ from small letters in this one bit.
        let letter = (self | 0x20) &- UInt8(ascii: "a")
        return letter < 6 ? letter + 10 : nil
    }
}

/// Tests of eight bytes at once. The lowest high bit that a test sets is exact; those above it may be false hits.
extension UInt64 {
    static let highBits: UInt64 = 0x8080_8080_8080_8080
    private static let lowBits: UInt64 = 0x0101_0101_0101_0101

    /// The high bit of each byte that equals `byte`.
    func highBits(where byte: UInt8) -> UInt64 {
        let difference = self ^ (UInt64.lowBits &* UInt64(byte))
        return (difference &- UInt64.lowBits) & ~difference & .highBits
    }

    /// The high bit of each byte below 0x20.
    var highBitsOfControlCharacters: UInt64 {
        (self &- UInt64.lowBits &* 0x20) & ~self & .highBits
    }
}

/// Scans spend their time in these loads. Offsets are compared as unsigned numbers, so that one comparison checks both ends
/// where the span's own loads need three.
extension RawSpan {
    @inline(__always)
    func byte(at offset: Int) -> UInt8 {
        precondition(UInt(bitPattern: offset) < UInt(bitPattern: byteCount), "byte \(offset) of \(byteCount)")
        return unsafeLoad(fromUncheckedByteOffset: offset, as: UInt8.self)
    }

    /// The eight bytes from `offset`, the first one lowest; nil where fewer are left.
    @inline(__always)
    func word(at offset: Int) -> UInt64? {
        guard UInt(bitPattern: offset) < UInt(bitPattern: max(byteCount - 7, 0)) else { return nil }
        return UInt64(littleEndian: unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: UInt64.self))
    }

    /// The length of the multi-byte UTF-8 character at `offset`, nil if it is not well formed (Unicode, table 3-7).
    @inline(__always)
    func utf8SequenceLength(at offset: Int) -> Int? {
        let lead = byte(at: offset)
        let length: Int
        var second: ClosedRange<UInt8> = 0x80...0xBF
        switch lead {
        case 0xC2...0xDF: length = 2
        case 0xE0: (length, second) = (3, 0xA0...0xBF)
        case 0xED: (length, second) = (3, 0x80...0x9F)
        case 0xE1...0xEF: length = 3
        case 0xF0: (length, second) = (4, 0x90...0xBF)
        case 0xF4: (length, second) = (4, 0x80...0x8F)
        case 0xF1...0xF3: length = 4
        default: return nil
        }
        guard offset + length <= byteCount, second.contains(byte(at: offset + 1)) else { return nil }
        for next in offset + 2..<offset + length where byte(at: next) & 0xC0 != 0x80 { return nil }
        return length
    }
}
