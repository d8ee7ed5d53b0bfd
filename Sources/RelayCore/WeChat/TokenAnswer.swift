/// What the token endpoint says: `{"access_token","expires_in"}`, or an errcode with its errmsg.
package enum TokenAnswer: Hashable, Sendable {
    /// A token, and how long it is good from when it was given.
    case token(Secret, expiresIn: Duration)
    /// A readable errcode other than 0, with its errmsg: at most 512 bytes, tokens masked, empty when absent.
    case refused(code: OutcomeCode, errmsg: String, rid: String?)
    /// Neither; `code` is the HTTP status, `excerpt` at most 256 bytes of the answer with tokens masked.
    case unreadable(code: OutcomeCode, excerpt: String)

    /// Characters of the longest token (docs, AccessToken page: room for 512 is to be kept).
    package static let tokenLimit = 512

    /// Reads an answer, leniently as those to calls: a readable errcode other than 0 decides whatever else is said.
    ///
    /// A token counts if the HTTP status is 200, it has 1 to 512 characters, and `expires_in` is a positive integer.
    package static func read(status: Int, body: RawSpan) -> TokenAnswer {
        guard let members = AnswerMembers(body) else { return unreadable(status, body) }
        if let errcode = members.readableErrcode(body), errcode != 0 {
            let (errmsg, rid) = members.errmsgAndRid(body)
            return .refused(code: .errcode(errcode), errmsg: errmsg, rid: rid)
        }
        guard status == 200,
            let accessToken = members.accessToken, accessToken.kind == .string,
            let seconds = members.expiresIn.flatMap({ JSONText.integer(body, $0) }), seconds > 0
        else { return unreadable(status, body) }
        let token = JSONText.string(body, accessToken)
        guard (1...tokenLimit).contains(token.unicodeScalars.count) else { return unreadable(status, body) }
        return .token(Secret(token), expiresIn: .seconds(seconds))
    }

    /// The row that decides about a refusal by the token endpoint, or about an exchange with it that failed.
    ///
    /// No function runs here and no attempt of a request counts. What is neither passing nor a limit concerns the app's
    /// own settings, 40001 too: at this endpoint it means a wrong secret (docs, general codes page).
    package static func row(for code: OutcomeCode) -> OutcomeRow {
        var row = OutcomeRules.row(for: code, overrides: [:], unlisted: .permanentConfig)
        row.ran = .no
        row.counted = false
        row.scope = .app
        switch row.outcomeClass {
        case .transient, .throttled, .quotaExhausted, .permanentConfig: break
        // No answer, or one from somebody else.
        case .unknownOutcome, .success: row.outcomeClass = .transient
        case .refreshToken:
            row.outcomeClass = .permanentConfig
            row.remedy = "correct apps.*.app-secret; if it is a file, wxrelay reads it again by itself"
        default: row.outcomeClass = .permanentConfig
        }
        return row
    }

    private static func unreadable(_ status: Int, _ body: RawSpan) -> TokenAnswer {
        .unreadable(code: .status(status), excerpt: UntrustedText.shown(body, limit: UntrustedText.excerptLimit))
    }
}
