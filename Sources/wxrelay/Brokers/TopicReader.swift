import Kafka
import Logging

/// Reads topics from their present ends on, by offsets and as a member of no group.
///
/// Made and used on one thread.
struct TopicReader: ~Copyable {
    private let consumer: Consumer
    /// All partitions of the topics.
    let partitions: [TopicPartition]
    private let slots: [Slot]
    private var unfinished: Set<Slot> = []
    /// The next offset of each partition, as far as it was read.
    private var positions: [Offset]
    /// Partitions that no broker has answered for.
    private var unanswered: Set<TopicPartition>

    /// No topic has this name: a consumer joins its group only when a topic of its subscription exists, and without a
    /// subscription `Consumer` cannot be made.
    private static let noTopic = "^wxrelay-reads-by-offset-and-joins-no-group$"

    /// Blocks until the brokers have told the partitions of topics that exist, and their ends.
    ///
    /// The properties are the relay's own, `group.id` among them: the group is not joined, but its offsets can be asked
    /// for. The bell is rung when there is something to read.
    init(
        _ topics: [String],
        properties: Properties,
        logger: Logger,
        bell: Bell,
        timeout: Duration
    ) throws(KafkaError) {
        let consumer = try Consumer(properties, topics: [Self.noTopic], logger: logger) { bell.ring() }
        var partitions: [TopicPartition] = []
        for topic in topics {
            let description = try consumer.lookups.topic(topic, timeout: timeout)
            if let error = description.error { throw error }
            partitions += (0..<Int32(description.partitionCount)).map { TopicPartition(topic: topic, partition: $0) }
        }
        var ends: [Offset] = []
        for bounds in try consumer.lookups.logBounds(partitions, timeout: timeout) {
            guard let end = bounds.end else { throw bounds.error ?? KafkaError(code: .timedOut) }
            ends.append(end)
        }
        slots = try consumer.assign(Array(zip(partitions, ends)))
        self.consumer = consumer
        self.partitions = partitions
        positions = ends
        unanswered = Set(partitions)
    }

    /// Questions to the brokers, which block.
    var lookups: Lookups { consumer.lookups }

    /// Whether a record, an end or an error has come of each partition.
    var isAnswered: Bool { unanswered.isEmpty }

    /// Whether everything was read that lies in front of the log's present end. Blocks for the question.
    borrowing func isAtEnd(timeout: Duration) throws(KafkaError) -> Bool {
        let bounds = try consumer.lookups.logBounds(partitions, timeout: timeout)
        return zip(bounds, positions).allSatisfy { bounds, position in bounds.end.map { position >= $0 } ?? false }
    }

    /// Takes what is there; `body` gets each record, `refused` each error of a partition, which may pass by itself. To
    /// be called at each ring of the bell, and once a second.
    ///
    /// - Throws: A fatal error of the client.
    mutating func read(
        refused: (TopicPartition, KafkaError) -> Void = { _, _ in },
        _ body: (borrowing ReceivedMessage) -> Void
    ) throws(KafkaError) {
        var ready = unfinished
        consumer.takeReady { ready.insert($0) }
        unfinished = []
        for slot in ready {
            guard let index = slots.firstIndex(of: slot) else { continue }
            var position = positions[index]
            let partition = partitions[index]
            var isAnswered = false
            let end = consumer.read(slot, max: 1_000) { message in
                isAnswered = true
                switch message.content {
                case .record:
                    position = message.offset.next
                    body(message)
                case .partitionEnd(let offset): position = offset
                case .error(let error, _): refused(partition, error)
                }
            }
            positions[index] = position
            if isAnswered { unanswered.remove(partition) }
            if end == .more { unfinished.insert(slot) }
        }
        while let event = consumer.nextEvent() {
            if case .error(let error) = event, error.isFatal { throw error }
        }
    }

    /// Whether `read` left something, of which the bell does not tell again.
    var hasMore: Bool { !unfinished.isEmpty }
}
