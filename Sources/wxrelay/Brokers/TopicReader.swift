import Kafka
import Logging

/// Reads a topic from its present end on, by offsets and as a member of no group.
///
/// Made and used on one thread.
struct TopicReader: ~Copyable {
    private let consumer: Consumer
    private let partitions: [TopicPartition]
    private let slots: [Slot]
    private var unfinished: Set<Slot> = []
    /// The next offset of each partition, as far as it was read.
    private var positions: [Offset]

    /// No topic has this name: a consumer joins its group only when a topic of its subscription exists, and without a
    /// subscription `Consumer` cannot be made.
    private static let noTopic = "^wxrelay-reads-by-offset-and-joins-no-group$"

    /// Blocks until the brokers have told the partitions of a topic that exists, and their ends.
    ///
    /// The properties are the relay's own, `group.id` among them: the group is not joined, but its offsets can be asked
    /// for. The bell is rung when there is something to read.
    init(
        _ topic: String,
        properties: Properties,
        logger: Logger,
        bell: Bell,
        timeout: Duration
    ) throws(KafkaError) {
        var properties = properties
        properties.remove("group.instance.id")
        let consumer = try Consumer(properties, topics: [Self.noTopic], logger: logger) { bell.ring() }
        let description = try consumer.lookups.topic(topic, timeout: timeout)
        if let error = description.error { throw error }
        let partitions = (0..<Int32(description.partitionCount)).map { TopicPartition(topic: topic, partition: $0) }
        var ends: [Offset] = []
        for bounds in try consumer.lookups.logBounds(partitions, timeout: timeout) {
            guard let end = bounds.end else { throw bounds.error ?? KafkaError(code: .timedOut) }
            ends.append(end)
        }
        slots = try consumer.assign(Array(zip(partitions, ends)))
        self.consumer = consumer
        self.partitions = partitions
        positions = ends
    }

    /// Questions to the brokers, which block.
    var lookups: Lookups { consumer.lookups }

    var partitionCount: Int { partitions.count }

    /// Whether everything was read that lies in front of the log's present end. Blocks for the question.
    borrowing func isAtEnd(timeout: Duration) throws(KafkaError) -> Bool {
        let bounds = try consumer.lookups.logBounds(partitions, timeout: timeout)
        return zip(bounds, positions).allSatisfy { bounds, position in bounds.end.map { position >= $0 } ?? false }
    }

    /// Takes what is there; `body` gets each record. To be called at each ring of the bell, and once a second.
    ///
    /// - Throws: A fatal error of the client. All others pass by themselves.
    mutating func read(_ body: (borrowing ReceivedMessage) -> Void) throws(KafkaError) {
        var ready = unfinished
        consumer.takeReady { ready.insert($0) }
        unfinished = []
        for slot in ready {
            guard let index = slots.firstIndex(of: slot) else { continue }
            var position = positions[index]
            let end = consumer.read(slot, max: 1_000) { message in
                switch message.content {
                case .record:
                    position = message.offset.next
                    body(message)
                case .partitionEnd(let offset): position = offset
                case .error: break
                }
            }
            positions[index] = position
            if end == .more { unfinished.insert(slot) }
        }
        while let event = consumer.nextEvent() {
            if case .error(let error) = event, error.isFatal { throw error }
        }
    }

    /// Whether `read` left something, of which the bell does not tell again.
    var hasMore: Bool { !unfinished.isEmpty }
}
