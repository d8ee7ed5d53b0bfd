extension AnswerParser {
    /// Where within a chunked body the reader stands (RFC 9112 §7.1).
    enum ChunkPhase: Equatable {
        case size(value: Int, digits: Int)
        /// Behind a size: an extension, which means nothing here, up to the line's end.
        case sizeLineEnd(size: Int)
        case data(remaining: Int)
        /// At the line end that belongs to a chunk's bytes.
        case dataEnd
        case dataLineFeed
        /// In the trailer, whose fields mean nothing here.
        case trailer(isLineEmpty: Bool)
    }

    /// Reads as much as there is; the phase to go on with, or nil at the end of the body.
    mutating func readChunks(
        _ bytes: UnsafeRawBufferPointer,
        _ position: inout Int,
        from start: ChunkPhase
    ) throws(AnswerProblem) -> ChunkPhase? {
        var phase = start
        while position < bytes.count {
            if case .data(let remaining) = phase {
                let count = min(remaining, bytes.count - position)
                body.append(contentsOf: bytes[position..<position + count])
                position += count
                phase = count == remaining ? .dataEnd : .data(remaining: remaining - count)
            } else {
                guard let next = try phaseAfter(bytes[position], in: phase) else {
                    position += 1
                    return nil
                }
                position += 1
                phase = next
            }
        }
        return phase
    }

    /// The phase that one byte outside of a chunk's data leads to; nil at the end of the body.
    private mutating func phaseAfter(_ byte: UInt8, in phase: ChunkPhase) throws(AnswerProblem) -> ChunkPhase? {
        let isLineFeed = byte == AnswerHead.lineFeed
        switch phase {
        case .size(let value, let digits):
            if let digit = AnswerParser.hexDigit(byte) {
                guard digits < 15 else { throw .malformed("a chunk size of more than 15 digits") }
                return .size(value: value << 4 | digit, digits: digits + 1)
            }
            guard digits > 0 else { throw .malformed("a chunk without a size") }
            guard value <= bodyByteLimit - body.count else { throw tooLarge }
            if isLineFeed { return AnswerParser.phase(afterSize: value) }
            guard byte == AnswerHead.carriageReturn || byte == UInt8(ascii: ";") || byte == 0x20 || byte == 0x09 else {
                throw .malformed("a chunk size that is no number")
            }
            return .sizeLineEnd(size: value)
        case .sizeLineEnd(let size):
            if isLineFeed { return AnswerParser.phase(afterSize: size) }
            try countOverhead()
            return phase
        case .dataEnd:
            if isLineFeed { return .size(value: 0, digits: 0) }
            guard byte == AnswerHead.carriageReturn else { throw .malformed("a chunk is longer than its size") }
            return .dataLineFeed
        case .dataLineFeed:
            guard isLineFeed else { throw .malformed("a chunk is longer than its size") }
            return .size(value: 0, digits: 0)
        case .trailer(let isLineEmpty):
            if isLineFeed { return isLineEmpty ? nil : .trailer(isLineEmpty: true) }
            try countOverhead()
            return .trailer(isLineEmpty: isLineEmpty && byte == AnswerHead.carriageReturn)
        case .data:
            preconditionFailure("the bytes of a chunk are read as one range")
        }
    }

    private mutating func countOverhead() throws(AnswerProblem) {
        overheadByteCount += 1
        guard overheadByteCount <= AnswerParser.headByteLimit else { throw headTooLarge }
    }

    private static func phase(afterSize size: Int) -> ChunkPhase {
        size == 0 ? .trailer(isLineEmpty: true) : .data(remaining: size)
    }

    private static func hexDigit(_ byte: UInt8) -> Int? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): Int(byte - UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): Int(byte - UInt8(ascii: "a")) + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): Int(byte - UInt8(ascii: "A")) + 10
        default: nil
        }
    }
}
