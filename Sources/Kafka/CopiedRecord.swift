/// A record's key, value and headers in memory of its own.
public struct CopiedRecord: Equatable, Sendable {
    /// The topic's name.
    public let topic: String
    /// The partition's number.
    public let partition: Int32
    /// The place in the partition's log.
    public let offset: Offset
    /// The record's timestamp; nil when it has none.
    public let timestamp: Timestamp?
    /// The headers in the record's order.
    public let headers: HeaderBlock
    private let bytes: [UInt8]
    private let key: Range<Int>?
    private let value: Range<Int>?

    init(
        topic: String,
        partition: Int32,
        offset: Offset,
        timestamp: Timestamp?,
        bytes: [UInt8],
        key: Range<Int>?,
        value: Range<Int>?,
        headers: HeaderBlock
    ) {
        self.topic = topic
        self.partition = partition
        self.offset = offset
        self.timestamp = timestamp
        self.bytes = bytes
        self.key = key
        self.value = value
        self.headers = headers
    }

    /// How many bytes key, value and headers take.
    public var byteCount: Int { bytes.count + headers.byteCount }
}

extension CopiedRecord: Record {
    /// How many headers there are, duplicates counted each.
    public var headerCount: Int { headers.count }

    /// Lends the key, nil when there is none.
    public func withKey<Result, Failure: Error>(
        _ body: (RawSpan?) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try bytes.withBytes(in: key, body)
    }

    /// Lends the value, nil for a tombstone.
    public func withValue<Result, Failure: Error>(
        _ body: (RawSpan?) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try bytes.withBytes(in: value, body)
    }

    /// Lends each header in the record's order.
    public func forEachHeader<Failure: Error>(
        _ body: (_ name: RawSpan, _ value: RawSpan?) throws(Failure) -> Void
    ) throws(Failure) {
        try headers.forEach(body)
    }
}
