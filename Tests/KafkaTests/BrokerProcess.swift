import Foundation
import Kafka
import Testing

/// A broker process of its own for a suite, on a free port, with a data folder that goes with it.
final class BrokerProcess: Sendable {
    @TaskLocal static var current: BrokerProcess?

    let bootstrapServers: String
    private let shell = Process()
    private let lifeline = Pipe()
    private let folder: URL

    init() throws {
        let binary = try Self.output(of: Self.root.appending(path: "scripts/broker").path, ["path"])
        let port = try Self.freePort()
        bootstrapServers = "127.0.0.1:\(port)"
        folder = FileManager.default.temporaryDirectory.appending(path: "kafka-tests-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        // The broker ends with its standard input, so none is left when the tests are killed. SIGKILL, since children of
        // a thread of Dispatch are born with SIGTERM blocked.
        shell.executableURL = URL(filePath: "/bin/sh")
        shell.arguments = [
            "-c",
            #""$0" start --only kafka --kafka-port "$1" --data-dir "$2" </dev/null & cat >/dev/null; kill -KILL $!; wait"#,
            binary, "\(port)", folder.path,
        ]
        shell.standardInput = lifeline
        shell.standardOutput = FileHandle.nullDevice
        shell.standardError = FileHandle.nullDevice
        try shell.run()
    }

    func stop() throws {
        try lifeline.fileHandleForWriting.close()
        shell.waitUntilExit()
        try FileManager.default.removeItem(at: folder)
    }

    func properties(group: String) throws -> Properties {
        var properties = Properties()
        try properties.set("bootstrap.servers", to: bootstrapServers)
        try properties.set("group.id", to: group)
        try properties.set("session.timeout.ms", to: "6000")
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
        let results = try admin.create([topic], timeout: .seconds(10))
        try #require(results.map(\.error) == [nil])
        return name
    }

    private static let root = URL(filePath: #filePath).resolvingSymlinksInPath()
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    private static func freePort() throws -> Int {
        let found = try output(
            of: "/usr/bin/env",
            [
                "python3", "-c",
                "import socket; s = socket.socket(); s.bind(('127.0.0.1', 0)); print(s.getsockname()[1])",
            ]
        )
        return try #require(Int(found))
    }

    private static func output(of command: String, _ arguments: [String]) throws -> String {
        let process = Process()
        let pipe = Pipe()
        process.executableURL = URL(filePath: command)
        process.arguments = arguments
        process.standardOutput = pipe
        try process.run()
        let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0, "\(command) \(arguments) ended with \(process.terminationStatus)")
        return String(decoding: output, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
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
        do { result = .success(try await BrokerProcess.$current.withValue(broker) { try await function() }) } catch {
            result = .failure(error)
        }
        try broker.stop()
        try result.get()
    }
}

extension Trait where Self == BrokerScope {
    static var broker: BrokerScope { BrokerScope() }
}
