/// What the token endpoint says: `{"access_token","expires_in"}`, or an errcode with its errmsg.
package enum TokenAnswer: Hashable, Sendable {
    /// A token, and how long it is good from when it was given; nil when only a company's token service would know.
    case token(Secret, expiresIn: Duration?)
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

    private static func unreadable(_ status: Int, _ body: RawSpan) -> TokenAnswer {
        .unreadable(code: .status(status), excerpt: UntrustedText.shown(body, limit: UntrustedText.excerptLimit))
    }
}
