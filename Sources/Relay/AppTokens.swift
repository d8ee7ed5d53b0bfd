package import Logging
package import RelayConfiguration
package import RelayCore
package import WeChatClient

extension AppSettings {
    /// Where the client gets the app's tokens from. A secret is read anew at each use, so that a file that was mended counts
    /// at once: by `reading` when it is given, which may know of a newer source, else from the source as it stands here.
    package func clientTokenSource(
        reading: (@Sendable () throws -> Secret)? = nil
    ) -> WeChatClient.TokenSource {
        switch token {
        case .stable(let secret): return .stable(appID: appID, secret: reading ?? { try secret.read() })
        case .classic(let secret): return .classic(appID: appID, secret: reading ?? { try secret.read() })
        case .service(let url, let bearer, let path):
            var readBearer: (@Sendable () throws -> Secret)?
            if let bearer { readBearer = reading ?? { try bearer.read() } }
            return .service(
                TokenService(name: url.description, target: url.target, bearer: readBearer, path: path)
            )
        case .file(let file, let path): return .file(file, at: path, every: .seconds(1))
        case .fixed(let token): return .fixed(reading ?? { try token.read() })
        }
    }
}

extension HTTPClientSettings {
    /// The settings of the client that fetches an app's tokens: at WeChat's host, or at the company's token service, for
    /// which the app's time-outs and authorities hold as well, but not its proxy: that one leads to WeChat.
    package init(tokensOf app: AppSettings, logger: Logger? = nil) throws {
        try self.init(app, connections: 1, logger: logger)
        guard case .service(let url, _, _) = app.token else { return }
        hosts = [url.origin]
        proxy = nil
        if url.origin.scheme == .https, tls == nil { tls = try TLSSettings(caFile: app.certificateAuthorityFile) }
    }
}
