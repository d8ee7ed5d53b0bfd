/// What an attempt's end means for the request: the classes of the contract, one action each.
///
/// The raw value is the word that users meet: in `wxrelay-class`, in failures, in `errcodes:` and in `errcodes.csv`.
package enum OutcomeClass: String, CaseIterable, Hashable, Codable, Sendable {
    case success
    case transient
    case refreshToken = "refresh_token"
    case throttled
    case concurrencyLimited = "concurrency_limited"
    case quotaExhausted = "quota_exhausted"
    case permanentRequest = "permanent_request"
    case permanentConfig = "permanent_config"
    case functionFailed = "function_failed"
    case unknownOutcome = "unknown_outcome"
}

/// Whether the function may have run in an attempt.
package enum RanCertainty: String, CaseIterable, Hashable, Sendable {
    case no, maybe, yes
}

/// What a hold that this outcome opens stops: everything of the app, one environment, or one function.
package enum HoldScope: String, CaseIterable, Hashable, Codable, Sendable {
    case app, env, function
}

/// How an HTTP exchange ended when no answer was read to its end.
///
/// *Written* means that the first byte of the request was handed to the socket: from then on the function may have run.
package enum TransportOutcome: String, CaseIterable, Hashable, Codable, Sendable {
    case connectRefused = "connect_refused"
    case dns
    case tls
    case certificateRefused = "certificate_refused"
    case connectTimeout = "connect_timeout"
    case proxyRefused = "proxy_refused"
    case tunnelFailed = "tunnel_failed"
    case resetBeforeWrite = "reset_before_write"
    case requestTimeout = "request_timeout"
    case resetAfterWrite = "reset_after_write"
    case shortAnswer = "short_answer"
    case answerTooLarge = "answer_too_large"
}

/// The key of one row of the outcome table.
package enum OutcomeCode: Hashable, Codable, Sendable {
    /// A readable `errcode` of WeChat's answer.
    case errcode(Int64)
    /// An answer without a readable `errcode`, by its HTTP status.
    case status(Int)
    /// No whole answer.
    case transport(TransportOutcome)
}

/// One row of the outcome table: what is known of a code and what the relay does about it.
package struct OutcomeRow: Hashable, Sendable {
    package var code: OutcomeCode
    package var meaning: String
    package var outcomeClass: OutcomeClass
    package var ran: RanCertainty
    /// Whether the attempt counts against `retry.max-attempts`.
    package var counted: Bool
    /// The scope of a hold, for the classes that open one.
    package var scope: HoldScope?
    /// What a person can do about it.
    package var remedy: String
    package var note: String

    package init(
        code: OutcomeCode,
        meaning: String,
        outcomeClass: OutcomeClass,
        ran: RanCertainty,
        counted: Bool,
        scope: HoldScope?,
        remedy: String,
        note: String = ""
    ) {
        self.code = code
        self.meaning = meaning
        self.outcomeClass = outcomeClass
        self.ran = ran
        self.counted = counted
        self.scope = scope
        self.remedy = remedy
        self.note = note
    }
}
