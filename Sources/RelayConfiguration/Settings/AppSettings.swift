package import RelayCore

/// One entry under `apps:` with what the WeChat client needs; `Policy.apps` has the same order.
package struct AppSettings: Hashable, Sendable {
    /// The name under `apps:`.
    package let name: String
    /// WeChat's app id, `wx` and 16 hexadecimal digits.
    package let appID: String
    /// `base-url`: at least one, in order of preference.
    package let baseURLs: [BaseURL]
    /// `proxy`: asked for a tunnel to each of them; nil without one.
    package let proxy: ProxySource?
    /// `tls.ca-file`: a PEM file of certificate authorities to trust beside the system's.
    package let certificateAuthorityFile: String?
    package let token: TokenSource
    /// `token.parameter`: the name under which calls carry the token.
    package let tokenParameter: TokenParameter
    package let timeouts: CallTimeouts

    package init(
        name: String,
        appID: String,
        baseURLs: [BaseURL],
        proxy: ProxySource?,
        certificateAuthorityFile: String?,
        token: TokenSource,
        tokenParameter: TokenParameter,
        timeouts: CallTimeouts
    ) {
        self.name = name
        self.appID = appID
        self.baseURLs = baseURLs
        self.proxy = proxy
        self.certificateAuthorityFile = certificateAuthorityFile
        self.token = token
        self.tokenParameter = tokenParameter
        self.timeouts = timeouts
    }
}

/// `token:` of an app.
package enum TokenSource: Hashable, Sendable {
    /// `stable_token`: WeChat's endpoint of that name, with the app's secret.
    case stable(appSecret: SecretSource)
    /// `token`: WeChat's classic endpoint, with the app's secret.
    case classic(appSecret: SecretSource)
    /// `url`: a company's token service. `path` is where its JSON has the token; nil: at `access_token`, or as plain text.
    case service(TokenURL, bearer: SecretSource?, path: TokenPath?)
    /// `file`: another process writes the token there; `path` as for `service`.
    case file(String, path: TokenPath?)
    /// `static`: this access token, which nobody renews.
    case fixed(token: SecretSource)

    package var kind: TokenKind {
        switch self {
        case .stable: .stable
        case .classic: .classic
        case .service: .service
        case .file: .file
        case .fixed: .fixed
        }
    }

    /// The secret that the source asks with, or that is the token. A reload may put another in its place.
    package var secret: SecretSource? {
        switch self {
        case .stable(let secret), .classic(let secret), .fixed(let secret): secret
        case .service(_, let bearer, _): bearer
        case .file: nil
        }
    }
}

/// `timeouts:` of an app.
package struct CallTimeouts: Hashable, Sendable {
    /// From the connection attempt to a connection that is ready, to one host, the proxy and TLS included.
    package let connect: Duration
    /// From the request's first byte out to the answer's last byte in.
    package let request: Duration

    package init(connect: Duration, request: Duration) {
        self.connect = connect
        self.request = request
    }
}
