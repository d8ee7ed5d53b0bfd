/// Where requests go: scheme, host and port, and the path that their targets begin with.
package struct HTTPOrigin: Hashable, Sendable, CustomStringConvertible {
    package enum Scheme: String, Hashable, Sendable {
        case http, https
    }

    package let scheme: Scheme
    /// A name or an address, in lower case; an IPv6 address without its brackets.
    package let host: String
    package let port: Int
    /// Empty, or a path that begins with `/` and does not end with one. Whoever writes targets puts it before them, as
    /// `CallCodec(basePath:)` does: the client sends a target as it is.
    package let path: String

    /// Reads a base URL such as `https://api.weixin.qq.com` or `http://127.0.0.1:8080/wechat`.
    package init(_ baseURL: String) throws(HTTPOriginProblem) {
        func problem(_ text: String) -> HTTPOriginProblem {
            HTTPOriginProblem(baseURL: baseURL, problem: text)
        }
        guard let colon = baseURL.utf8.firstIndex(of: UInt8(ascii: ":")), baseURL[colon...].hasPrefix("://") else {
            throw problem("it must begin with https:// or http://")
        }
        guard let scheme = Scheme(rawValue: baseURL[..<colon].lowercased()) else {
            throw problem("the scheme must be https or http")
        }
        let rest = baseURL[baseURL.index(colon, offsetBy: 3)...]
        guard rest.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw problem("it may hold printable ASCII characters only")
        }
        guard !rest.contains("?"), !rest.contains("#") else { throw problem("it may not have a query or a fragment") }
        let slash = rest.firstIndex(of: "/") ?? rest.endIndex
        let authority = rest[..<slash]
        guard !authority.contains("@") else { throw problem("it may not carry a user name or a password") }

        let afterHost: Substring
        if authority.hasPrefix("[") {
            guard let bracket = authority.firstIndex(of: "]") else { throw problem("a bracket is not closed") }
            host = authority[authority.index(after: authority.startIndex)..<bracket].lowercased()
            afterHost = authority[authority.index(after: bracket)...]
        } else {
            let end = authority.firstIndex(of: ":") ?? authority.endIndex
            host = authority[..<end].lowercased()
            afterHost = authority[end...]
        }
        guard !host.isEmpty else { throw problem("the host is missing") }
        if afterHost.isEmpty {
            port = scheme == .https ? 443 : 80
        } else {
            guard afterHost.hasPrefix(":"), let number = Int(afterHost.dropFirst()), (1...65_535).contains(number)
            else {
                throw problem("the port must be a number from 1 to 65535")
            }
            port = number
        }
        self.scheme = scheme
        var prefix = rest[slash...]
        while prefix.hasSuffix("/") { prefix = prefix.dropLast() }
        path = String(prefix)
    }

    /// The `Host` header: the port only where it is not the scheme's own.
    package var hostHeader: String {
        let name = host.contains(":") ? "[\(host)]" : host
        return port == (scheme == .https ? 443 : 80) ? name : "\(name):\(port)"
    }

    package var description: String { "\(scheme.rawValue)://\(hostHeader)\(path)" }
}

/// Why a text is no base URL. The text is shown without what may be a password in it.
package struct HTTPOriginProblem: Error, Equatable, CustomStringConvertible {
    package let baseURL: String
    package let problem: String

    package init(baseURL: String, problem: String) {
        self.baseURL = baseURL.contains("@") ? "***" : baseURL
        self.problem = problem
    }

    package var description: String { "'\(baseURL)' is no base URL: \(problem)" }
}
