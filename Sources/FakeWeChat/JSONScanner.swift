/// Walks over JSON text and checks its grammar (RFC 8259), but not that strings are UTF-8.
struct JSONScanner {
    let bytes: [UInt8]
    private(set) var position: Int
    private let end: Int

    init(_ bytes: [UInt8], in range: Range<Int>) {
        self.bytes = bytes
        position = range.lowerBound
        end = range.upperBound
    }

    /// Whether all of the bytes are one JSON value.
    static func accepts(_ bytes: [UInt8]) -> Bool {
        var scanner = JSONScanner(bytes, in: 0..<bytes.count)
        return scanner.skipValue() != nil && scanner.isAtEnd
    }

    /// Whether only white space is left.
    var isAtEnd: Bool {
        mutating get {
            skipWhiteSpace()
            return position == end
        }
    }

    /// Takes this character if it comes next after white space.
    mutating func take(_ character: Unicode.Scalar) -> Bool {
        skipWhiteSpace()
        guard position < end, bytes[position] == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    /// The range of the next value, nil when there is none. Nested more than `depth` deep is refused.
    mutating func skipValue(depth: Int = 128) -> Range<Int>? {
        skipWhiteSpace()
        guard position < end, depth > 0 else { return nil }
        let start = position
        let complete =
            switch bytes[position] {
            case UInt8(ascii: "{"): skipList(closing: "}", depth: depth, named: true)
            case UInt8(ascii: "["): skipList(closing: "]", depth: depth, named: false)
            case UInt8(ascii: "\""): skipString()
            case UInt8(ascii: "t"): skipWord("true")
            case UInt8(ascii: "f"): skipWord("false")
            case UInt8(ascii: "n"): skipWord("null")
            default: skipNumber()
            }
        return complete ? start..<position : nil
    }

    private mutating func skipList(closing: Unicode.Scalar, depth: Int, named: Bool) -> Bool {
        position += 1
        if take(closing) { return true }
        repeat {
            if named {
                skipWhiteSpace()
                guard position < end, bytes[position] == UInt8(ascii: "\""), skipString(), take(":") else {
                    return false
                }
            }
            guard skipValue(depth: depth - 1) != nil else { return false }
        } while take(",")
        return take(closing)
    }

    private mutating func skipString() -> Bool {
        position += 1
        while position < end {
            let byte = bytes[position]
            position += 1
            switch byte {
            case UInt8(ascii: "\""): return true
            case 0..<0x20: return false
            case UInt8(ascii: "\\"):
                guard position < end else { return false }
                let escape = bytes[position]
                position += 1
                if escape == UInt8(ascii: "u") {
                    guard skipHexadecimal() else { return false }
                } else if !Self.escapes.contains(escape) {
                    return false
                }
            default: continue
            }
        }
        return false
    }

    private mutating func skipHexadecimal() -> Bool {
        guard position + 4 <= end else { return false }
        let digits = bytes[position..<position + 4]
        position += 4
        return digits.allSatisfy { Unicode.Scalar($0).properties.isASCIIHexDigit }
    }

    private mutating func skipNumber() -> Bool {
        takeIf(UInt8(ascii: "-"))
        if takeIf(UInt8(ascii: "0")) {
            // A zero stands alone.
        } else if !skipDigits() {
            return false
        }
        if takeIf(UInt8(ascii: ".")), !skipDigits() { return false }
        if takeIf(UInt8(ascii: "e")) || takeIf(UInt8(ascii: "E")) {
            if !takeIf(UInt8(ascii: "+")) { takeIf(UInt8(ascii: "-")) }
            return skipDigits()
        }
        return true
    }

    private mutating func skipDigits() -> Bool {
        let start = position
        while position < end, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[position]) { position += 1 }
        return position > start
    }

    @discardableResult
    private mutating func takeIf(_ byte: UInt8) -> Bool {
        guard position < end, bytes[position] == byte else { return false }
        position += 1
        return true
    }

    private mutating func skipWord(_ word: StaticString) -> Bool {
        for index in 0..<word.utf8CodeUnitCount {
            guard takeIf(word.withUTF8Buffer { $0[index] }) else { return false }
        }
        return true
    }

    private mutating func skipWhiteSpace() {
        while position < end {
            switch bytes[position] {
            case 0x20, 0x0A, 0x0D, 0x09: position += 1
            default: return
            }
        }
    }

    private static let escapes = Set("\"\\/bfnrt".utf8)
}
