package import RelayCore

/// `apps.<app>.proxy`: where the proxy's URL comes from. Its description shows neither user nor password.
package struct ProxySource: Hashable, Sendable, CustomStringConvertible {
    let source: SecretSource
    package let description: String

    /// A source whose text is a proxy's URL; that of a file is not looked at yet.
    init(_ source: SecretSource) throws(URLFlaw) {
        self.source = source
        switch source {
        case .literal(let text): description = try ProxyURL(text.exposed).description
        case .environment(_, let text):
            _ = try ProxyURL(text.exposed)
            description = source.description
        case .file: description = source.description
        }
    }

    /// The proxy as the source names it now. Blocks while a file is read.
    package func read() throws(ProxyUnusable) -> ProxyURL {
        let text: Secret
        do throws(SecretUnreadable) {
            text = try source.read()
        } catch {
            throw .unreadable(error)
        }
        do throws(URLFlaw) {
            return try ProxyURL(text.exposed)
        } catch {
            throw .noURL(source: description, error)
        }
    }
}

/// Why there is no proxy's URL to be had. It holds nothing of the URL.
package enum ProxyUnusable: Error, Hashable, Sendable, CustomStringConvertible {
    case unreadable(SecretUnreadable)
    case noURL(source: String, URLFlaw)

    package var description: String {
        switch self {
        case .unreadable(let problem): problem.description
        case .noURL(let source, let flaw): "\(source) holds no proxy's URL, \(flaw)"
        }
    }
}
