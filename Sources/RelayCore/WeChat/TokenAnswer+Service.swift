extension TokenAnswer {
    /// Reads the answer of a company's token service.
    ///
    /// A readable errcode other than 0 decides, as in WeChat's own answers, which such a service may pass on. Else a token
    /// counts that is found with HTTP 2xx; `expiresIn` is nil when nothing is said of its life. Of an answer that should
    /// have held a token no byte is shown: it may stand there under another name. `path` is as `TokenText.read` takes it.
    package static func readService(status: Int, body: RawSpan, at path: TokenPath?) -> TokenAnswer {
        if let members = AnswerMembers(body), let errcode = members.readableErrcode(body), errcode != 0 {
            let (errmsg, rid) = members.errmsgAndRid(body)
            return .refused(code: .errcode(errcode), errmsg: errmsg, rid: rid)
        }
        let isSuccess = (200..<300).contains(status)
        let excerpt: String
        switch TokenText.read(body, at: path) {
        case .token(let token, let expiresIn) where isSuccess: return .token(token, expiresIn: expiresIn)
        case .blank where isSuccess: excerpt = "the answer is empty"
        case .foreign(let words) where isSuccess: excerpt = "the answer is \(words)"
        case .token, .blank: excerpt = ""
        case .foreign:
            excerpt = UntrustedText.shown(body.extracting(TokenText.trimmed(body)), limit: UntrustedText.excerptLimit)
        }
        return .unreadable(code: .status(status), excerpt: excerpt)
    }
}
