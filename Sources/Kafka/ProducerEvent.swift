/// What a producer tells its owner.
public enum ProducerEvent: Equatable, Sendable {
    /// A message's story ended; every message that was taken gets exactly one.
    case delivered(DeliveryReport)
    /// An error of the client. With a fatal one every message that was not delivered comes back as a report, nothing is
    /// taken any more and the producer is to be replaced.
    case error(KafkaError)
    /// librdkafka's statistics as JSON, each `statistics.interval.ms` if that is set.
    case statistics(String)
}

/// How a produced message ended.
public struct DeliveryReport: Equatable, Sendable {
    /// Whether the message is in the log.
    public enum Persistence: Equatable, Sendable {
        /// It is not, and never will be.
        case no
        /// It was sent and the answer is not known.
        case possibly
        /// It is, as far as `acks` asks for.
        case yes
    }

    /// The number that the message was given.
    public let tag: UInt64
    /// Why it was not delivered; nil when it was.
    public let error: KafkaError?
    /// Whether the brokers have it.
    public let persistence: Persistence
    /// The partition; nil when none was chosen.
    public let partition: Int32?
    /// The record's place; nil when it is unknown, which a retried message's may be.
    public let offset: Offset?

    /// Tells a message's end.
    public init(tag: UInt64, error: KafkaError?, persistence: Persistence, partition: Int32?, offset: Offset?) {
        self.tag = tag
        self.error = error
        self.persistence = persistence
        self.partition = partition
        self.offset = offset
    }
}
