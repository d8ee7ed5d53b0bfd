/// The Kafka headers of a reply, of a success and of a failure alike.
package enum ReplyHeaders {
    /// Appends the reply's headers to `block`.
    ///
    /// No header of the request is copied but the trace and Spring's correlation id. A header without a fact behind it
    /// is left out: no `wxrelay-errcode` without an answer, no `wxrelay-late` in time, `content-type` only where the
    /// value is a document of the relay's own.
    ///
    /// - Parameters:
    ///   - facts: How the request ended.
    ///   - head: The request's head, for its correlation ids and trace.
    ///   - source: Where the request lies.
    ///   - replyError: Why the reply goes to another place than was asked for, as `<error name>: <topic>[/partition]`;
    ///     nil when it does not.
    ///   - block: What the headers are appended to.
    package static func write(
        _ facts: ReplyFacts,
        _ head: borrowing RequestHead,
        _ source: RecordSource,
        replyError: String? = nil,
        into block: inout HeaderBlock
    ) {
        block.append(name: "wxrelay-status", value: facts.status.rawValue)
        let bytes = head.bytes.span.bytes
        block.append(name: "wxrelay-correlation-id", value: bytes.extracting(head.correlationId))
        if let errcode = facts.errcode { block.append(name: "wxrelay-errcode", value: errcode) }
        block.append(name: "wxrelay-class", value: facts.outcomeClass.rawValue)
        block.append(name: "wxrelay-attempts", value: Int64(facts.attempts))
        block.append(name: "wxrelay-invocations-possible", value: Int64(facts.invocationsPossible))
        block.append(name: "wxrelay-duration-ms", value: facts.duration.wholeMilliseconds)
        block.append("wxrelay-source") { source.append(separator: .slash, into: &$0) }
        block.append(name: "wxrelay-function", value: facts.function)
        block.append(name: "wxrelay-env", value: facts.environment)
        if facts.isLate { block.append(name: "wxrelay-late", value: "true") }
        if facts.status == .failed { block.append(name: "content-type", value: "application/json") }
        if let replyError { block.append(name: "wxrelay-reply-error", value: replyError) }
        if let trace = head.traceparent { block.append(name: "traceparent", value: bytes.extracting(trace)) }
        if let trace = head.tracestate { block.append(name: "tracestate", value: bytes.extracting(trace)) }
        if let spring = head.springCorrelation {
            block.append(name: "kafka_correlationId", value: bytes.extracting(spring))
        }
    }
}
