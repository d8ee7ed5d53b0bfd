import Foundation
import Kafka
import Logging
import Synchronization

/// A Kafka broker as a process of its own, on a port and with a data folder that it keeps over a restart.
///
/// One serves a whole suite (`.broker`, then `current`), so topics and groups get names of their own. A test that stops
/// it starts its own (`withBroker`).
final class TestBroker: Sendable {
    /// The suite's.
    @TaskLocal static var current: TestBroker?

    private let noida: Noida
    private let folder: URL
    private let sharedWriter = Mutex<TopicWriter?>(nil)

    var bootstrapServers: String { noida.bootstrapServers }

    private init() throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "end-to-end-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        noida = try Noida(data: folder)
    }

    /// Runs `body` with a broker, which is gone afterwards in any case.
    static func withBroker<Value>(_ body: (TestBroker) async throws -> Value) async throws -> Value {
        let broker = try TestBroker()
        let result: Result<Value, any Error>
        do {
            try await broker.start()
            result = .success(try await body(broker))
        } catch {
            result = .failure(error)
        }
        try await broker.noida.end()
        try FileManager.default.removeItem(at: broker.folder)
        return try result.get()
    }

    // MARK: Accidents

    /// Starts it, again on the same port and data, and waits until it listens.
    func start() async throws { try await noida.start() }

    /// Stops it with SIGTERM once what it acknowledged is saved; nobody may write meanwhile.
    func stop() async throws { try await noida.stop() }

    /// SIGSTOP: connections stay, nothing is answered.
    func suspend() { noida.send(SIGSTOP) }

    /// SIGCONT.
    func resume() { noida.send(SIGCONT) }

    /// What puts records on its topics.
    func writer() throws -> TopicWriter {
        try sharedWriter.withLock { shared in
            if let shared { return shared }
            let made = try TopicWriter(self)
            shared = made
            return made
        }
    }

    // MARK: Names

    /// A name that no other test has.
    static func freshName(_ kind: String) -> String {
        "\(kind)-\(names.add(1, ordering: .relaxed).newValue)"
    }

    private static let names = Atomic(0)

    // MARK: What it needs

    /// The repository's, wherever this file was compiled from.
    static let repository = URL(filePath: #filePath).resolvingSymlinksInPath()
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
}
