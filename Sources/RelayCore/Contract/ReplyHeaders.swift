/// The Kafka headers of a reply, of a success and of a failure alike.
package enum ReplyHeaders {
    /// Hands the reply's headers to `sink`.
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
    ///   - sink: What takes the headers.
    package static func write(
        _ facts: ReplyFacts,
        _ head: borrowing RequestHead,
        _ source: RecordSource,
        replyError: String? = nil,
        into sink: inout some HeaderSink & ~Copyable
    ) {
        sink.append(name: "wxrelay-status", value: facts.status.rawValue)
        let bytes = head.bytes.span.bytes
        sink.append(name: "wxrelay-correlation-id", value: bytes.extracting(head.correlationId))
        if let errcode = facts.errcode { sink.append(name: "wxrelay-errcode", value: errcode) }
        sink.append(name: "wxrelay-class", value: facts.outcomeClass.rawValue)
        sink.append(name: "wxrelay-attempts", value: Int64(facts.attempts))
        sink.append(name: "wxrelay-invocations-possible", value: Int64(facts.invocationsPossible))
        sink.append(name: "wxrelay-duration-ms", value: facts.duration.wholeMilliseconds)
        source.withText(separator: .slash) { sink.append(name: "wxrelay-source", value: $0) }
        sink.append(name: "wxrelay-function", value: facts.function)
        sink.append(name: "wxrelay-env", value: facts.environment)
        if facts.isLate { sink.append(name: "wxrelay-late", value: "true") }
        if facts.status == .failed { sink.append(name: "content-type", value: "application/json") }
        if let replyError { sink.append(name: "wxrelay-reply-error", value: replyError) }
        if let trace = head.traceparent { sink.append(name: "traceparent", value: bytes.extracting(trace)) }
        if let trace = head.tracestate { sink.append(name: "tracestate", value: bytes.extracting(trace)) }
        if let spring = head.springCorrelation {
            sink.append(name: "kafka_correlationId", value: bytes.extracting(spring))
        }
    }
}
