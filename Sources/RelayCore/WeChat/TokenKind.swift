/// The kinds of token sources. The raw value is the word that users write: `token.source`.
package enum TokenKind: String, CaseIterable, Hashable, Codable, Sendable {
    /// `POST /cgi-bin/stable_token`: everybody who asks gets the same token (docs, page getStableAccessToken).
    case stable = "stable_token"
    /// `GET /cgi-bin/token`: each request makes a new token and soon ends the former one (docs, page getAccessToken).
    case classic = "token"
    /// A company's own token service.
    case service = "url"
    /// A file that another process writes.
    case file
    /// Written in the configuration.
    case fixed = "static"
}

/// The name under which a call carries its token.
package enum TokenParameter: String, CaseIterable, Hashable, Sendable {
    case accessToken = "access_token"
    /// WeChat cloud hosting's own token: sent as `access_token` it gets 40001 (docs, page wxtoken; a report).
    case cloudbase = "cloudbase_access_token"
}
