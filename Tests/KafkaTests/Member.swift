import Kafka
import Logging

/// A consumer with an owner that answers what the group asks and keeps what it reads.
final class Member {
    /// Nil once it was dropped.
    var consumer: Consumer?
    let lookups: Lookups
    /// Where each assigned partition is read from.
    var start: (TopicPartition) -> Offset = { _ in Offset(0) }
    /// Whether it reads; off is back-pressure.
    var isReading = true
    /// Whether a revoke is answered later, as by a member with calls in flight.
    var isDraining = false
    private(set) var slots: [Slot: TopicPartition] = [:]
    private(set) var records: [CopiedRecord] = []
    private(set) var ends: [TopicPartition: Offset] = [:]
    private(set) var failures: [ReceivedMessage.Content] = []
    private(set) var errors: [KafkaError] = []
    private(set) var commits: [[CommittedOffset]] = []
    private(set) var assignments = 0
    private(set) var revocations = 0
    private(set) var losses = 0
    private(set) var statistics: [String] = []
    private var draining: [TopicPartition]?
    private var unfinished: Set<Slot> = []

    init(_ properties: Properties, topics: [String], bell: Bell) throws {
        let consumer = try Consumer(properties, topics: topics, logger: .silent) { bell.ring() }
        lookups = consumer.lookups
        self.consumer = consume consumer
    }

    var partitions: Set<TopicPartition> { Set(slots.values) }

    /// Whether something was announced that was not read.
    var hasUnread: Bool { !unfinished.isEmpty }

    /// What a loop does when it is woken.
    func turn() throws {
        consumer?.takeReady { unfinished.insert($0) }
        while let event = consumer?.nextEvent() { try answer(event) }
        if !isDraining, let partitions = draining { try letGo(partitions) }
        if isReading { for slot in unfinished { read(slot) } }
    }

    func commit(_ partition: TopicPartition, _ offset: Int64, metadata: [UInt8]? = nil) throws {
        try consumer?.commit([OffsetCommit(partition: partition, offset: Offset(offset), metadata: metadata)])
    }

    func close(_ bell: Bell) async throws {
        try consumer?.beginClose()
        try await bell.turns {
            try turn()
            return consumer?.isClosed ?? true
        }
        consumer = nil
    }

    private func answer(_ event: ConsumerEvent) throws {
        switch event {
        case .assign(let partitions):
            assignments += 1
            let assigned = try consumer?.assign(partitions.map { ($0, start($0)) }) ?? []
            for (slot, partition) in zip(assigned, partitions) { slots[slot] = partition }
        case .revoke(let partitions, let isLost):
            losses += isLost ? 1 : 0
            revocations += 1
            draining = partitions
        case .committed(let partitions, let error):
            commits.append(partitions)
            if let error { errors.append(error) }
        case .error(let error):
            errors.append(error)
        case .statistics(let text):
            statistics.append(text)
        }
    }

    private func letGo(_ partitions: [TopicPartition]) throws {
        draining = nil
        slots = slots.filter { !partitions.contains($0.value) }
        unfinished.formIntersection(slots.keys)
        try consumer?.unassign(partitions)
    }

    private func read(_ slot: Slot) {
        let end = consumer?.read(slot, max: 64) { message in
            let content = message.content
            switch content {
            case .record:
                records.append(message.copy())
            case .partitionEnd(let offset):
                ends[TopicPartition(topic: message.topic, partition: message.partition)] = offset
            case .error:
                failures.append(content)
            }
        }
        if end == .emptied { unfinished.remove(slot) }
    }
}

extension Logger {
    /// librdkafka's warnings about brokers that tests stop are no news.
    static var silent: Logger { Logger(label: "test") { _ in SwiftLogNoOpLogHandler() } }
}
