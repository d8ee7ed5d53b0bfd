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

    let port: Int
    private let folder: URL
    private let process = Mutex<ChildProcess?>(nil)
    private let sharedWriter = Mutex<TopicWriter?>(nil)

    var bootstrapServers: String { "127.0.0.1:\(port)" }

    private init() throws {
        port = try Self.freePort()
        folder = FileManager.default.temporaryDirectory.appending(path: "end-to-end-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
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
        try await broker.process.withLock { $0 }?.end()
        try FileManager.default.removeItem(at: broker.folder)
        return try result.get()
    }

    // MARK: Accidents

    /// Starts it, again on the same port and data, and waits until it listens.
    func start() async throws {
        let child = try ChildProcess(
            Self.binary.get(),
            ["start", "--only", "kafka", "--kafka-port", "\(port)", "--data-dir", folder.path]
        )
        process.withLock { $0 = child }
        _ = try await eventually("the broker listens on \(bootstrapServers)") {
            if let ending = child.ending { throw Missing("the broker to run, not \(ending)") }
            return Self.listens(port) ? true : nil
        }
    }

    /// Stops it with SIGTERM once what it acknowledged is saved; nobody may write meanwhile.
    func stop() async throws {
        guard let child = process.withLock({ $0 }) else { return }
        try await SavedFolder(url: folder).settles()
        child.send(SIGTERM)
        _ = try await child.ended(within: .seconds(30))
    }

    /// SIGSTOP: connections stay, nothing is answered.
    func suspend() {
        process.withLock { $0 }?.send(SIGSTOP)
    }

    /// SIGCONT.
    func resume() {
        process.withLock { $0 }?.send(SIGCONT)
    }

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

    private static let binary = Result {
        try ChildProcess.output(of: repository.appending(path: "scripts/broker").path, ["path"])
    }

    /// A port that is free now.
    static func freePort() throws -> Int {
        try withSocket { socket in
            var address = loopback(port: 0)
            var length = socklen_t(MemoryLayout<sockaddr_in>.size)
            let bound = withUnsafeMutablePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    bind(socket, $0, length) == 0 && getsockname(socket, $0, &length) == 0
                }
            }
            guard bound else { throw Missing("a free port") }
            return Int(UInt16(bigEndian: address.sin_port))
        }
    }

    private static func listens(_ port: Int) -> Bool {
        // Without a socket nobody listens either.
        let connected = try? withSocket { socket in
            var address = loopback(port: port)
            return withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
                }
            }
        }
        // Without a socket there is no answer either.
        return connected ?? false
    }

    private static func withSocket<Value>(_ body: (Int32) throws -> Value) throws -> Value {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw Missing("a socket") }
        defer { close(descriptor) }
        return try body(descriptor)
    }

    private static func loopback(port: Int) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        return address
    }
}
