/// Reads and writes the text of scanned elements.
package enum JSONText {
    /// Appends the string's text to `output` with its escapes undone.
    ///
    /// A surrogate without its partner becomes U+FFFD; bytes that are no UTF-8 pass unchanged. A string without escapes
    /// is one bulk copy.
    package static func unescape(_ bytes: RawSpan, _ element: JSONElement, into output: inout [UInt8]) {
        let text = bytes.extracting(element.start..<element.end)
        guard element.hasEscapes else {
            text.withUnsafeBytes { output.append(contentsOf: $0) }
            return
        }
        // No escape is shorter than what it stands for.
        output.append(addingCapacity: text.byteCount) { span in
            span.withUnsafeMutableBufferPointer { buffer, count in
                count = unescape(text, to: UnsafeMutableRawBufferPointer(buffer))
            }
        }
    }

    /// Undoes the string's escapes where it stands, as `unescape(_:_:into:)` would. Where there are some, what lies before it is
    /// overwritten: eight bytes at least, as a member's name with its quotes is.
    ///
    /// - Returns: where the text is now.
    package static func unescape(_ element: JSONElement, in bytes: inout [UInt8]) -> Range<Int> {
        guard element.hasEscapes else { return element.start..<element.end }
        // Whole words are stored: as far behind, none of them reaches what is still to be read.
        let start = element.start - 8
        precondition(start >= 0, "a string with less than eight bytes before it")
        let count = bytes.withUnsafeMutableBytes { bytes in
            let text = RawSpan(_unsafeBytes: UnsafeRawBufferPointer(rebasing: bytes[element.start..<element.end]))
            return unescape(text, to: UnsafeMutableRawBufferPointer(rebasing: bytes[start..<element.end]))
        }
        return start..<start + count
    }

    /// Whether a name or string means this ASCII text; no other kind of value does.
    ///
    /// Where it is used the text is known: there it becomes a comparison of the length, then one for each letter.
    @inline(__always)
    package static func equals(_ bytes: RawSpan, _ element: JSONElement, _ ascii: StaticString) -> Bool {
        guard element.kind == .string else { return false }
        guard !element.hasEscapes else { return escapedEquals(bytes, element, ascii) }
        guard element.end - element.start == ascii.utf8CodeUnitCount else { return false }
        return holds(bytes.extracting(element.start..<element.end), ascii)
    }

    private static func escapedEquals(_ bytes: RawSpan, _ element: JSONElement, _ ascii: StaticString) -> Bool {
        var text: [UInt8] = []
        unescape(bytes, element, into: &text)
        return text.count == ascii.utf8CodeUnitCount && holds(text.span.bytes, ascii)
    }

    @inline(__always)
    private static func holds(_ text: RawSpan, _ ascii: StaticString) -> Bool {
        let own = ascii.utf8Start
        for index in 0..<ascii.utf8CodeUnitCount where text.byte(at: index) != own[index] { return false }
        return true
    }

    /// The string with its escapes undone and bytes that are no UTF-8 replaced by U+FFFD; for any other kind, the
    /// value as it is written.
    package static func string(_ bytes: RawSpan, _ element: JSONElement) -> String {
        guard element.hasEscapes else {
            return bytes.extracting(element.start..<element.end).withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
        }
        var text: [UInt8] = []
        unescape(bytes, element, into: &text)
        return String(decoding: text, as: UTF8.self)
    }

    /// Writes the text with its escapes undone to `target`, which has as much room, and returns the length.
    private static func unescape(_ text: RawSpan, to target: UnsafeMutableRawBufferPointer) -> Int {
        // No more is ever written than was read, so this is the check of all stores.
        precondition(target.count >= text.byteCount, "\(target.count) bytes of room for \(text.byteCount)")
        guard let start = target.baseAddress else { return 0 }
        var end = start
        // Each load checks it, so it is added to without a check of its own.
        var read = 0
        while true {
            if let word = text.word(at: read) {
                // All eight are stored, though only those before the escape count.
                end.storeBytes(of: word.littleEndian, as: UInt64.self)
                let hits = word.highBits(where: .backslash)
                guard hits != 0 else {
                    read &+= 8
                    end += 8
                    continue
                }
                read &+= hits.trailingZeroBitCount >> 3
                end += hits.trailingZeroBitCount >> 3
            } else if read == text.byteCount {
                return end - start
            } else if text.byte(at: read) != .backslash {
                end.storeBytes(of: text.byte(at: read), as: UInt8.self)
                read &+= 1
                end += 1
                continue
            }
            // The scanner has seen to it that the escape is whole.
            let letter = text.byte(at: read &+ 1)
            if letter <= .backslash {
                // A quote, a backslash or a slash stands for itself: most escapes are one of them.
                end.storeBytes(of: letter, as: UInt8.self)
                read &+= 2
                end += 1
            } else if letter == UInt8(ascii: "u") {
                let (scalar, length) = scalar(text, at: read)
                read &+= length
                end += store(scalar, at: end)
            } else {
                if letter >= 0x80 {
                    // Two bytes of GBK text (see `JSONCursor.escape`).
                    end.storeBytes(of: .backslash, as: UInt8.self)
                    end += 1
                }
                end.storeBytes(of: meaning(of: letter), as: UInt8.self)
                read &+= 2
                end += 1
            }
        }
    }

    /// What the byte after a backslash stands for: itself, if it is none of the letters.
    private static func meaning(of letter: UInt8) -> UInt8 {
        switch letter {
        case UInt8(ascii: "b"): 0x08
        case UInt8(ascii: "f"): 0x0C
        case UInt8(ascii: "n"): .lineFeed
        case UInt8(ascii: "r"): .carriageReturn
        case UInt8(ascii: "t"): .tab
        default: letter
        }
    }

    /// The character of one `\uXXXX`, or of two that are a surrogate pair, and the length of what was read.
    private static func scalar(_ text: RawSpan, at offset: Int) -> (scalar: UInt32, length: Int) {
        let first = codeUnit(text, offset + 2)
        guard first & 0xF800 == 0xD800 else { return (first, 6) }
        let next = offset + 6
        guard first < 0xDC00, next + 6 <= text.byteCount,
            text.byte(at: next) == .backslash, text.byte(at: next + 1) == UInt8(ascii: "u")
        else { return (0xFFFD, 6) }
        let second = codeUnit(text, next + 2)
        guard second & 0xFC00 == 0xDC00 else { return (0xFFFD, 6) }
        return (0x1_0000 + ((first & 0x3FF) << 10 | (second & 0x3FF)), 12)
    }

    private static func codeUnit(_ text: RawSpan, _ offset: Int) -> UInt32 {
        var value: UInt32 = 0
        for index in offset..<offset + 4 {
            value = value << 4 | UInt32(text.byte(at: index).hexDigit ?? 0)
        }
        return value
    }

    /// Stores the character as UTF-8 and returns its length.
    private static func store(_ scalar: UInt32, at target: UnsafeMutableRawPointer) -> Int {
        if scalar < 0x80 {
            target.storeBytes(of: UInt8(truncatingIfNeeded: scalar), as: UInt8.self)
            return 1
        }
        let length = scalar < 0x800 ? 2 : scalar < 0x1_0000 ? 3 : 4
        let lead: UInt32 = length == 2 ? 0xC0 : length == 3 ? 0xE0 : 0xF0
        target.storeBytes(of: UInt8(truncatingIfNeeded: lead | scalar >> (6 * UInt32(length - 1))), as: UInt8.self)
        for index in 1..<length {
            let bits = scalar >> (6 * UInt32(length - 1 - index)) & 0x3F
            target.storeBytes(of: UInt8(truncatingIfNeeded: 0x80 | bits), toByteOffset: index, as: UInt8.self)
        }
        return length
    }
}
