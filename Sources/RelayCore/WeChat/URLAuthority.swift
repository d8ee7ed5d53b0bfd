/// Host and port as a URL names them.
struct URLAuthority {
    /// A name or an address in lower case; an IPv6 address without its brackets.
    let host: String
    /// 1…65535; nil when the URL names none.
    let port: Int?

    init(_ text: Substring) throws(URLFlaw) {
        let name: Substring
        let tail: Substring
        let allowed: String
        if text.hasPrefix("["), let close = text.firstIndex(of: "]") {
            name = text[text.index(after: text.startIndex)..<close]
            tail = text[text.index(after: close)...]
            allowed = "0123456789abcdefABCDEF:."
        } else {
            name = text.prefix { $0 != ":" }
            tail = text.dropFirst(name.count)
            allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-"
        }
        guard !name.isEmpty, name.allSatisfy({ allowed.contains($0) }) else {
            throw URLFlaw(expected: "a URL with a host name or address")
        }
        host = name.lowercased()
        if tail.isEmpty {
            port = nil
        } else {
            guard tail.hasPrefix(":"), let number = Int(tail.dropFirst()), (1...65_535).contains(number) else {
                throw URLFlaw(expected: "a URL with a port from 1 to 65535")
            }
            port = number
        }
    }

    /// The host as it stands in a URL or a header: an IPv6 address in brackets.
    static func written(_ host: String) -> String { host.contains(":") ? "[\(host)]" : host }
}

/// Why a text is no URL of the kind that is wanted. It never holds the text, which may carry a password.
package struct URLFlaw: Error, Hashable, Sendable, CustomStringConvertible {
    /// What the text should have been, in words that follow "expected".
    package let expected: String

    package init(expected: String) {
        self.expected = expected
    }

    package var description: String { "expected \(expected)" }
}
