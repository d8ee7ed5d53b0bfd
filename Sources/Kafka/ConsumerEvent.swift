/// What a consumer's group and client tell its owner.
public enum ConsumerEvent: Equatable, Sendable {
    /// The group gives these partitions, none among them, to this member, which waits for ``Consumer/assign(_:)``
    /// (an empty list too). It may be answered later: all other members wait meanwhile.
    case assign([TopicPartition])
    /// The group takes these partitions back and waits for ``Consumer/unassign(_:)``. When they are lost, others may
    /// have them already and nothing can be committed.
    case revoke([TopicPartition], isLost: Bool)
    /// A commit was answered: as a whole with the error, else partition by partition.
    case committed([CommittedOffset], KafkaError?)
    /// An error of the client, or of a topic that is subscribed to, which the reason names. After a fatal one neither a revoke nor a close is
    /// answered any more: all partitions count as lost and the consumer is to be dropped.
    case error(KafkaError)
    /// librdkafka's statistics as JSON, each `statistics.interval.ms` if that is set.
    case statistics(String)
}

/// A committed offset as the group's coordinator has it or answered it.
public struct CommittedOffset: Equatable, Sendable {
    /// The partition.
    public let partition: TopicPartition
    /// The next offset to read; nil when the group has none for the partition.
    public let offset: Offset?
    /// The bytes that were committed with it; nil for none or an empty string, which Kafka does not tell apart here.
    public let metadata: [UInt8]?
    /// What is wrong with this partition.
    public let error: KafkaError?

    /// Tells what is committed.
    public init(partition: TopicPartition, offset: Offset?, metadata: [UInt8]?, error: KafkaError?) {
        self.partition = partition
        self.offset = offset
        self.metadata = metadata
        self.error = error
    }
}

/// What to commit for a partition.
public struct OffsetCommit: Equatable, Sendable {
    /// The partition.
    public let partition: TopicPartition
    /// The next offset to read.
    public let offset: Offset
    /// Text without NUL, which librdkafka would cut off on the way back; brokers refuse more bytes than their
    /// `offset.metadata.max.bytes`, 4,096 by default.
    public let metadata: [UInt8]?

    /// Says what to commit.
    public init(partition: TopicPartition, offset: Offset, metadata: [UInt8]? = nil) {
        self.partition = partition
        self.offset = offset
        self.metadata = metadata
    }
}
