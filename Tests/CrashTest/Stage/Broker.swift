import Foundation
import Kafka
import Logging
import Synchronization

/// The broker of a run, a process of its own unless it is somebody else's.
final class Broker: Sendable {
    enum Kind: Equatable, Sendable {
        /// The broker of the tests: it keeps its data over a restart, and dead members for ever.
        case noida
        /// librdkafka's mock cluster: in memory, so it cannot be restarted; it evicts dead members.
        case mock
        /// A cluster that runs already, by its addresses. Nothing is done to its brokers.
        case cluster(String)
    }

    let kind: Kind
    private let folder: URL
    /// Of the kind that can be restarted.
    private let noida: Noida?
    private let mock = Mutex<ChildProcess?>(nil)
    private let address: Mutex<String>

    init(_ kind: Kind, folder: URL) throws {
        self.kind = kind
        self.folder = folder
        noida =
            kind == .noida
            ? try Noida(data: folder.appending(path: "data"), log: folder.appending(path: "broker.log")) : nil
        if case .cluster(let servers) = kind {
            address = Mutex(servers)
        } else {
            // The mock tells its own when it runs.
            address = Mutex(noida?.bootstrapServers ?? "")
        }
    }

    var bootstrapServers: String { address.withLock { $0 } }

    var traits: BrokerTraits { kind.traits }

    /// What librdkafka's clients need with it beside the address.
    var properties: [String: String] {
        switch kind {
        // It answers a backlog in one response, whatever limit the fetch names.
        case .noida: ["receive.message.max.bytes": "1000000000"]
        // New records do not wake a fetch that waits.
        case .mock: ["fetch.wait.max.ms": "10"]
        case .cluster: [:]
        }
    }

    /// Properties for a client of this process.
    func clientProperties(_ more: [String: String] = [:]) throws -> Properties {
        var properties = Properties()
        try properties.set("bootstrap.servers", to: bootstrapServers)
        for (name, value) in self.properties.merging(more, uniquingKeysWith: { $1 }) {
            try properties.set(name, to: value)
        }
        return properties
    }

    /// Starts it, and creates topics.
    func begin(topics: [String], partitions: Int) async throws {
        switch kind {
        case .mock:
            try await beginMock(topics, partitions)
            return
        case .noida: try await start()
        case .cluster: break
        }
        let properties = try clientProperties()
        let results = try await blocking {
            try Admin(properties, logger: .silent).create(
                topics.map { NewTopic(name: $0, partitions: partitions) },
                timeout: .seconds(30)
            )
        }
        for result in results {
            if let error = result.error { throw Missing("topic \(result.name) to be created, not \(error)") }
        }
    }

    /// Starts it again, on the same port and data.
    func start() async throws { try await noida?.start() }

    private func beginMock(_ topics: [String], _ partitions: Int) async throws {
        let file = folder.appending(path: "mock-address")
        let child = try ChildProcess(
            Program.path,
            [MockRole.name, file.path, "\(partitions)"] + topics,
            errors: try FileHandle(appendingTo: folder.appending(path: "broker.log"))
        )
        mock.withLock { $0 = child }
        let servers = try await eventually("the mock broker tells its address") {
            if let ending = child.ending { throw Missing("the mock broker to run, not \(ending)") }
            // It is not there yet.
            return try? String(contentsOf: file, encoding: .utf8)
        }
        address.withLock { $0 = servers }
    }

    /// Stops it with SIGTERM once what it acknowledged is saved; nobody may write meanwhile. Right before it `look` is called.
    func stop(_ look: () async throws -> Void) async throws { try await noida?.stop(look) }

    func send(_ signal: Int32) {
        noida?.send(signal)
        mock.withLock { $0 }?.send(signal)
    }

    /// Ends it at once, if this run started it; of somebody else's the topics are deleted.
    func end(topics: [String]) async throws {
        try await noida?.end()
        try await mock.withLock { $0 }?.end()
        guard case .cluster = kind else { return }
        let properties = try clientProperties()
        _ = try await blocking { try Admin(properties, logger: .silent).delete(topics, timeout: .seconds(30)) }
    }
}

extension Broker.Kind {
    var traits: BrokerTraits {
        switch self {
        case .noida: .noida
        case .mock: .mock
        case .cluster: .cluster
        }
    }
}

extension Broker.Kind: CustomStringConvertible {
    var description: String {
        switch self {
        case .noida: "noida"
        case .mock: "mock"
        case .cluster(let servers): servers
        }
    }
}

extension Logger {
    /// librdkafka's words about brokers that are stopped on purpose are no news.
    static var silent: Logger { Logger(label: "crash") { _ in SwiftLogNoOpLogHandler() } }
}
