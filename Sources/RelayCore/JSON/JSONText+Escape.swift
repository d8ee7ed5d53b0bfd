extension JSONText {
    /// Appends the text as the content of a JSON string, without the quotes.
    package static func appendEscaped(_ text: String.UTF8View, into output: inout [UInt8]) {
        appendEscaped(text.span.bytes, into: &output)
    }

    /// Appends the bytes as the content of a JSON string, without the quotes.
    ///
    /// The result is valid UTF-8 whatever the bytes are: what is no character becomes U+FFFD.
    package static func appendEscaped(_ text: RawSpan, into output: inout [UInt8]) {
        var start = 0
        var position = 0
        while position < text.byteCount {
            if let word = text.word(at: position) {
                let hits =
                    word.highBits(where: .quote) | word.highBits(where: .backslash)
                    | word.highBitsOfControlCharacters | (word & .highBits)
                guard hits != 0 else {
                    position += 8
                    continue
                }
                position += hits.trailingZeroBitCount >> 3
            }
            let byte = text.byte(at: position)
            if byte >= 0x80 {
                guard let length = text.utf8SequenceLength(at: position) else {
                    append(text, start..<position, into: &output)
                    let rest = text.extracting(position..<text.byteCount)
                    let repaired = rest.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
                    return appendEscaped(repaired.utf8, into: &output)
                }
                position += length
                continue
            }
            position += 1
            guard byte == .quote || byte == .backslash || byte < 0x20 else { continue }
            append(text, start..<position - 1, into: &output)
            appendEscape(of: byte, into: &output)
            start = position
        }
        append(text, start..<text.byteCount, into: &output)
    }

    private static func append(_ text: RawSpan, _ range: Range<Int>, into output: inout [UInt8]) {
        text.extracting(range).withUnsafeBytes { output.append(contentsOf: $0) }
    }

    private static func appendEscape(of byte: UInt8, into output: inout [UInt8]) {
        output.append(.backslash)
        switch byte {
        case .quote, .backslash: output.append(byte)
        case 0x08: output.append(UInt8(ascii: "b"))
        case .tab: output.append(UInt8(ascii: "t"))
        case .lineFeed: output.append(UInt8(ascii: "n"))
        case 0x0C: output.append(UInt8(ascii: "f"))
        case .carriageReturn: output.append(UInt8(ascii: "r"))
        default:
            output.append(contentsOf: "u00".utf8)
            output.append(.digitZero + byte >> 4)
            output.append(byte & 0xF < 10 ? .digitZero + byte & 0xF : UInt8(ascii: "a") + byte & 0xF - 10)
        }
    }
}
