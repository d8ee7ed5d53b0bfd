/// An HTTP proxy that tunnels are asked of: `http://[user:password@]host[:port]`.
///
/// Its description shows `***` in place of user and password.
package struct ProxyURL: Hashable, Sendable, CustomStringConvertible {
    /// A name or an address in lower case; an IPv6 address without its brackets.
    package let host: String
    /// 1…65535; 80 when the URL names none.
    package let port: Int
    /// The value of `Proxy-Authorization`, `Basic …` (RFC 7617, in UTF-8); nil when the URL names no user.
    package let authorization: Secret?

    /// Reads a proxy's URL. What stands before the last `@` is user and password, percent-encoded where they hold
    /// what a URL may not: the first `:` parts them.
    package init(_ text: String) throws(URLFlaw) {
        guard let range = text.firstRange(of: "://"), text[..<range.lowerBound].lowercased() == "http" else {
            throw URLFlaw(expected: "a URL that begins with http://; TLS goes through the proxy, not to it")
        }
        var rest = text[range.upperBound...]
        if let at = rest.lastIndex(of: "@") {
            authorization = try Self.authorization(rest[..<at])
            rest = rest[rest.index(after: at)...]
        } else {
            authorization = nil
        }
        if rest.hasSuffix("/") { rest.removeLast() }
        let named = try URLAuthority(rest)
        host = named.host
        port = named.port ?? 80
    }

    package var description: String {
        "http://\(authorization == nil ? "" : "***@")\(URLAuthority.written(host)):\(port)"
    }

    private static func authorization(_ credentials: Substring) throws(URLFlaw) -> Secret {
        let parts = credentials.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let user = try decoded(parts[0])
        let password = parts.count > 1 ? try decoded(parts[1]) : []
        // RFC 7617 §2: a user name with a colon could not be told from its password, and nothing may be a control.
        guard !user.contains(.colon) else { throw URLFlaw(expected: "a user name without a colon") }
        guard (user + password).allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
            throw URLFlaw(expected: "a user name and a password without control characters")
        }
        let pair = user + [.colon] + password
        var value = Array("Basic ".utf8)
        Base64.append(pair.span.bytes, into: &value)
        return Secret(String(decoding: value, as: UTF8.self))
    }

    private static func decoded(_ text: Substring) throws(URLFlaw) -> [UInt8] {
        var output: [UInt8] = []
        var rest = text.utf8
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                output.append(byte)
                continue
            }
            let digits = rest.prefix(2)
            guard digits.count == 2, digits.allSatisfy({ Character(UnicodeScalar($0)).isHexDigit }),
                let value = UInt8(Substring(digits), radix: 16)
            else { throw URLFlaw(expected: "a user name and a password whose every % begins an escape such as %40") }
            output.append(value)
            rest = rest.dropFirst(2)
        }
        return output
    }
}
