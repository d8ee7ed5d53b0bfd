/// What one request record says beside its body: who asks, for what, until when, and where the reply goes.
///
/// The shell keeps one for each open record and reuses it. Byte texts lie in one buffer and are named by ranges in it.
package struct RequestHead: Hashable, Sendable {
    /// The buffer behind `correlationId`, `springCorrelation`, `traceparent` and `tracestate`.
    package internal(set) var bytes: [UInt8] = []
    /// The correlation id: the record's own, or `<topic>-<partition>-<offset>`; never empty after decoding.
    package internal(set) var correlationId = 0..<0
    /// The bytes of the header `kafka_correlationId`, which Spring's template looks for in the reply; nil without it.
    package internal(set) var springCorrelation: Range<Int>?
    package internal(set) var traceparent: Range<Int>?
    package internal(set) var tracestate: Range<Int>?
    /// The admitted reply topic that the record names; nil for the pipeline's own.
    package internal(set) var replyTopic: String?
    /// The partition of the reply topic that the record names; nil for the one that the key falls into.
    package internal(set) var replyPartition: Int32?
    /// The admitted function that the record names when it is not the pipeline's own; nil for the pipeline's own.
    package internal(set) var function: String?
    /// The admitted environment that the record names when it is not the pipeline's own.
    package internal(set) var environment: String?
    /// Whether nobody but the record named the function: neither the pipeline nor a literal entry of its allow-list. If
    /// there is no such function the record is wrong, not the configuration.
    package internal(set) var functionNamedByRecord = false
    /// The same for the environment.
    package internal(set) var environmentNamedByRecord = false
    /// When the answer stops being of use; nil when it never does.
    package internal(set) var deadline: WallTime?
    /// The record's own timestamp; nil when Kafka has none.
    package internal(set) var timestamp: WallTime?
    package internal(set) var body = BodySource.value(0..<0)

    package init() {}

    package mutating func removeAll(keepingCapacity: Bool) {
        var kept = bytes
        bytes = []
        kept.removeAll(keepingCapacity: keepingCapacity)
        self = RequestHead()
        bytes = kept
    }

    /// Lends the correlation id, the reply's key.
    package func withCorrelationId<Result, Failure: Error>(
        _ body: (RawSpan) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body(bytes.span.bytes.extracting(correlationId))
    }

    /// Appends the text to the buffer and returns its place there.
    mutating func append(_ text: RawSpan) -> Range<Int> {
        let start = bytes.count
        text.withUnsafeBytes { bytes.append(contentsOf: $0) }
        return start..<bytes.count
    }
}

/// The function's input.
package enum BodySource: Hashable, Sendable {
    /// These bytes of the record's value.
    case value(Range<Int>)
    /// The two bytes `{}`, for a null value with `on-null: empty-object`.
    case emptyObject
}
