/// One partition of one topic.
public struct TopicPartition: Hashable, Sendable, CustomStringConvertible {
    /// The topic's name. Kafka allows ASCII letters, digits, `.`, `_` and `-`; bytes that are no UTF-8, should a broker
    /// ever send them, are replaced by U+FFFD.
    public let topic: String
    /// The partition's number, from 0.
    public let partition: Int32

    /// Names one partition.
    public init(topic: String, partition: Int32) {
        self.topic = topic
        self.partition = partition
    }

    /// `topic/partition`.
    public var description: String { "\(topic)/\(partition)" }
}

extension TopicPartition: Comparable {
    /// By topic, then by partition.
    public static func < (left: TopicPartition, right: TopicPartition) -> Bool {
        (left.topic, left.partition) < (right.topic, right.partition)
    }
}
