/// One HTTP request as the rules see it.
package struct WeChatRequest: Hashable, Sendable {
    package var method: String
    /// Without the query.
    package var path: String
    /// Percent-decoded; the first of repeated names counts.
    package var query: [String: String]
    /// Whether a `Content-Length` came with it; WeChat refuses chunked bodies.
    package var statesLength: Bool
    package var body: [UInt8]
    /// The caller's IP address, which an answer 40164 names.
    package var peer: String

    /// `target` is what stands in the request line.
    package init(method: String, target: String, statesLength: Bool, body: [UInt8], peer: String) {
        self.method = method
        let parts = target.utf8.split(separator: UInt8(ascii: "?"), maxSplits: 1, omittingEmptySubsequences: false)
        path = String(Substring(parts[0]))
        query = parts.count > 1 ? Self.parsed(parts[1]) : [:]
        self.statesLength = statesLength
        self.body = body
        self.peer = peer
    }

    /// Works on UTF-8 code units: splitting by characters took a tenth of a call's time.
    private static func parsed(_ text: Substring.UTF8View) -> [String: String] {
        var query: [String: String] = [:]
        for pair in text.split(separator: UInt8(ascii: "&")) {
            let sides = pair.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            let name = decoded(sides[0])
            if query[name] == nil { query[name] = sides.count > 1 ? decoded(sides[1]) : "" }
        }
        return query
    }

    /// An escape that is none stays as it is.
    private static func decoded(_ text: Substring.UTF8View) -> String {
        guard text.contains(UInt8(ascii: "%")) else { return String(Substring(text)) }
        var output: [UInt8] = []
        var rest = text
        while let byte = rest.popFirst() {
            let digits = rest.prefix(2)
            if byte == UInt8(ascii: "%"), digits.count == 2, let value = UInt8(Substring(digits), radix: 16) {
                output.append(value)
                rest = rest.dropFirst(2)
            } else {
                output.append(byte)
            }
        }
        return String(decoding: output, as: UTF8.self)
    }
}
