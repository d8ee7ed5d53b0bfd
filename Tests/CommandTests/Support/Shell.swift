import Foundation

/// Runs a command line as a person types it, with the shipped binary as `wxrelay`.
struct Shell {
    /// How a command line ended.
    struct Ending: Equatable {
        /// Standard output and standard error in the order in which they were written.
        var output: String
        var status: Int32
    }

    /// Where the command runs.
    let folder: URL
    var environment: [String: String] = [:]

    /// A folder of its own, with these files in it.
    init(files: [String: String] = [:]) throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "wxrelay-command-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        for (name, text) in files { try Data(text.utf8).write(to: folder.appending(path: name)) }
    }

    /// Takes the folder away.
    func remove() throws {
        try FileManager.default.removeItem(at: folder)
    }

    /// Runs it to its end.
    func run(_ command: String) async throws -> Ending {
        let pipe = Pipe()
        let process = try start(command, output: pipe)
        return try await end(of: process, pipe)
    }

    /// Waits for a process's end and reads all that it says.
    func end(of process: Process, _ pipe: Pipe) async throws -> Ending {
        try await withCheckedThrowingContinuation { continuation in
            DispatchQueue(label: "shell").async {
                continuation.resume(
                    with: Result {
                        let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
                        process.waitUntilExit()
                        return Ending(
                            output: String(decoding: output, as: UTF8.self),
                            status: process.terminationStatus
                        )
                    }
                )
            }
        }
    }

    /// Starts it; both outputs go to `output`.
    func start(_ command: String, output: Pipe) throws -> Process {
        let process = Process()
        process.executableURL = URL(filePath: "/bin/bash")
        process.arguments = ["-o", "pipefail", "-c", command]
        process.currentDirectoryURL = folder
        process.environment = environment.merging(["PATH": "\(try Self.binaries.path()):/usr/bin:/bin"]) { own, _ in own
        }
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        process.standardError = output
        // Children of Dispatch's threads would be born with SIGTERM blocked.
        var none = sigset_t()
        var before = sigset_t()
        sigemptyset(&none)
        pthread_sigmask(SIG_SETMASK, &none, &before)
        defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
        try process.run()
        return process
    }

    /// The folder of the shipped binary: that of the test bundle, which one build makes both.
    private static var binaries: URL {
        get throws {
            let folder = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
            guard FileManager.default.isExecutableFile(atPath: folder.appending(path: "wxrelay").path()) else {
                throw MissingBinary(folder: folder.path())
            }
            return folder
        }
    }

    struct MissingBinary: Error, CustomStringConvertible {
        let folder: String
        var description: String { "no wxrelay in \(folder): build it first (swift build --product wxrelay)" }
    }
}
