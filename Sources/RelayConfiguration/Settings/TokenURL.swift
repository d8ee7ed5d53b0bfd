package import RelayCore

/// Where a company's token service answers: `https://tokens.internal/wx?app=main`.
///
/// Its query may hold a key, so the description shows a mask in its place.
package struct TokenURL: Hashable, Sendable, CustomStringConvertible {
    /// Scheme, host and port.
    package let origin: BaseURL
    /// Path and query as they are sent, percent-encoded: never empty.
    package let target: Secret
    private let path: String
    private let hasQuery: Bool

    package var description: String {
        "\(origin.scheme.rawValue)://\(origin.authority)\(path)" + (hasQuery ? "?***" : "")
    }

    init(_ text: String) throws(URLFlaw) {
        guard !text.contains("@") else {
            throw URLFlaw(expected: "a URL without a user name: a password goes into bearer")
        }
        let parts = text.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        let query = parts.count > 1 ? String(parts[1]) : nil
        guard (query ?? "").unicodeScalars.allSatisfy({ $0.value > 0x20 && $0.value < 0x7F && $0 != "#" }) else {
            throw URLFlaw(expected: "a URL whose query is percent-encoded and has no fragment")
        }
        let front = String(parts[0])
        let whole = try BaseURL(front)
        origin = try BaseURL("\(whole.scheme.rawValue)://\(whole.authority)")
        // Not the base URL's path: a slash at the end counts here.
        let rest = front.firstRange(of: "://").map { front[$0.upperBound...] } ?? ""
        path = rest.firstIndex(of: "/").map { String(rest[$0...]) } ?? "/"
        hasQuery = query != nil
        target = Secret(path + (query.map { "?" + $0 } ?? ""))
    }
}
