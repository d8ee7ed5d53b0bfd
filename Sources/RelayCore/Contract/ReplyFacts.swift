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
    package var isLate = false
    /// When the record was taken from its partition's queue.
    package var receivedAt: WallTime
    /// When the outcome was decided: `failedAt` of a failure.
    package var endedAt: WallTime

    package var status: Status { reason == nil ? .ok : .failed }
}

// In an extension, so that the machine has the compiler's own initializer: one that is written out fills a struct of this size in
// memory and copies it from there.
extension ReplyFacts {
    /// What is known of each request; the rest is set where there is something to say.
    package init(
        reason: FailureReason?,
        outcomeClass: OutcomeClass,
        attempts: Int,
        invocationsPossible: Int,
        app: String,
        environment: String,
        function: String,
        duration: Duration,
        receivedAt: WallTime,
        endedAt: WallTime
    ) {
        self.init(
            reason: reason,
            outcomeClass: outcomeClass,
            errcode: nil,
            attempts: attempts,
            invocationsPossible: invocationsPossible,
            app: app,
            environment: environment,
            function: function,
            duration: duration,
            receivedAt: receivedAt,
            endedAt: endedAt
        )
    }
}
