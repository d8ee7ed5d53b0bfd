import RelayCore

extension KeyTable {
    /// `token:` of an app. Which key has a meaning for which source, `Checks` knows.
    static let token: [Key] = [
        .defaults(
            "source",
            .choice(TokenKind.allCases.map(\.rawValue)),
            TokenKind.stable.rawValue,
            "stable_token | token | url | file | static: docs/tokens.md"
        ),
        .optional("url", .tokenURL, "https://tokens.internal/wx", "source url: GET gives the token"),
        .optional("bearer", .secret, "${file:/run/secrets/bearer}", "source url: for its Authorization header").live,
        .optional("file", .text(.any("a path")), "/run/wx/access_token", "source file: read again each second"),
        .optional(
            "path",
            .text(.any("names of JSON members divided by dots")),
            "data.access_token",
            "sources url, file: where in the JSON; else access_token"
        ),
        .optional("value", .secret, "${ACCESS_TOKEN}", "source static: the token; nobody renews it").live,
        .defaults(
            "parameter",
            .choice(TokenParameter.allCases.map(\.rawValue)),
            TokenParameter.accessToken.rawValue,
            "access_token | cloudbase_access_token"
        ),
    ]
}
