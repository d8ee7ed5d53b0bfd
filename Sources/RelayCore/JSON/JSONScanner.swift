/// What a JSON value is.
package enum JSONKind: Hashable, Sendable {
    case object, array, string, number, `true`, `false`, null
}

/// A value's place in the scanned bytes.
///
/// For a string, `start..<end` is the text between the quotes; for every other kind, the whole value.
package struct JSONElement: Hashable, Sendable {
    package let kind: JSONKind
    /// Offset of the first byte.
    package let start: Int
    /// Offset after the last byte.
    package let end: Int
    /// Whether the text holds a backslash: without one its bytes are the string itself.
    package let hasEscapes: Bool

    package init(kind: JSONKind, start: Int, end: Int, hasEscapes: Bool) {
        self.kind = kind
        self.start = start
        self.end = end
        self.hasEscapes = hasEscapes
    }
}

/// How strings are read; everything else is RFC 8259 in both ways.
package enum JSONStrictness: Hashable, Sendable {
    /// RFC 8259: no raw control characters, UTF-8 only.
    case strict
    /// As WeChat's host writes: raw control characters and bytes that are no UTF-8 pass unchanged (`wechat.md`, rule 4).
    case lenient
}

/// Why bytes are not the JSON that was asked for, with the offset of the byte at fault.
package enum JSONProblem: Error, Hashable, Sendable {
    /// Something else than an object, or nothing at all.
    case notAnObject(at: Int)
    case syntax(at: Int)
    /// More than `JSONScanner.depthLimit` levels.
    case tooDeep(at: Int)
    /// The bytes end inside the value.
    case truncated
}

/// Where a scanned object lies.
package struct JSONObjectPlace: Hashable, Sendable {
    /// Offset of the opening brace.
    package let open: Int
    /// Offset of the closing brace.
    package let close: Int
    package let isEmpty: Bool

    package init(open: Int, close: Int, isEmpty: Bool) {
        self.open = open
        self.close = close
        self.isEmpty = isEmpty
    }
}

/// Finds the members of one JSON object without decoding them.
///
/// It makes no copy and allocates nothing. Nesting costs a counter and one bit a level, never the stack.
package enum JSONScanner {
    /// Levels of nesting that are read, the outermost value being the first.
    package static let depthLimit = 128

    /// Calls `member` for each top-level member of the one object that the bytes hold, in their order, repeated ones too.
    ///
    /// A byte-order mark before the object and white space around it are skipped; anything else after it is a problem.
    /// Members that stand before a problem have been handed out when it is thrown.
    @discardableResult
    package static func scanObject(
        _ bytes: RawSpan,
        _ strictness: JSONStrictness,
        _ member: (_ name: JSONElement, _ value: JSONElement) -> Void
    ) throws(JSONProblem) -> JSONObjectPlace {
        var cursor = JSONCursor(strictness: strictness)
        cursor.skipByteOrderMark(bytes)
        cursor.skipWhiteSpace(bytes)
        let open = cursor.position
        guard cursor.take(.openingBrace, bytes) else { throw .notAnObject(at: open) }
        cursor.skipWhiteSpace(bytes)
        let isEmpty = cursor.take(.closingBrace, bytes)
        if !isEmpty {
            repeat {
                let name = try cursor.memberName(bytes)
                let value = try cursor.value(bytes, depth: 1)
                member(name, value)
                cursor.skipWhiteSpace(bytes)
            } while cursor.take(.comma, bytes)
            try cursor.expect(.closingBrace, bytes)
        }
        let close = cursor.position - 1
        cursor.skipWhiteSpace(bytes)
        guard cursor.position == bytes.byteCount else { throw .syntax(at: cursor.position) }
        return JSONObjectPlace(open: open, close: close, isEmpty: isEmpty)
    }

    /// Whether the bytes are one JSON value of any kind by RFC 8259, with white space around it.
    ///
    /// A byte-order mark makes it false: RFC 8259 forbids senders to add one, and receivers may refuse it.
    /// An escaped lone surrogate (`"\ud800"`) is within the grammar and makes it true.
    package static func isValid(_ bytes: RawSpan) -> Bool {
        var cursor = JSONCursor(strictness: .strict)
        do {
            _ = try cursor.value(bytes, depth: 0)
        } catch {
            return false
        }
        cursor.skipWhiteSpace(bytes)
        return cursor.position == bytes.byteCount
    }
}
