import Foundation
import Kafka
import Testing

/// A broker process of its own for a suite, with a data folder that goes with it.
final class BrokerProcess: Sendable {
    @TaskLocal static var current: BrokerProcess?

    private let noida: Noida
    private let folder: URL

    var bootstrapServers: String { noida.bootstrapServers }

    init() throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "kafka-tests-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        noida = try Noida(data: folder)
    }

    func start() async throws { try await noida.start() }

    func stop() async throws {
        try await noida.end()
        try FileManager.default.removeItem(at: folder)
    }

    func properties(group: String) throws -> Properties {
        var properties = Properties()
        try properties.set("bootstrap.servers", to: bootstrapServers)
        try properties.set("group.id", to: group)
        // A rebalance is learned of by heartbeat.
        try properties.set("heartbeat.interval.ms", to: "100")
        // This broker answers a backlog in one response, whatever limit the fetch names.
        try properties.set("receive.message.max.bytes", to: "1000000000")
        return properties
    }

    /// A topic with a name of its own, so that tests do not meet.
    func topic(partitions: Int, configuration: [String: String] = [:]) throws -> String {
        let name = "t-\(UUID().uuidString)"
        let admin = try Admin(properties(group: "none"), logger: .silent)
        let topic = NewTopic(name: name, partitions: partitions, configuration: configuration)
        let results = try admin.create([topic], timeout: .seconds(60))
        try #require(results.map(\.error) == [nil])
        return name
    }
}

/// Starts the broker before a suite and stops it after.
struct BrokerScope: SuiteTrait, TestScoping {
    func provideScope(
        for test: Test,
        testCase: Test.Case?,
        performing function: @concurrent @Sendable () async throws -> Void
    ) async throws {
        let broker = try BrokerProcess()
        let result: Result<Void, any Error>
        do {
            try await broker.start()
            result = .success(try await BrokerProcess.$current.withValue(broker) { try await function() })
        } catch {
            result = .failure(error)
        }
        try await broker.stop()
        try result.get()
    }
}

extension Trait where Self == BrokerScope {
    static var broker: BrokerScope { BrokerScope() }
}
