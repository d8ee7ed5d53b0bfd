import Foundation
import Kafka

/// The mock broker as a process of its own, so that it can be paused and outlives the relays.
enum MockRole {
    static let name = "mock-broker"

    /// Tells its address by the file, then serves until it is killed.
    ///
    /// - Parameter arguments: the file, the number of partitions, the topics.
    /// - Throws: What librdkafka has against a topic, or the system against the file.
    static func run(_ arguments: [String]) async throws -> Never {
        guard arguments.count > 2, let partitions = Int(arguments[1]) else {
            throw Missing("a file, a number of partitions and topics")
        }
        let cluster = try MockCluster(brokers: 1, logger: .silent)
        for topic in arguments.dropFirst(2) { try cluster.createTopic(topic, partitions: partitions) }
        try Data(cluster.bootstrapServers.utf8).write(to: URL(filePath: arguments[0]), options: .atomic)
        while true { try await Task.sleep(for: .seconds(3_600)) }
    }
}
