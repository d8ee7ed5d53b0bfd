/// Where an app's WeChat API is: scheme, host, port and the path that stands before `/tcb/…` and `/cgi-bin/…`.
package struct BaseURL: Hashable, Sendable, CustomStringConvertible {
    package enum Scheme: String, Hashable, Sendable {
        case http, https
    }

    /// Why a text is no base URL, in words that follow "expected".
    struct Flaw: Error {
        let expected: String
    }

    package let scheme: Scheme
    /// A name or an address; an IPv6 address without its brackets.
    package let host: String
    /// 1…65535; 443 or 80 when the URL names none.
    package let port: Int
    /// Empty, or begins with `/` and does not end with it.
    package let path: String

    /// What goes into the `Host` header: the host, in brackets when it is an IPv6 address, and a port that is not the
    /// scheme's own.
    package var authority: String {
        let name = host.contains(":") ? "[\(host)]" : host
        return port == Self.port(of: scheme) ? name : "\(name):\(port)"
    }

    package var description: String { "\(scheme.rawValue)://\(authority)\(path)" }

    /// Whether the host is this machine, by its name or address.
    package var isLoopback: Bool {
        host == "localhost" || host == "::1"
            || (host.hasPrefix("127.") && host.allSatisfy { "0123456789.".contains($0) })
    }

    init(_ text: String) throws(Flaw) {
        guard let (schemeText, rest) = Self.halves(of: text, at: "://"),
            let scheme = Scheme(rawValue: schemeText.lowercased())
        else { throw Flaw(expected: "a URL that begins with https:// or http://") }
        guard rest.unicodeScalars.allSatisfy({ $0.value > 0x20 && $0.value < 0x7F }),
            !rest.contains(where: { "?#@\\".contains($0) })
        else { throw Flaw(expected: "a URL of scheme, host, port and path only") }
        let authority = rest.prefix { $0 != "/" }
        var path = rest.dropFirst(authority.count)
        while path.hasSuffix("/") { path.removeLast() }
        let (host, port) = try Self.hostAndPort(authority)
        self.scheme = scheme
        self.host = host.lowercased()
        self.port = port ?? Self.port(of: scheme)
        self.path = String(path)
    }

    private static func hostAndPort(_ authority: Substring) throws(Flaw) -> (host: Substring, port: Int?) {
        let host: Substring
        let tail: Substring
        let allowed: String
        if authority.hasPrefix("["), let close = authority.firstIndex(of: "]") {
            host = authority[authority.index(after: authority.startIndex)..<close]
            tail = authority[authority.index(after: close)...]
            allowed = "0123456789abcdefABCDEF:."
        } else {
            host = authority.prefix { $0 != ":" }
            tail = authority.dropFirst(host.count)
            allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-"
        }
        guard !host.isEmpty, host.allSatisfy({ allowed.contains($0) }) else {
            throw Flaw(expected: "a URL with a host name or address")
        }
        if tail.isEmpty { return (host, nil) }
        guard tail.hasPrefix(":"), let port = Int(tail.dropFirst()), (1...65_535).contains(port) else {
            throw Flaw(expected: "a URL with a port from 1 to 65535")
        }
        return (host, port)
    }

    private static func port(of scheme: Scheme) -> Int { scheme == .https ? 443 : 80 }

    private static func halves(of text: String, at separator: String) -> (String, String)? {
        guard let range = text.firstRange(of: separator) else { return nil }
        return (String(text[..<range.lowerBound]), String(text[range.upperBound...]))
    }
}
