import Foundation
import Glibc
import Synchronization

/// noida, the broker of the tests, as a process on a port and with a data folder that it keeps over a restart.
final class Noida: Sendable {
    private let port: ReservedPort
    private let data: URL
    private let log: URL?
    private let process = Mutex<ChildProcess?>(nil)

    /// What it says goes to the end of `log`, or nowhere.
    init(data: URL, log: URL? = nil) throws {
        port = try ReservedPort()
        self.data = data
        self.log = log
    }

    var bootstrapServers: String { "127.0.0.1:\(port.number)" }

    /// Starts it, again on the same port and data, and waits until it listens.
    func start() async throws {
        let output = try log.map { try FileHandle(appendingTo: $0) }
        let child = try ChildProcess(
            Self.binary.get(),
            ["start", "--only", "kafka", "--kafka-port", "\(port.number)", "--data-dir", data.path],
            output: output,
            errors: output
        )
        process.withLock { $0 = child }
        _ = try await eventually("the broker listens on \(bootstrapServers)") {
            if let ending = child.ending { throw Missing("the broker to run, not \(ending)") }
            return port.isServed ? true : nil
        }
    }

    /// Stops it with SIGTERM once what it acknowledged is saved; nobody may write meanwhile. Right before it `look` is called.
    func stop(_ look: () async throws -> Void = {}) async throws {
        guard let child = process.withLock({ $0 }) else { return }
        try await SavedFolder(url: data).settles()
        try await look()
        child.send(SIGTERM)
        _ = try await child.ended(within: .seconds(30))
    }

    func send(_ signal: Int32) {
        process.withLock { $0 }?.send(signal)
    }

    /// Ends it at once.
    func end() async throws {
        try await process.withLock { $0 }?.end()
    }

    /// The repository's, wherever this file was compiled from: it lies equally deep in each target that links it.
    private static let binary = Result {
        let repository = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        return try ChildProcess.output(of: repository.appending(path: "scripts/broker").path, ["path"])
    }
}

extension FileHandle {
    /// A file to write at the end of, made when it is not there.
    convenience init(appendingTo file: URL) throws {
        let descriptor = open(file.path, O_WRONLY | O_CREAT | O_APPEND, 0o644)
        guard descriptor >= 0 else { throw Missing("a file \(file.path)") }
        self.init(fileDescriptor: descriptor, closeOnDealloc: true)
    }
}
