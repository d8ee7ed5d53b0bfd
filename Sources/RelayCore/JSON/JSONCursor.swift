/// A place in JSON bytes that moves over one token at a time.
struct JSONCursor {
    let strictness: JSONStrictness
    private(set) var position = 0

    init(strictness: JSONStrictness) {
        self.strictness = strictness
    }

    /// Moves over the byte if it comes next.
    mutating func take(_ byte: UInt8, _ bytes: RawSpan) -> Bool {
        guard position < bytes.byteCount, bytes.byte(at: position) == byte else { return false }
        position += 1
        return true
    }

    mutating func expect(_ byte: UInt8, _ bytes: RawSpan) throws(JSONProblem) {
        guard try next(bytes) == byte else { throw .syntax(at: position) }
        position += 1
    }

    mutating func skipByteOrderMark(_ bytes: RawSpan) {
        guard position + 3 <= bytes.byteCount,
            bytes.byte(at: position) == 0xEF,
            bytes.byte(at: position + 1) == 0xBB,
            bytes.byte(at: position + 2) == 0xBF
        else { return }
        position += 3
    }

    mutating func skipWhiteSpace(_ bytes: RawSpan) {
        while position < bytes.byteCount {
            switch bytes.byte(at: position) {
            case .space, .tab, .lineFeed, .carriageReturn: position += 1
            default: return
            }
        }
    }

    /// A member's name and the colon after it.
    mutating func memberName(_ bytes: RawSpan) throws(JSONProblem) -> JSONElement {
        skipWhiteSpace(bytes)
        try expect(.quote, bytes)
        let name = try stringText(bytes)
        skipWhiteSpace(bytes)
        try expect(.colon, bytes)
        return name
    }

    /// One value of any kind, white space before it skipped; `depth` is the number of containers around it.
    mutating func value(_ bytes: RawSpan, depth: Int) throws(JSONProblem) -> JSONElement {
        skipWhiteSpace(bytes)
        switch try next(bytes) {
        case .openingBrace: return try container(.object, bytes, depth: depth)
        case .openingBracket: return try container(.array, bytes, depth: depth)
        default: return try scalar(bytes)
        }
    }

    @inline(__always)
    private func next(_ bytes: RawSpan) throws(JSONProblem) -> UInt8 {
        guard position < bytes.byteCount else { throw .truncated }
        return bytes.byte(at: position)
    }

    /// An object or array with all that is in it.
    ///
    /// The bits of `kinds` are the open containers, the innermost lowest: 1 for an object, 0 for an array. 128 of them
    /// are as many as the depth limit allows.
    private mutating func container(
        _ kind: JSONKind,
        _ bytes: RawSpan,
        depth: Int
    ) throws(JSONProblem) -> JSONElement {
        let start = position
        var kinds: UInt128 = 0
        var level = depth
        repeat {
            skipWhiteSpace(bytes)
            // Whether a value has just ended, so that a comma or the end of its container comes next.
            var hasEnded: Bool
            switch try next(bytes) {
            case .openingBrace:
                hasEnded = try open(isObject: true, &kinds, &level, bytes)
            case .openingBracket:
                hasEnded = try open(isObject: false, &kinds, &level, bytes)
            default:
                _ = try scalar(bytes)
                hasEnded = true
            }
            while hasEnded, level > depth {
                skipWhiteSpace(bytes)
                let isObject = kinds & 1 == 1
                switch (try next(bytes), isObject) {
                case (.comma, true):
                    position += 1
                    _ = try memberName(bytes)
                    hasEnded = false
                case (.comma, false):
                    position += 1
                    hasEnded = false
                case (.closingBrace, true), (.closingBracket, false):
                    position += 1
                    kinds >>= 1
                    level -= 1
                default:
                    throw .syntax(at: position)
                }
            }
        } while level > depth
        return JSONElement(kind: kind, start: start, end: position, hasEscapes: false)
    }

    /// Enters a container, up to its first value; true if it is empty and so already left again.
    private mutating func open(
        isObject: Bool,
        _ kinds: inout UInt128,
        _ level: inout Int,
        _ bytes: RawSpan
    ) throws(JSONProblem) -> Bool {
        guard level < JSONScanner.depthLimit else { throw .tooDeep(at: position) }
        position += 1
        skipWhiteSpace(bytes)
        if take(isObject ? .closingBrace : .closingBracket, bytes) { return true }
        level += 1
        kinds = kinds << 1 | (isObject ? 1 : 0)
        if isObject { _ = try memberName(bytes) }
        return false
    }

    private mutating func scalar(_ bytes: RawSpan) throws(JSONProblem) -> JSONElement {
        switch try next(bytes) {
        case .quote:
            position += 1
            return try stringText(bytes)
        case UInt8(ascii: "t"): return try literal("true", .true, bytes)
        case UInt8(ascii: "f"): return try literal("false", .false, bytes)
        case UInt8(ascii: "n"): return try literal("null", .null, bytes)
        default: return try number(bytes)
        }
    }

    private mutating func literal(
        _ text: StaticString,
        _ kind: JSONKind,
        _ bytes: RawSpan
    ) throws(JSONProblem) -> JSONElement {
        let start = position
        for index in 0..<text.utf8CodeUnitCount {
            guard try next(bytes) == text.utf8Start[index] else { throw .syntax(at: position) }
            position += 1
        }
        return JSONElement(kind: kind, start: start, end: position, hasEscapes: false)
    }

    private mutating func number(_ bytes: RawSpan) throws(JSONProblem) -> JSONElement {
        let start = position
        _ = take(.minus, bytes)
        if !take(.digitZero, bytes) { try digits(bytes) }
        if take(.point, bytes) { try digits(bytes) }
        if take(UInt8(ascii: "e"), bytes) || take(UInt8(ascii: "E"), bytes) {
            if !take(.plus, bytes) { _ = take(.minus, bytes) }
            try digits(bytes)
        }
        return JSONElement(kind: .number, start: start, end: position, hasEscapes: false)
    }

    private mutating func digits(_ bytes: RawSpan) throws(JSONProblem) {
        guard try next(bytes).isDigit else { throw .syntax(at: position) }
        while position < bytes.byteCount, bytes.byte(at: position).isDigit { position += 1 }
    }

    /// A string's text and its closing quote; the opening one has been read.
    private mutating func stringText(_ bytes: RawSpan) throws(JSONProblem) -> JSONElement {
        // Two copies of the loop, so that neither asks at each word which one it is.
        switch strictness {
        case .strict: try stringText(bytes, isStrict: true)
        case .lenient: try stringText(bytes, isStrict: false)
        }
    }

    /// Eight bytes are looked at together. Where every quote stands behind a backslash and nothing else does, as in JSON that
    /// is a string within JSON, or where there is neither, they are done; else the first byte that is not plain is judged.
    @inline(__always)
    private mutating func stringText(_ bytes: RawSpan, isStrict: Bool) throws(JSONProblem) -> JSONElement {
        let start = position
        // Not zero once one was met.
        var backslashesSeen: UInt64 = 0
        // The high bit of the next byte, if the one before it is the backslash of an escape.
        var escaped: UInt64 = 0
        while true {
            if let word = bytes.word(at: position) {
                // A false hit of one test stands behind a true one, on a byte that is no hit of the other: it can only make the
                // two sides differ, and then the bytes are judged one by one.
                let quotes = word.highBits(where: .quote)
                let backslashes = word.highBits(where: .backslash)
                let foreign = isStrict ? word.highBitsOfControlCharacters | (word & .highBits) : 0
                if quotes == backslashes << 8 | escaped, foreign == 0 {
                    backslashesSeen |= backslashes
                    escaped = backslashes >> 56
                    position += 8
                    continue
                }
                if escaped == 0 { position += (quotes | backslashes | foreign).trailingZeroBitCount >> 3 }
            }
            if escaped != 0 {
                escaped = 0
                try escape(bytes)
                continue
            }
            switch try next(bytes) {
            case .quote:
                position += 1
                return JSONElement(kind: .string, start: start, end: position - 1, hasEscapes: backslashesSeen != 0)
            case .backslash:
                backslashesSeen = 1
                position += 1
                // A second one is most of what the words leave over: for that no call.
                if !take(.backslash, bytes) { try escape(bytes) }
            case 0x80... where isStrict:
                try multiByteCharacters(bytes)
            case 0..<0x20 where isStrict:
                throw .syntax(at: position)
            default:
                position += 1
            }
        }
    }

    /// A run of them: where there is one, mostly another follows.
    private mutating func multiByteCharacters(_ bytes: RawSpan) throws(JSONProblem) {
        repeat {
            guard let length = bytes.utf8SequenceLength(at: position) else { throw .syntax(at: position) }
            position += length
        } while position < bytes.byteCount && bytes.byte(at: position) >= 0x80
    }

    /// An escape behind its backslash.
    private mutating func escape(_ bytes: RawSpan) throws(JSONProblem) {
        switch try next(bytes) {
        case .quote, .backslash, .slash,
            UInt8(ascii: "b"), UInt8(ascii: "f"), UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            position += 1
        case UInt8(ascii: "u"):
            position += 1
            for _ in 0..<4 {
                guard try next(bytes).hexDigit != nil else { throw .syntax(at: position) }
                position += 1
            }
        case 0x80... where strictness == .lenient:
            // The backslash is the second byte of a GBK character, and this byte begins the next one.
            position += 1
        default:
            throw .syntax(at: position)
        }
    }
}
