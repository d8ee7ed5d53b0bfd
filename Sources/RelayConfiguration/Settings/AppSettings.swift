/// One entry under `apps:` with what the WeChat client needs; `Policy.apps` has the same order.
package struct AppSettings: Hashable, Sendable {
    /// The name under `apps:`.
    package let name: String
    /// WeChat's app id, `wx` and 16 hexadecimal digits.
    package let appID: String
    package let baseURL: BaseURL
    /// `tls.ca-file`: a PEM file of certificate authorities to trust instead of the system's.
    package let certificateAuthorityFile: String?
    package let token: TokenSource
    package let timeouts: CallTimeouts

    package init(
        name: String,
        appID: String,
        baseURL: BaseURL,
        certificateAuthorityFile: String?,
        token: TokenSource,
        timeouts: CallTimeouts
    ) {
        self.name = name
        self.appID = appID
        self.baseURL = baseURL
        self.certificateAuthorityFile = certificateAuthorityFile
        self.token = token
        self.timeouts = timeouts
    }
}

/// `token:` of an app.
package enum TokenSource: Hashable, Sendable {
    /// `stable_token`: WeChat's endpoint of that name, with the app's secret.
    case stableToken(appSecret: SecretSource)
    /// `static`: this access token, which nobody renews.
    case fixed(token: SecretSource)

    /// The secret that the source needs. A reload may put another in its place.
    package var secret: SecretSource {
        switch self {
        case .stableToken(let secret), .fixed(let secret): secret
        }
    }
}

/// `timeouts:` of an app.
package struct CallTimeouts: Hashable, Sendable {
    /// From the connection attempt to a connection that is ready, TLS included.
    package let connect: Duration
    /// From the request's first byte out to the answer's last byte in.
    package let request: Duration

    package init(connect: Duration, request: Duration) {
        self.connect = connect
        self.request = request
    }
}
