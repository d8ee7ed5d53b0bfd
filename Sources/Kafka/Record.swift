/// A Kafka record that lends its bytes: a message in librdkafka's memory or a copy of one.
public protocol Record: ~Copyable {
    /// The topic's name.
    var topic: String { get }
    /// The partition's number.
    var partition: Int32 { get }
    /// The place in the partition's log.
    var offset: Offset { get }
    /// The record's timestamp; nil when it has none.
    var timestamp: Timestamp? { get }
    /// How many headers there are, duplicates counted each.
    var headerCount: Int { get }

    /// Lends the key, nil when there is none (an empty one is not nil); the span cannot leave `body`.
    borrowing func withKey<Result, Failure: Error>(
        _ body: (RawSpan?) throws(Failure) -> Result
    ) throws(Failure) -> Result

    /// Lends the value, nil for a tombstone (an empty one is not nil); the span cannot leave `body`.
    borrowing func withValue<Result, Failure: Error>(
        _ body: (RawSpan?) throws(Failure) -> Result
    ) throws(Failure) -> Result

    /// Lends each header in the record's order; names may repeat, a value may be null. Throwing ends the walk.
    borrowing func forEachHeader<Failure: Error>(
        _ body: (_ name: RawSpan, _ value: RawSpan?) throws(Failure) -> Void
    ) throws(Failure)
}

extension Record where Self: ~Copyable {
    /// An owned copy, free of the fetch response that a message pins.
    public borrowing func copy() -> CopiedRecord {
        var bytes: [UInt8] = []
        let key = withKey { bytes.append($0) }
        let value = withValue { bytes.append($0) }
        var headers = HeaderBlock()
        forEachHeader { headers.append(name: $0, value: $1) }
        return CopiedRecord(
            topic: topic,
            partition: partition,
            offset: offset,
            timestamp: timestamp,
            bytes: bytes,
            key: key,
            value: value,
            headers: headers
        )
    }
}

extension [UInt8] {
    /// Appends the bytes and says where they are; nil for nil.
    mutating func append(_ span: RawSpan?) -> Range<Int>? {
        guard let span else { return nil }
        let start = count
        unsafe span.withUnsafeBytes { unsafe append(contentsOf: $0) }
        return start..<count
    }

    /// Lends the part in a range; nil for nil.
    func withBytes<Result, Failure: Error>(
        in range: Range<Int>?,
        _ body: (RawSpan?) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        guard let range else { return try body(nil) }
        return try unsafe body(span.bytes.extracting(range))
    }
}
