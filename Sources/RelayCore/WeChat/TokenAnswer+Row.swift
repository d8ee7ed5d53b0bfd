extension TokenAnswer {
    /// The row that decides when a token source gives no token, or when calls are refused whatever it gives.
    ///
    /// No function runs here and no attempt of a request counts. What is neither passing nor a limit concerns the app's
    /// own settings, 40001 too: at WeChat's endpoint it means a wrong secret (docs, general codes page). The remedy is
    /// for the kind of source: a token service of the company's own is mended elsewhere than WeChat's settings.
    package static func row(for code: OutcomeCode, from kind: TokenKind) -> OutcomeRow {
        var row = OutcomeRules.row(for: code, overrides: [:], unlisted: .permanentConfig)
        row.ran = .no
        row.counted = false
        row.scope = .app
        let isRefreshed = row.outcomeClass == .refreshToken
        switch row.outcomeClass {
        case .transient, .throttled, .quotaExhausted, .permanentConfig: break
        // No answer, or one from somebody else.
        case .unknownOutcome, .success: row.outcomeClass = .transient
        default: row.outcomeClass = .permanentConfig
        }
        switch kind {
        case .stable:
            if isRefreshed { row.remedy = secretRemedy }
        case .classic:
            // Of 40001 the table's own remedy names both causes: a wrong secret, and a second process.
            if isRefreshed, code != .errcode(40001) { row.remedy = secretRemedy }
            if row.outcomeClass == .quotaExhausted {
                row.remedy = "2,000 classic tokens a day are used up: use token.source stable_token"
            }
        case .service:
            refine(serviceRow: &row)
            if isRefreshed, code != .errcode(41001) {
                row.remedy = "ask whoever runs the token service: WeChat refuses its token, or its app secret"
            }
        case .file:
            row.remedy =
                code == .errcode(41001)
                ? "let the process that renews the token write it to apps.*.token.file"
                : "let a good token be written to apps.*.token.file: it is read again each second"
        case .fixed:
            row.remedy =
                code == .errcode(41001)
                ? "provide apps.*.token.value" : "put a good token in the place of apps.*.token.value"
        }
        return row
    }

    private static let secretRemedy = "correct apps.*.app-secret; if it is a file, wxrelay reads it again by itself"

    private static func refine(serviceRow row: inout OutcomeRow) {
        switch row.code {
        case .errcode(41001):
            row.meaning = "no bearer to send"
            row.remedy = "correct apps.*.token.bearer; if it is a file, wxrelay reads it again by itself"
        case .errcode: row.remedy = "the code is what the token service passes on: ask whoever runs it"
        case .status(let status): refine(serviceRow: &row, forStatus: status)
        case .transport(let outcome):
            switch outcome {
            case .connectRefused, .dns, .connectTimeout:
                row.remedy = "check apps.*.token.url and the way to the token service"
            case .tls: row.remedy = "check that apps.*.token.url names an HTTPS port, and that no proxy breaks TLS"
            case .certificateRefused:
                row.remedy = "set apps.*.tls.ca-file to the authority that vouches for the token service"
            case .answerTooLarge:
                row.outcomeClass = .permanentConfig
                row.meaning = "an answer too large for a token"
                row.remedy = "correct apps.*.token.url: its answer is no token"
            // The app's proxy leads to WeChat only.
            case .proxyRefused, .tunnelFailed: break
            case .resetBeforeWrite, .requestTimeout, .resetAfterWrite, .shortAnswer:
                row.remedy = "wait; if it lasts, ask whoever runs the token service"
            }
        }
    }

    private static func refine(serviceRow row: inout OutcomeRow, forStatus status: Int) {
        switch status {
        case 200..<300:
            row.outcomeClass = .permanentConfig
            row.meaning = "no token in the answer"
            row.remedy = "compare apps.*.token.url and apps.*.token.path with what the token service answers"
        case 300..<400:
            row.meaning = "a redirect"
            row.remedy = "redirects are not followed: correct apps.*.token.url"
        case 401, 403:
            row.meaning = "the relay is not admitted"
            row.remedy = "correct apps.*.token.bearer; if it is a file, wxrelay reads it again by itself"
        case 400..<500 where row.outcomeClass == .permanentConfig:
            row.meaning = "nothing there for this request"
            row.remedy = "correct apps.*.token.url"
        default:
            row.meaning = status == 429 ? "too many requests" : "the server failed"
            row.remedy = "wait; if it lasts, ask whoever runs the token service"
        }
    }
}
