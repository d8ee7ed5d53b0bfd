/// What somebody who hands tokens on wrote down: a token service's answer or a token file.
///
/// It is a JSON object with the token at a path, or the token alone as plain text.
package enum TokenText: Hashable, Sendable {
    /// `expiresIn` stands beside the token in the same object; nil when it does not, or is no whole number.
    case token(Secret, expiresIn: Duration?)
    /// Nothing but white space: not written yet.
    case blank
    /// Something else, in words that follow "it is" or "it has". They never hold a value of the text.
    case foreign(String)

    /// Members that are named when none of them is the one that was looked for, and how much of each name.
    private static let namesShown = 8
    private static let nameLimit = 32

    /// Reads the text.
    ///
    /// - Parameters:
    ///   - bytes: The whole text; a byte-order mark and white space around it are skipped.
    ///   - path: Where the token stands in a JSON object. Nil: at `access_token`, and what is no object is the token
    ///     itself, in quotes or not.
    /// - Returns: What stands there.
    package static func read(_ bytes: RawSpan, at path: TokenPath?) -> TokenText {
        let text = bytes.extracting(trimmed(bytes))
        guard text.byteCount > 0 else { return .blank }
        switch text.byte(at: 0) {
        case .openingBrace: return member(of: text, at: path ?? .accessToken)
        case UInt8(ascii: "<"): return .foreign("an HTML page")
        default:
            if let path { return .foreign("no JSON object, so nothing stands at '\(path)'") }
            return plain(text)
        }
    }

    /// Where the text lies without what is around it.
    static func trimmed(_ bytes: RawSpan) -> Range<Int> {
        var cursor = JSONCursor(strictness: .lenient)
        cursor.skipByteOrderMark(bytes)
        cursor.skipWhiteSpace(bytes)
        var end = bytes.byteCount
        while end > cursor.position, bytes.byte(at: end - 1) <= .space { end -= 1 }
        return cursor.position..<end
    }

    private static func plain(_ text: RawSpan) -> TokenText {
        var word = text
        if word.byteCount > 1, word.byte(at: 0) == .quote, word.byte(at: word.byteCount - 1) == .quote {
            word = word.extracting(1..<word.byteCount - 1)
        }
        for position in 0..<word.byteCount {
            // An error page in words has spaces between them; a token of WeChat has letters, digits, `-` and `_`.
            guard (0x21..<0x7F).contains(word.byte(at: position)), word.byte(at: position) != .quote else {
                return .foreign("\(text.byteCount) bytes that are neither JSON nor one word")
            }
        }
        return token(word.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }, expiresIn: nil)
    }

    private static func token(_ value: String, expiresIn: Duration?) -> TokenText {
        let length = value.unicodeScalars.count
        guard (1...TokenAnswer.tokenLimit).contains(length) else {
            return .foreign("a token of \(length) characters, and WeChat's have 1 to \(TokenAnswer.tokenLimit)")
        }
        return .token(Secret(value), expiresIn: expiresIn)
    }

    private static func member(of text: RawSpan, at path: TokenPath) -> TokenText {
        var object = text
        for (index, name) in path.names.enumerated() {
            let members: Members
            do throws(JSONProblem) {
                members = try Members(object, name)
            } catch {
                return .foreign("a broken JSON object")
            }
            let place = path.names[...index].joined(separator: ".")
            guard let value = members.value else {
                return .foreign("a JSON object without '\(place)'\(members.words)")
            }
            if index == path.names.count - 1 {
                guard value.kind == .string else { return .foreign("a JSON object whose '\(place)' is no string") }
                let life = members.expiresIn.flatMap { JSONText.integer(object, $0) }
                // One that has just ended is asked for again as soon as one may.
                return token(JSONText.string(object, value), expiresIn: life.map { .seconds(max(1, $0)) })
            }
            guard value.kind == .object else { return .foreign("a JSON object whose '\(place)' is no object") }
            object = object.extracting(value.start..<value.end)
        }
        return .foreign("a JSON object without '\(path)'")
    }

    /// The members of one object that matter here; of repeated ones the last.
    private struct Members {
        private(set) var value: JSONElement?
        private(set) var expiresIn: JSONElement?
        private var names: [String] = []
        private var count = 0

        init(_ object: RawSpan, _ wanted: String) throws(JSONProblem) {
            var members = Members()
            try JSONScanner.scanObject(object, .lenient) { name, value in
                let text = JSONText.string(object, name)
                if text == wanted { members.value = value }
                if text == "expires_in" { members.expiresIn = value }
                members.count += 1
                if members.count <= TokenText.namesShown { members.names.append(Self.shown(text)) }
            }
            self = members
        }

        private init() {}

        /// What is there instead.
        var words: String {
            if names.isEmpty { return ": it is empty" }
            return "; it has " + names.joined(separator: ", ") + (count > names.count ? ", …" : "")
        }

        private static func shown(_ name: String) -> String {
            let bytes = Array(name.utf8)
            return UntrustedText.shown(bytes.span.bytes, limit: TokenText.nameLimit)
        }
    }
}
