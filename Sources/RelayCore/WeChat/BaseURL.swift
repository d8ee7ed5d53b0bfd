/// Where a WeChat API is: scheme, host, port and the path that stands before `/tcb/…` and `/cgi-bin/…`.
package struct BaseURL: Hashable, Sendable, CustomStringConvertible {
    package enum Scheme: String, Hashable, Sendable {
        case http, https
    }

    package let scheme: Scheme
    /// A name or an address in lower case; an IPv6 address without its brackets.
    package let host: String
    /// 1…65535; 443 or 80 when the URL names none.
    package let port: Int
    /// Percent-encoded as it was written. Empty, or begins with `/` and does not end with it.
    package let path: String

    /// Reads a URL such as `https://api.weixin.qq.com` or `http://127.0.0.1:8080/wechat`.
    package init(_ text: String) throws(URLFlaw) {
        guard let range = text.firstRange(of: "://"),
            let scheme = Scheme(rawValue: text[..<range.lowerBound].lowercased())
        else { throw URLFlaw(expected: "a URL that begins with https:// or http://") }
        let rest = text[range.upperBound...]
        guard rest.unicodeScalars.allSatisfy({ $0.value > 0x20 && $0.value < 0x7F }),
            !rest.contains(where: { "?#@\\".contains($0) })
        else { throw URLFlaw(expected: "a URL of scheme, host, port and path only") }
        let authority = rest.prefix { $0 != "/" }
        var path = rest.dropFirst(authority.count)
        while path.hasSuffix("/") { path.removeLast() }
        let named = try URLAuthority(authority)
        self.scheme = scheme
        self.path = String(path)
        host = named.host
        port = named.port ?? Self.port(of: scheme)
    }

    /// What goes into the `Host` header: the host, in brackets when it is an IPv6 address, and a port that is not the
    /// scheme's own.
    package var authority: String {
        let name = URLAuthority.written(host)
        return port == Self.port(of: scheme) ? name : "\(name):\(port)"
    }

    /// The host with its port, whichever it is: what a tunnel is asked for (RFC 9110 §9.3.6).
    package var authorityWithPort: String { "\(URLAuthority.written(host)):\(port)" }

    package var description: String { "\(scheme.rawValue)://\(authority)\(path)" }

    /// Whether the host is this machine, by its name or address.
    package var isLoopback: Bool {
        host == "localhost" || host == "::1"
            || (host.hasPrefix("127.") && host.allSatisfy { "0123456789.".contains($0) })
    }

    private static func port(of scheme: Scheme) -> Int { scheme == .https ? 443 : 80 }
}
