package import RelayCore

/// Where an app's token comes from. The closures read the configuration's secrets, from their files each time: a mended
/// secret counts at the next token request.
package enum TokenSource: Sendable {
    /// `POST /cgi-bin/stable_token`: all processes of an app share one token (wechat.md, *Access tokens*).
    case stable(appID: String, secret: @Sendable () throws -> Secret)
    /// `GET /cgi-bin/token`: each request makes a new token, so that one process only may do this.
    case classic(appID: String, secret: @Sendable () throws -> Secret)
    /// A company's own token service.
    case service(TokenService)
    /// A file that another process writes; it is read again `every` so often.
    case file(String, at: TokenPath?, every: Duration)
    /// A token that somebody else renews and that the configuration holds.
    case fixed(@Sendable () throws -> Secret)
}

/// A company's token service: `GET` gives the token, as JSON or as plain text.
package struct TokenService: Sendable {
    /// The URL as it may be shown.
    let name: String
    /// Path and query, percent-encoded; the query may hold a key.
    let target: Secret
    /// Sent as `Authorization: Bearer …`.
    let bearer: (@Sendable () throws -> Secret)?
    let path: TokenPath?

    /// The origin that the target belongs to is that of the client's settings. `path` is as `TokenText.read` takes it.
    package init(
        name: String,
        target: Secret,
        bearer: (@Sendable () throws -> Secret)?,
        path: TokenPath?
    ) {
        self.name = name
        self.target = target
        self.bearer = bearer
        self.path = path
    }
}
