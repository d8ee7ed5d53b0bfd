import Kafka

/// Reads topics from their first record on.
actor TopicReader {
    private let consumer: Consumer
    private var slots: Set<Slot> = []
    private var ready: Set<Slot> = []
    private(set) var records: [ReadRecord] = []
    private var failures: [KafkaError] = []

    init(_ broker: TestBroker, topics: [String]) throws {
        let properties = try broker.properties([
            "group.id": TestBroker.freshName("reader"), "heartbeat.interval.ms": "100", "fetch.wait.max.ms": "100",
        ])
        consumer = try Consumer(properties, topics: topics, logger: .silent) {}
    }

    /// All records that are there until now, in each partition's order.
    func poll() throws -> [ReadRecord] {
        consumer.takeReady { ready.insert($0) }
        while let event = consumer.nextEvent() { try answer(event) }
        for slot in ready {
            let end = consumer.read(slot, max: 10_000) { message in
                switch message.content {
                case .record: records.append(ReadRecord(message.copy()))
                case .partitionEnd: break
                case .error(let error, _): failures.append(error)
                }
            }
            if end == .emptied { ready.remove(slot) }
        }
        if let failure = failures.first { throw failure }
        return records
    }

    /// Waits until `isEnough`, and returns all records that were read.
    func records(
        _ wanted: String,
        within limit: Duration = .seconds(60),
        until isEnough: @Sendable ([ReadRecord]) -> Bool
    ) async throws -> [ReadRecord] {
        do {
            return try await eventually(wanted, within: limit) {
                let records = try poll()
                return isEnough(records) ? records : nil
            }
        } catch is Missing {
            let found = records.suffix(20).map(\.description).joined(separator: "\n")
            throw Missing("\(wanted) within \(limit), found \(records.count):\n\(found)")
        }
    }

    private func answer(_ event: ConsumerEvent) throws {
        switch event {
        case .assign(let partitions): slots.formUnion(try consumer.assign(partitions.map { ($0, Offset(0)) }))
        case .revoke(let partitions, _): try consumer.unassign(partitions)
        case .error(let error) where error.isFatal: throw error
        case .error, .committed, .statistics: break
        }
    }
}
