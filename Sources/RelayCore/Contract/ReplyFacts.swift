/// How a request ended: what its reply, failure document and dead letter are written from.
package struct ReplyFacts: Hashable, Sendable {
    /// `wxrelay-status`.
    package enum Status: String, CaseIterable, Hashable, Sendable {
        case ok, failed
    }

    /// Why there is no answer; nil for a success, `replyTooLarge` in the document in place of an answer that was too large.
    package var reason: FailureReason?
    /// `FailureReason.classWithoutAnswer` when no answer was read.
    package var outcomeClass: OutcomeClass
    /// WeChat's code; nil when no answer with a readable code was read.
    package var errcode: Int64?
    /// What WeChat or the relay says about it, without secrets.
    package var errorMessage: String?
    /// The id under which WeChat's support finds the request, from the end of its `errmsg`.
    package var requestId: String?
    /// The start of a broken or foreign answer, redacted.
    package var excerpt: String?
    /// Every HTTP request that was made.
    package var attempts: Int
    package var invocationsPossible: Int
    /// The name under `apps:`.
    package var app: String
    package var environment: String
    package var function: String
    /// From arrival to reply.
    package var duration: Duration
    /// Whether the reply comes after the request's deadline.
    package var isLate: Bool
    /// When the record was taken from its partition's queue.
    package var receivedAt: WallTime
    /// When the outcome was decided: `failedAt` of a failure.
    package var endedAt: WallTime

    package init(
        reason: FailureReason? = nil,
        outcomeClass: OutcomeClass,
        errcode: Int64? = nil,
        errorMessage: String? = nil,
        requestId: String? = nil,
        excerpt: String? = nil,
        attempts: Int,
        invocationsPossible: Int,
        app: String,
        environment: String,
        function: String,
        duration: Duration,
        isLate: Bool = false,
        receivedAt: WallTime,
        endedAt: WallTime
    ) {
        self.reason = reason
        self.outcomeClass = outcomeClass
        self.errcode = errcode
        self.errorMessage = errorMessage
        self.requestId = requestId
        self.excerpt = excerpt
        self.attempts = attempts
        self.invocationsPossible = invocationsPossible
        self.app = app
        self.environment = environment
        self.function = function
        self.duration = duration
        self.isLate = isLate
        self.receivedAt = receivedAt
        self.endedAt = endedAt
    }

    package var status: Status { reason == nil ? .ok : .failed }
}
