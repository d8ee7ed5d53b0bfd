internal import CRdKafka

/// What a partition's queue gave: a record, the end of the partition, or an error. It lies in librdkafka's memory until
/// this value dies.
///
/// A message pins the whole fetch response that it came in (up to `max.partition.fetch.bytes` and more), so one that
/// waits long is better kept as ``copy()``. It may outlive its consumer.
@safe
public struct ReceivedMessage: ~Copyable {
    private let raw: UnsafeMutablePointer<rd_kafka_message_t>
    /// Destroyed after the message, never before.
    private let client: Client

    init(adopting raw: UnsafeMutablePointer<rd_kafka_message_t>, of client: Client) {
        unsafe self.raw = raw
        self.client = client
    }

    /// What a message is.
    public enum Content: Equatable, Sendable {
        /// A record: ``ReceivedMessage/offset`` is its place; it has key, value and headers.
        case record
        /// The end of the log was reached. The offset is the next position: behind transaction markers and aborted data,
        /// and with `read_committed` in front of an open transaction.
        case partitionEnd(Offset)
        /// An error of this partition. With ``KafkaError/Code/offsetOutsideLog`` the offset is the one asked for.
        case error(KafkaError, at: Offset?)
    }

    /// What this message is.
    public var content: Content {
        switch unsafe raw.pointee.err {
        case RD_KAFKA_RESP_ERR_NO_ERROR:
            .record
        case RD_KAFKA_RESP_ERR__PARTITION_EOF:
            .partitionEnd(offset)
        case let code:
            unsafe .error(
                KafkaError(code: .init(code), reason: String(cString: rd_kafka_message_errstr(raw))),
                at: Offset(found: raw.pointee.offset)
            )
        }
    }

    /// The topic's name; each call makes a new string.
    public var topic: String { unsafe String(cString: rd_kafka_topic_name(raw.pointee.rkt)) }

    /// The partition's number.
    public var partition: Int32 { unsafe raw.pointee.partition }

    /// A record's offset, or the offset of an end or an error.
    public var offset: Offset { unsafe Offset(raw.pointee.offset) }

    /// The record's timestamp; nil when it has none.
    public var timestamp: Timestamp? {
        var kind = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE
        let milliseconds = unsafe rd_kafka_message_timestamp(raw, &kind)
        return milliseconds < 0 ? nil : Timestamp(milliseconds: milliseconds)
    }

    deinit {
        unsafe rd_kafka_message_destroy(raw)
    }
}

extension ReceivedMessage: Record {
    /// Lends the key, nil when there is none (an empty one is not nil).
    public borrowing func withKey<Result, Failure: Error>(
        _ body: (RawSpan?) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        guard unsafe raw.pointee.err == RD_KAFKA_RESP_ERR_NO_ERROR, let start = unsafe raw.pointee.key else {
            return try body(nil)
        }
        return try unsafe body(RawSpan(_unsafeStart: start, byteCount: raw.pointee.key_len))
    }

    /// Lends the value, nil for a tombstone (an empty one is not nil).
    public borrowing func withValue<Result, Failure: Error>(
        _ body: (RawSpan?) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        // The payload of an error is its text.
        guard unsafe raw.pointee.err == RD_KAFKA_RESP_ERR_NO_ERROR, let start = unsafe raw.pointee.payload else {
            return try body(nil)
        }
        return try unsafe body(RawSpan(_unsafeStart: start, byteCount: raw.pointee.len))
    }

    /// How many headers there are, duplicates counted each.
    public var headerCount: Int {
        guard let headers = unsafe headers() else { return 0 }
        return unsafe rd_kafka_header_cnt(headers)
    }

    /// Lends each header in the record's order: the name's bytes up to the first NUL, and the value, nil when it is null.
    public borrowing func forEachHeader<Failure: Error>(
        _ body: (_ name: RawSpan, _ value: RawSpan?) throws(Failure) -> Void
    ) throws(Failure) {
        guard let headers = unsafe headers() else { return }
        var index = 0
        var name: UnsafePointer<CChar>?
        var value: UnsafeRawPointer?
        var size = 0
        while unsafe rd_kafka_header_get_all(headers, index, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR {
            index += 1
            guard let name = unsafe name else { continue }
            let nameSpan = unsafe RawSpan(_unsafeStart: UnsafeRawPointer(name), byteCount: strlen(name))
            if let value = unsafe value {
                try unsafe body(nameSpan, RawSpan(_unsafeStart: value, byteCount: size))
            } else {
                try body(nameSpan, nil)
            }
        }
    }

    private borrowing func headers() -> OpaquePointer? {
        var headers: OpaquePointer?
        guard unsafe raw.pointee.err == RD_KAFKA_RESP_ERR_NO_ERROR,
            unsafe rd_kafka_message_headers(raw, &headers) == RD_KAFKA_RESP_ERR_NO_ERROR
        else { return nil }
        return unsafe headers
    }
}
