import RelayCore

/// Which keys a token source needs, and which have no meaning for it.
extension Checks {
    mutating func checkToken(of app: Setting) {
        let token = app["token"]
        guard let kind = token["source"].text.flatMap({ TokenKind(rawValue: $0) }) else { return }
        switch kind {
        case .stable, .classic: need(app["app-secret"], for: kind, "app-secret: ${file:/run/secrets/wx}")
        case .service: need(token["url"], for: kind, "url: https://tokens.internal/wx")
        case .file: need(token["file"], for: kind, "file: /run/wx/access_token")
        case .fixed: need(token["value"], for: kind, "value: ${ACCESS_TOKEN}")
        }
        let meanings: [(key: String, kinds: [TokenKind])] = [
            ("url", [.service]), ("bearer", [.service]), ("file", [.file]), ("path", [.service, .file]),
            ("value", [.fixed]),
        ]
        for (key, kinds) in meanings where !kinds.contains(kind) { refuseMeaningless(token[key], kind, kinds) }
        checkParameter(token["parameter"], kind)
        checkPath(token["path"])
        checkTransport(ofToken: token["url"])
        if kind == .file { checkTokenFile(token["file"]) }
        if kind == .classic {
            warn(
                token["source"],
                "'\(token["source"].key)' is token: each request for a classic token ends the one before, so that only one"
                    + " process of all that use the app may hold it",
                remedy: "run one process and no other tool that fetches tokens, or write source: stable_token"
            )
        }
    }

    /// Two apps in one process would end each other's classic tokens as two processes do.
    mutating func checkClassicTokens() {
        var owners: [String: String] = [:]
        for (name, app) in root["apps"].members where app["token"]["source"].text == TokenKind.classic.rawValue {
            guard let appID = app["app-id"].text else { continue }
            if let owner = owners[appID] {
                refuse(
                    app["token"]["source"],
                    "'\(app["token"]["source"].key)' is token, and the app '\(owner)' fetches classic tokens of the same app-id:"
                        + " they would end each other's",
                    remedy: "write source: stable_token, or use one app"
                )
            }
            owners[appID] = name
        }
    }

    private mutating func need(_ setting: Setting, for kind: TokenKind, _ example: String) {
        guard case .absent = setting.content else { return }
        refuse(
            setting,
            "'\(setting.key)' is missing, and token.source \(kind.rawValue) needs it",
            remedy: "add it, e.g. \(example)"
        )
    }

    private mutating func refuseMeaningless(_ setting: Setting, _ kind: TokenKind, _ kinds: [TokenKind]) {
        if case .absent = setting.content { return }
        if case .wrong = setting.content { return }
        let sources = kinds.map { "source: \($0.rawValue)" }.joined(separator: " or ")
        refuse(
            setting,
            "'\(setting.key)' has no meaning with token.source \(kind.rawValue)",
            remedy: "remove it, or write \(sources)"
        )
    }

    /// WeChat's own endpoints give no token of cloud hosting: the platform pushes it into a file (docs, page wxtoken).
    private mutating func checkParameter(_ setting: Setting, _ kind: TokenKind) {
        guard setting.text == TokenParameter.cloudbase.rawValue, [.stable, .classic].contains(kind) else { return }
        refuse(
            setting,
            "'\(setting.key)' is cloudbase_access_token, which token.source \(kind.rawValue) does not give",
            remedy: "remove it, or write source: file or source: url"
        )
    }

    private mutating func checkPath(_ setting: Setting) {
        guard let text = setting.text, TokenPath(text) == nil else { return }
        refuse(
            setting,
            "'\(setting.key)' is '\(text)', expected names of JSON members divided by dots",
            remedy: "write e.g. path: data.access_token"
        )
    }

    private mutating func checkTransport(ofToken setting: Setting) {
        guard let url = setting.tokenURL, url.origin.scheme == .http, !url.origin.isLoopback else { return }
        warn(
            setting,
            "'\(setting.key)' is plain http: the access token can be read on the way",
            remedy: "write https://\(url.origin.host) where the service has it"
        )
    }

    /// The file may come later: it is looked at each second.
    private mutating func checkTokenFile(_ setting: Setting) {
        guard let path = setting.text else { return }
        do throws(TextFile.Failure) {
            _ = try TextFile.read(path)
        } catch {
            warn(
                setting,
                "'\(setting.key)' is '\(path)', which \(error.words)",
                remedy: "no call is made before the token is there"
            )
        }
    }
}
