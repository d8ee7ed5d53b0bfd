/// A record's place in its partition's log, from 0. Offsets rise and may skip (compaction, transaction markers).
public struct Offset: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// Kafka's number, at least 0 for every offset that this module hands out.
    public let value: Int64

    /// Wraps Kafka's number.
    public init(_ value: Int64) {
        self.value = value
    }

    /// The offset behind this one.
    public var next: Offset { Offset(value + 1) }

    /// The number alone.
    public var description: String { String(value) }

    /// Orders offsets as their partition's log does.
    public static func < (left: Offset, right: Offset) -> Bool { left.value < right.value }

    /// Nil for librdkafka's negative marks (no offset, logical offsets).
    init?(found value: Int64) {
        guard value >= 0 else { return nil }
        self.value = value
    }
}

/// A record's timestamp: CreateTime or LogAppendTime, as its topic is configured.
public struct Timestamp: Hashable, Comparable, Sendable {
    /// Milliseconds since 1970-01-01T00:00:00Z.
    public let milliseconds: Int64

    /// Wraps Kafka's number of milliseconds since 1970-01-01T00:00:00Z.
    public init(milliseconds: Int64) {
        self.milliseconds = milliseconds
    }

    /// The earlier one is the smaller one.
    public static func < (left: Timestamp, right: Timestamp) -> Bool { left.milliseconds < right.milliseconds }
}
