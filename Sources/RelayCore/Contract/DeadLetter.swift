/// What a dead letter says beside the original record, which it repeats unchanged.
package enum DeadLetter {
    /// How much of the error's text a dead letter carries.
    package static let errorMessageBytesKept = 256

    /// Hands the `wxrelay-dlq-*` headers to `sink`, which has the original record's own headers by then.
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
    ///   - sink: What takes the headers.
    package static func writeHeaders(
        _ facts: ReplyFacts,
        _ head: borrowing RequestHead,
        _ source: RecordSource,
        group: String,
        replyError: String? = nil,
        into sink: inout some HeaderSink & ~Copyable
    ) {
        if let reason = facts.reason { sink.append(name: "wxrelay-dlq-reason", value: reason.rawValue) }
        sink.append(name: "wxrelay-dlq-class", value: facts.outcomeClass.rawValue)
        if let errcode = facts.errcode { sink.append(name: "wxrelay-dlq-errcode", value: errcode) }
        if let message = facts.errorMessage {
            let text = message.utf8.span.bytes
            let length = UTF8Text.length(of: text, cutTo: errorMessageBytesKept)
            sink.append(name: "wxrelay-dlq-errmsg", value: text.extracting(0..<length))
        }
        if let requestId = facts.requestId { sink.append(name: "wxrelay-dlq-rid", value: requestId) }
        sink.append(name: "wxrelay-dlq-attempts", value: Int64(facts.attempts))
        sink.append(name: "wxrelay-dlq-invocations-possible", value: Int64(facts.invocationsPossible))
        source.withText(separator: .slash) { sink.append(name: "wxrelay-dlq-source", value: $0) }
        if let timestamp = head.timestamp {
            sink.append(name: "wxrelay-dlq-timestamp", value: timestamp.milliseconds)
        }
        sink.append(name: "wxrelay-dlq-failed-at", value: RFC3339.string(facts.endedAt))
        sink.append(name: "wxrelay-dlq-group", value: group)
        if let replyError { sink.append(name: "wxrelay-reply-error", value: replyError) }
    }
}
