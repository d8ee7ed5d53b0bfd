/// Masks tokens and secrets in text that others wrote, before it reaches a header, a log, a failure or a page.
package enum Redaction {
    private static let mask = "***"
    /// What a name ends with whose value is never shown: `access_token`, `component_access_token`, `appsecret` …
    private static let names: [[UInt8]] = ["access_token", "refresh_token", "secret"].map { Array($0.utf8) }
    private static let initials = names.compactMap(\.first)

    /// The text with `***` for the value in `access_token=…`, `"access_token":"…"` and the like, and for `secrets`.
    ///
    /// The names are found in any case, as a query item (percent-encoded too), a JSON member (in a quoted JSON text
    /// too), a header or a YAML line. A value goes on to its closing quote, else to `&`, `,`, white space, a quote or a
    /// bracket; one that is cut off at the end of the text is masked as well.
    package static func redact(_ text: String, secrets: [Secret] = []) -> String {
        let given = Array(text.utf8)
        // By bytes: a string's own search goes by characters, at the price of a whole refused call, and does not find a secret
        // behind which a combining mark stands.
        // The longest first: one may begin another.
        let hidden = secrets.map { Array($0.exposed.utf8) }.sorted { $0.count > $1.count }
        let bytes = hidden.reduce(given) { masking($1, in: $0) }
        var output: [UInt8] = []
        var copied = 0
        var position = 0
        while position < bytes.count {
            guard let value = value(bytes, at: position) else {
                position += 1
                continue
            }
            output += bytes[copied..<value.lowerBound]
            output += mask.utf8
            copied = value.upperBound
            position = value.upperBound
        }
        output += bytes[copied...]
        return output == given ? text : String(decoding: output, as: UTF8.self)
    }

    /// So much of a secret at the end of a text tells that the text was cut within it.
    private static let tellingByteCount = 8

    /// The text with the mask for each place of a secret, and for the beginning of one at its end.
    private static func masking(_ secret: [UInt8], in bytes: [UInt8]) -> [UInt8] {
        guard let first = secret.first else { return bytes }
        var output: [UInt8] = []
        var copied = 0
        var position = 0
        while position + secret.count <= bytes.count {
            guard bytes[position] == first, bytes[position...].starts(with: secret) else {
                position += 1
                continue
            }
            output += bytes[copied..<position]
            output += mask.utf8
            position += secret.count
            copied = position
        }
        var end = bytes.count
        for length in tellingByteCount..<max(tellingByteCount, secret.count)
        where bytes[copied...].count >= length && bytes.suffix(length).elementsEqual(secret.prefix(length)) {
            end = bytes.count - length
        }
        if copied == 0, end == bytes.count { return bytes }
        output += bytes[copied..<end]
        if end < bytes.count { output += mask.utf8 }
        return output
    }

    /// The value of a secret name that stands at `position`, nil if none stands there or its value is empty.
    private static func value(_ bytes: [UInt8], at position: Int) -> Range<Int>? {
        // Nearly no byte begins a name.
        guard initials.contains(bytes[position] | 0x20) else { return nil }
        guard let name = names.first(where: { stands($0, in: bytes, at: position) }) else { return nil }
        var start = position + name.count
        let isQuotedName = skipQuote(bytes, &start) != nil
        skipSpaces(bytes, &start)
        guard skipSeparator(bytes, &start, isQuotedName) else { return nil }
        skipSpaces(bytes, &start)
        let end: Int
        if let quote = skipQuote(bytes, &start) {
            end = endOfQuoted(bytes, from: start, quote)
        } else {
            end = endOfPlain(bytes, from: start)
        }
        return start < end ? start..<end : nil
    }

    private static func stands(_ name: [UInt8], in bytes: [UInt8], at position: Int) -> Bool {
        guard position + name.count <= bytes.count else { return false }
        // ASCII letters differ from their capitals in this one bit; `_` has no counterpart that matters.
        for index in name.indices where bytes[position + index] | 0x20 != name[index] | 0x20 { return false }
        return true
    }

    private static func skipSpaces(_ bytes: [UInt8], _ position: inout Int) {
        while position < bytes.count, bytes[position] == .space { position += 1 }
    }

    /// A quotation mark and the backslashes before it: a JSON text inside a JSON string has one, inside two it has three.
    private struct Quote {
        let byte: UInt8
        let backslashes: Int
    }

    private static func quote(_ bytes: [UInt8], at position: Int) -> Quote? {
        var mark = position
        while mark < bytes.count, bytes[mark] == .backslash { mark += 1 }
        guard mark < bytes.count, bytes[mark] == .quote || bytes[mark] == UInt8(ascii: "'") else { return nil }
        return Quote(byte: bytes[mark], backslashes: mark - position)
    }

    private static func skipQuote(_ bytes: [UInt8], _ position: inout Int) -> Quote? {
        guard let quote = quote(bytes, at: position) else { return nil }
        position += quote.backslashes + 1
        return quote
    }

    /// The next quote of the same kind; one with more backslashes belongs to the value.
    private static func endOfQuoted(_ bytes: [UInt8], from start: Int, _ opening: Quote) -> Int {
        var end = start
        while end < bytes.count {
            if let next = quote(bytes, at: end) {
                if next.byte == opening.byte, next.backslashes <= opening.backslashes { return end }
                end += next.backslashes
            }
            end += 1
        }
        return end
    }

    private static func endOfPlain(_ bytes: [UInt8], from start: Int) -> Int {
        var end = start
        while end < bytes.count {
            switch bytes[end] {
            case 0...0x20, .quote, UInt8(ascii: "'"), UInt8(ascii: "&"), .comma,
                UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: ")"), .closingBracket, .closingBrace:
                return end
            case .backslash where quote(bytes, at: end) != nil:
                return end
            default:
                end += 1
            }
        }
        return end
    }

    private static func skipSeparator(_ bytes: [UInt8], _ position: inout Int, _ isQuotedName: Bool) -> Bool {
        guard position < bytes.count else { return false }
        if bytes[position] == .colon || (!isQuotedName && bytes[position] == UInt8(ascii: "=")) {
            position += 1
            return true
        }
        if !isQuotedName, bytes[position...].starts(with: "%3D".utf8) || bytes[position...].starts(with: "%3d".utf8) {
            position += 3
            return true
        }
        return false
    }
}
