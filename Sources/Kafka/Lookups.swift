internal import CRdKafka
import Synchronization

/// Questions to the brokers over a consumer's own connections. Each call blocks until its answer or its time limit, so
/// they belong on a helper thread while the owner goes on polling.
///
/// When the consumer is dropped, a call under way ends first and every later one fails with
/// ``KafkaError/Code/destroyed``.
public struct Lookups: Sendable {
    private let reference: ClientReference

    init(_ reference: ClientReference) {
        self.reference = reference
    }

    /// What the group has committed, a partition each, in the order given.
    public func committed(
        _ partitions: [TopicPartition],
        timeout: Duration
    ) throws(KafkaError) -> [CommittedOffset] {
        try reference.client().committed(partitions, timeout: timeout)
    }

    /// Where the partitions' logs begin and end, in the order given. With `isolation.level=read_committed` the end lies
    /// in front of the first open transaction.
    public func logBounds(_ partitions: [TopicPartition], timeout: Duration) throws(KafkaError) -> [LogBounds] {
        let deadline = ContinuousClock.now + timeout
        let client = try reference.client()
        let starts = try client.offsets(at: Int64(RD_KAFKA_OFFSET_BEGINNING), in: partitions, timeout: timeout)
        let ends = try client.offsets(
            at: Int64(RD_KAFKA_OFFSET_END),
            in: partitions,
            timeout: ContinuousClock.now.duration(to: deadline)
        )
        return zip(starts, ends).map { start, end in
            LogBounds(
                partition: start.partition,
                start: start.offset,
                end: end.offset,
                error: start.error ?? end.error
            )
        }
    }

    /// The first offset at or after a time, a partition each, in the order given; nil when the log has none.
    public func offsets(
        at time: Timestamp,
        in partitions: [TopicPartition],
        timeout: Duration
    ) throws(KafkaError) -> [FoundOffset] {
        try reference.client().offsets(at: time.milliseconds, in: partitions, timeout: timeout)
    }

    /// Whether a topic exists and how many partitions it has; asking does not create it.
    public func topic(_ name: String, timeout: Duration) throws(KafkaError) -> TopicDescription {
        try reference.client().topic(name, timeout: timeout)
    }

    /// The brokers.
    public func cluster(timeout: Duration) throws(KafkaError) -> ClusterDescription {
        try reference.client().cluster(timeout: timeout)
    }
}

/// Where a partition's log begins and ends.
public struct LogBounds: Equatable, Sendable {
    /// The partition.
    public let partition: TopicPartition
    /// The first offset there is, nil when it is unknown.
    public let start: Offset?
    /// The offset that the next record gets, nil when it is unknown.
    public let end: Offset?
    /// Why a bound is unknown.
    public let error: KafkaError?

    /// Tells a log's bounds.
    public init(partition: TopicPartition, start: Offset?, end: Offset?, error: KafkaError?) {
        self.partition = partition
        self.start = start
        self.end = end
        self.error = error
    }
}

/// An offset that was looked for by time.
public struct FoundOffset: Equatable, Sendable {
    /// The partition.
    public let partition: TopicPartition
    /// The first offset at or after the time; nil when there is none or an error.
    public let offset: Offset?
    /// What is wrong with this partition.
    public let error: KafkaError?

    /// Tells what was found.
    public init(partition: TopicPartition, offset: Offset?, error: KafkaError?) {
        self.partition = partition
        self.offset = offset
        self.error = error
    }
}

/// The way from a look-up to its consumer's client, cut when the consumer is dropped.
final class ClientReference: Sendable {
    private let held: Mutex<Client?>

    init(_ client: Client) {
        held = Mutex(client)
    }

    /// The client, for one call of a method of its own, which keeps it until it returns.
    func client() throws(KafkaError) -> Client {
        guard let client = held.withLock({ $0 }) else { throw KafkaError(code: .destroyed) }
        return client
    }

    func clear() {
        held.withLock { $0 = nil }
    }
}

extension Client {
    fileprivate func committed(
        _ partitions: [TopicPartition],
        timeout: Duration
    ) throws(KafkaError) -> [CommittedOffset] {
        let list = PartitionList(partitions)
        try KafkaError.check(unsafe rd_kafka_committed(raw, list.raw, timeout.milliseconds))
        return unsafe [CommittedOffset](reading: list.raw, CommittedOffset.init)
    }

    fileprivate func offsets(
        at mark: Int64,
        in partitions: [TopicPartition],
        timeout: Duration
    ) throws(KafkaError) -> [FoundOffset] {
        // librdkafka takes the time, or -2 for the start and -1 for the end, where the answer is put.
        let list = PartitionList(partitions, offset: mark)
        try KafkaError.check(unsafe rd_kafka_offsets_for_times(raw, list.raw, timeout.milliseconds))
        return unsafe [FoundOffset](reading: list.raw) { element in
            let error = unsafe KafkaError(element.err)
            return unsafe FoundOffset(
                partition: TopicPartition(element),
                offset: error == nil ? Offset(found: element.offset) : nil,
                error: error
            )
        }
    }
}

extension Duration {
    /// For librdkafka: whole milliseconds, at least 1.
    var milliseconds: Int32 {
        Int32(clamping: max(1, components.seconds * 1_000 + components.attoseconds / 1_000_000_000_000_000))
    }
}
