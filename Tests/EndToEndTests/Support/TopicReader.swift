import Kafka

/// Reads topics from their first record on, each time to their ends as they are then.
///
/// It belongs to no group, and fetches only while it is asked: this broker answers a consumer's fetches at once, records
/// or none, so that one that waits costs it and the client half a core each.
actor TopicReader {
    private let consumer: Consumer
    /// The next offset of each partition.
    private var positions: [TopicPartition: Offset]
    private var records: [ReadRecord] = []
    private var isReading = false

    init(_ broker: TestBroker, topics: [String], partitions: Int) throws {
        // A subscription that matches nothing never asks to join.
        let properties = try broker.properties(["group.id": "reading", "fetch.wait.max.ms": "10"])
        consumer = try Consumer(properties, topics: ["^no-such-topic$"], logger: .silent) {}
        let all = topics.flatMap { topic in
            (0..<partitions).map { TopicPartition(topic: topic, partition: Int32($0)) }
        }
        positions = Dictionary(uniqueKeysWithValues: all.map { ($0, Offset(0)) })
    }

    /// All records up to now, in each partition's order; fewer while the broker is away.
    func read() async throws -> [ReadRecord] {
        // Between two looks another caller may come in.
        guard !isReading else { return records }
        isReading = true
        defer { isReading = false }
        let starts = positions.map { (partition: $0.key, offset: $0.value) }
        let slots = try consumer.assign(starts)
        defer {
            // Nothing of it is open: a failure here would show in the next assignment.
            try? consumer.unassign(starts.map(\.partition))
        }
        var open = Set(slots)
        let deadline = ContinuousClock.now + .seconds(3)
        while !open.isEmpty, ContinuousClock.now < deadline {
            while consumer.nextEvent() != nil {}
            for slot in open where try take(slot) { open.remove(slot) }
            if !open.isEmpty { try await Task.sleep(for: .milliseconds(2)) }
        }
        return records
    }

    /// Waits until `isEnough`, and returns all records up to then.
    func records(
        _ wanted: String,
        within limit: Duration = .seconds(60),
        until isEnough: @Sendable ([ReadRecord]) -> Bool
    ) async throws -> [ReadRecord] {
        do {
            return try await eventually(wanted, within: limit) {
                let records = try await read()
                return isEnough(records) ? records : nil
            }
        } catch is Missing {
            let found = records.suffix(20).map(\.description).joined(separator: "\n")
            throw Missing("\(wanted) within \(limit), found \(records.count):\n\(found)")
        }
    }

    /// Whether the partition's end was reached.
    private func take(_ slot: Slot) throws -> Bool {
        var isAtEnd = false
        var failure: KafkaError?
        _ = consumer.read(slot, max: 10_000) { message in
            switch message.content {
            case .record:
                records.append(ReadRecord(message.copy()))
                let partition = TopicPartition(topic: message.topic, partition: message.partition)
                positions[partition] = message.offset.next
            case .partitionEnd: isAtEnd = true
            case .error(let error, _): failure = error
            }
        }
        if let failure { throw failure }
        return isAtEnd
    }
}
