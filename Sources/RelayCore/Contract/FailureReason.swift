/// Why a request ended without its function's answer: `reason` of a failure document and of a dead letter.
package enum FailureReason: String, CaseIterable, Hashable, Codable, Sendable {
    case permanent
    case attemptsExhausted = "attempts_exhausted"
    case budgetExhausted = "budget_exhausted"
    case deadlineExceeded = "deadline_exceeded"
    case maybeRan = "maybe_ran"
    case invalidRequest = "invalid_request"
    case notAllowed = "not_allowed"
    case requestTooLarge = "request_too_large"
    case replyTooLarge = "reply_too_large"
    /// An operator's act, never the relay's own.
    case cancelled

    /// Whether the same request may succeed when it is sent again.
    ///
    /// It says nothing about safety: whether the function may have run already, `invocationsPossible` says.
    package var isRetryable: Bool {
        switch self {
        case .attemptsExhausted, .budgetExhausted, .deadlineExceeded, .maybeRan, .cancelled: true
        case .permanent, .invalidRequest, .notAllowed, .requestTooLarge, .replyTooLarge: false
        }
    }

    /// The class of a failure that no answer of WeChat stands behind, so that no row of the table gives one.
    ///
    /// What the request itself is to blame for is `permanent_request`; what the same request may get over is
    /// `transient`; a function that may have run unseen is `unknown_outcome`.
    package var classWithoutAnswer: OutcomeClass {
        switch self {
        case .permanent, .invalidRequest, .notAllowed, .requestTooLarge: .permanentRequest
        case .attemptsExhausted, .budgetExhausted, .deadlineExceeded, .cancelled: .transient
        case .maybeRan: .unknownOutcome
        case .replyTooLarge: .success
        }
    }
}
