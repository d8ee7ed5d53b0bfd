import Foundation

/// The shipped binary as a child process: `wxrelay run`.
final class RelayProcess: Sendable {
    let child: ChildProcess
    /// The file that it was started with.
    let configuration: URL
    /// What its core was told and decided, if that is recorded.
    let recording: RecordedRun?
    private let output: URL
    private let errors: URL

    /// Runs `wxrelay run --config` with further options. What it says goes into files of its own in the folder, and so does
    /// a recording. Functions of the library `overriding` go before those of the same name.
    init(configuration: URL, folder: URL, isRecorded: Bool, options: [String], overriding: URL?) throws {
        self.configuration = configuration
        let name = TestBroker.freshName("relay")
        output = folder.appending(path: "\(name).out")
        errors = folder.appending(path: "\(name).err")
        recording = isRecorded ? RecordedRun(file: folder.appending(path: "\(name).steps")) : nil
        for file in [output, errors] {
            guard FileManager.default.createFile(atPath: file.path, contents: nil) else {
                throw Missing("a file \(file.path)")
            }
        }
        child = try ChildProcess(
            "/usr/bin/env",
            (overriding.map { ["LD_PRELOAD=\($0.path)"] } ?? [])
                + [Self.binary.path, "run", "--config", configuration.path] + options
                + (recording.map { ["--record", $0.file.path] } ?? []),
            output: FileHandle(forWritingTo: output),
            errors: FileHandle(forWritingTo: errors)
        )
    }

    /// The binary of the same build as these tests.
    static var binary: URL {
        get throws {
            let bundle = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
            let binary = bundle.deletingLastPathComponent().appending(path: "wxrelay")
            guard FileManager.default.isExecutableFile(atPath: binary.path) else {
                throw Missing("\(binary.path): build it first, with the configuration of the tests (swift build)")
            }
            return binary
        }
    }

    /// Everything it has written to standard output, secrets if it leaks any.
    var text: String {
        get throws { String(decoding: try Data(contentsOf: output), as: UTF8.self) }
    }

    /// What it has written to standard error.
    var errorText: String {
        get throws { String(decoding: try Data(contentsOf: errors), as: UTF8.self) }
    }

    /// The events that it has logged so far.
    var log: [LogLine] {
        get throws {
            // The last line may not be whole yet.
            try text.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map { try LogLine(String($0)) }
        }
    }

    /// Waits for an event of the log.
    @discardableResult
    func logs(
        _ wanted: String,
        within limit: Duration = .seconds(60),
        where isWanted: (LogLine) -> Bool
    ) async throws -> LogLine {
        try await orItsEnd {
            try await eventually("the relay logs: \(wanted)", within: limit) {
                if let found = try log.first(where: isWanted) { return found }
                if let ending = child.ending { throw Missing("a running relay that logs: \(wanted), not \(ending)") }
                return nil
            }
        }
    }

    /// Waits until a hold with this cause was opened.
    @discardableResult
    func opensHold(_ cause: String, within limit: Duration = .seconds(60)) async throws -> LogLine {
        try await logs("a \(cause) hold opens", within: limit) {
            $0.message.hasPrefix("hold opened") && $0["cause"] == cause
        }
    }

    /// How many holds were opened so far.
    var holdsOpened: Int {
        get throws { try log.count { $0.message.hasPrefix("hold opened") } }
    }

    /// SIGTERM, and how it ended: within `stop.drain` and the time that leaving takes.
    func stop(within limit: Duration = .seconds(90)) async throws -> ChildProcess.Ending {
        child.send(SIGTERM)
        return try await orItsEnd { try await child.ended(within: limit) }
    }

    /// Adds what the relay said to an error.
    private func orItsEnd<Value>(_ body: () async throws -> Value) async throws -> Value {
        do {
            return try await body()
        } catch {
            throw Missing(
                "\(error); the relay's last words:\n\(try text.suffix(3_000))\n\(try errorText.suffix(2_000))"
            )
        }
    }
}
