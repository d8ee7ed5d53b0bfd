import Kafka
import Logging

extension TestBroker {
    /// Properties for a client of the tests' own.
    func properties(_ more: [String: String] = [:]) throws -> Properties {
        var properties = Properties()
        try properties.set("bootstrap.servers", to: bootstrapServers)
        // This broker answers a backlog in one response, whatever limit the fetch names.
        try properties.set("receive.message.max.bytes", to: "1000000000")
        for (name, value) in more { try properties.set(name, to: value) }
        return properties
    }

    /// Creates topics.
    func create(_ topics: [NewTopic]) async throws {
        let properties = try properties()
        let results = try await blocking {
            try Admin(properties, logger: .silent).create(topics, timeout: .seconds(30))
        }
        for case let result in results where result.error != nil {
            throw Missing("topic \(result.name) to be created, not \(result.error.map { "\($0)" } ?? "")")
        }
    }

    /// Deletes a partition's records below an offset, as retention does.
    func deleteRecords(of partition: Int32, in topic: String, below offset: Int64) async throws {
        let properties = try properties()
        try await blocking {
            try Admin(properties, logger: .silent).deleteRecords(
                of: TopicPartition(topic: topic, partition: partition),
                below: Offset(offset),
                timeout: .seconds(30)
            )
        }
    }

    /// What a group has committed, by partition: the next offset to read. Partitions without a commit are not in it.
    ///
    /// It does not join the group, so the group does not notice.
    func committed(_ group: String, topic: String, partitions: Int) async throws -> [Int32: Int64] {
        try await look(group: group) { lookups in
            let found = try lookups.committed(Self.all(topic, partitions), timeout: .seconds(30))
            var offsets: [Int32: Int64] = [:]
            for commit in found {
                if let error = commit.error { throw error }
                if let offset = commit.offset { offsets[commit.partition.partition] = offset.value }
            }
            return offsets
        }
    }

    /// What a group has committed beside its offsets, by partition; partitions without it are not in it.
    func metadata(_ group: String, topic: String, partitions: Int) async throws -> [Int32: [UInt8]] {
        try await look(group: group) { lookups in
            let found = try lookups.committed(Self.all(topic, partitions), timeout: .seconds(30))
            return found.reduce(into: [:]) { texts, commit in texts[commit.partition.partition] = commit.metadata }
        }
    }

    /// Commits for a group without members, as a tool does.
    func commit(_ commit: OffsetCommit, for group: String) async throws {
        let properties = try properties(["group.id": group])
        let consumer = try Consumer(properties, topics: ["^no-such-topic$"], logger: .silent) {}
        try consumer.commit([commit])
        let error = try await eventually("the commit is answered", within: .seconds(30)) {
            while let event = consumer.nextEvent() {
                if case .committed(let offsets, let error) = event { return [offsets.first?.error ?? error] }
            }
            return nil
        }
        if let error = error.first ?? nil { throw error }
    }

    /// Where a topic's partitions end: the offset of the next record.
    func ends(of topic: String, partitions: Int) async throws -> [Int32: Int64] {
        try await look(group: "looking") { lookups in
            let bounds = try lookups.logBounds(Self.all(topic, partitions), timeout: .seconds(30))
            return Dictionary(
                uniqueKeysWithValues: bounds.map { ($0.partition.partition, $0.end?.value ?? -1) }
            )
        }
    }

    /// Whether there is such a topic; asking does not create it.
    func exists(_ topic: String) async throws -> Bool {
        try await look(group: "looking") { try $0.topic(topic, timeout: .seconds(30)).error == nil }
    }

    private func look<Found: Sendable>(
        group: String,
        _ body: @escaping @Sendable (Lookups) throws -> Found
    ) async throws -> Found {
        let properties = try properties(["group.id": group])
        return try await blocking {
            // A subscription that matches nothing never asks to join.
            let consumer = try Consumer(properties, topics: ["^no-such-topic$"], logger: .silent) {}
            return try body(consumer.lookups)
        }
    }

    private static func all(_ topic: String, _ partitions: Int) -> [TopicPartition] {
        (0..<partitions).map { TopicPartition(topic: topic, partition: Int32($0)) }
    }
}

extension Logger {
    /// librdkafka's words about brokers that tests stop are no news.
    static var silent: Logger { Logger(label: "end-to-end") { _ in SwiftLogNoOpLogHandler() } }
}
