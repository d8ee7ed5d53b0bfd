/// What a dead letter says beside the original record, which it repeats unchanged.
package enum DeadLetter {
    /// How much of the error's text a dead letter carries.
    package static let errorMessageBytesKept = 256

    /// Appends the `wxrelay-dlq-*` headers to `block`, which holds the original record's own headers by then.
    ///
    /// A header without a fact behind it is left out. `wxrelay-dlq-timestamp` is the original record's Kafka timestamp
    /// in milliseconds since the epoch, so that it can be put back as it was; `wxrelay-dlq-failed-at` is RFC 3339.
    ///
    /// - Parameters:
    ///   - facts: How the request ended. Without a reason the function answered and no reply topic took the answer:
    ///     then `replyError` says why, there is no `wxrelay-dlq-reason`, and the class is `success`.
    ///   - head: The request's head, for the record's timestamp.
    ///   - source: Where the request lies.
    ///   - group: The consumer group of the relay.
    ///   - replyError: Why no reply could be written, when this dead letter stands in for it, in the form of
    ///     `ReplyHeaders`.
    ///   - block: What the headers are appended to.
    package static func writeHeaders(
        _ facts: ReplyFacts,
        _ head: borrowing RequestHead,
        _ source: RecordSource,
        group: String,
        replyError: String? = nil,
        into block: inout HeaderBlock
    ) {
        if let reason = facts.reason { block.append(name: "wxrelay-dlq-reason", value: reason.rawValue) }
        block.append(name: "wxrelay-dlq-class", value: facts.outcomeClass.rawValue)
        if let errcode = facts.errcode { block.append(name: "wxrelay-dlq-errcode", value: errcode) }
        if let message = facts.errorMessage {
            let text = message.utf8.span.bytes
            let length = UTF8Text.length(of: text, cutTo: errorMessageBytesKept)
            block.append(name: "wxrelay-dlq-errmsg", value: text.extracting(0..<length))
        }
        if let requestId = facts.requestId { block.append(name: "wxrelay-dlq-rid", value: requestId) }
        block.append(name: "wxrelay-dlq-attempts", value: Int64(facts.attempts))
        block.append(name: "wxrelay-dlq-invocations-possible", value: Int64(facts.invocationsPossible))
        block.append("wxrelay-dlq-source") { source.append(separator: .slash, into: &$0) }
        if let timestamp = head.timestamp {
            block.append(name: "wxrelay-dlq-timestamp", value: timestamp.milliseconds)
        }
        block.append("wxrelay-dlq-failed-at") { RFC3339.append(facts.endedAt, into: &$0) }
        block.append(name: "wxrelay-dlq-group", value: group)
        if let replyError { block.append(name: "wxrelay-reply-error", value: replyError) }
    }
}
