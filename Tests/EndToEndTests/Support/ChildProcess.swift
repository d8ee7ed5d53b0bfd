import Foundation
import Synchronization

/// A child process that does not outlive the tests.
final class ChildProcess: Sendable {
    /// What became of a child.
    enum Ending: Equatable, Sendable {
        case exit(Int32)
        case signal(Int32)
    }

    let pid: Int32
    private let process: Process
    private let isForgotten = Mutex(false)
    private let endTime = EndTime()

    /// Runs a program; `output` and `errors` are files or pipes, nil for nothing.
    init(_ program: String, _ arguments: [String], output: Any? = nil, errors: Any? = nil) throws {
        process = Process()
        process.executableURL = URL(filePath: program)
        process.arguments = arguments
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output ?? FileHandle.nullDevice
        process.standardError = errors ?? FileHandle.nullDevice
        // Children of Dispatch's threads would be born with SIGTERM blocked.
        var none = sigset_t()
        var before = sigset_t()
        sigemptyset(&none)
        pthread_sigmask(SIG_SETMASK, &none, &before)
        defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
        process.terminationHandler = { [endTime] _ in endTime.set() }
        try process.run()
        pid = process.processIdentifier
        try Lifeline.shared.get().add(pid)
    }

    /// How it ended; nil as long as it runs.
    var ending: Ending? {
        guard !process.isRunning else { return nil }
        return process.terminationReason == .exit
            ? .exit(process.terminationStatus) : .signal(process.terminationStatus)
    }

    /// When it ended; nil as long as nobody has noticed.
    var ended: Date? { endTime.value }

    /// Sends a signal, if it still runs.
    func send(_ signal: Int32) {
        if process.isRunning { kill(pid, signal) }
    }

    /// Waits for its end.
    func ended(within limit: Duration) async throws -> Ending {
        let ending = try await eventually("process \(pid) ends", within: limit) { self.ending }
        let isFirst = isForgotten.withLock { isForgotten in
            defer { isForgotten = true }
            return !isForgotten
        }
        if isFirst { try Lifeline.shared.get().forget(pid) }
        return ending
    }

    /// Ends it at once and waits until it is gone; nothing when it is gone already.
    @discardableResult
    func end() async throws -> Ending {
        send(SIGKILL)
        return try await ended(within: .seconds(30))
    }

    /// What a command writes to its standard output. It has to succeed.
    static func output(of program: String, _ arguments: [String]) throws -> String {
        let process = Process()
        let pipe = Pipe()
        process.executableURL = URL(filePath: program)
        process.arguments = arguments
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = pipe
        try process.run()
        let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw Missing("\(program) \(arguments.joined(separator: " ")) to succeed, not \(process.terminationStatus)")
        }
        return String(decoding: output, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
    }
}

/// When a process ended, told by whatever thread notices.
private final class EndTime: Sendable {
    private let time = Mutex<Date?>(nil)

    var value: Date? { time.withLock { $0 } }

    func set() {
        time.withLock { $0 = Date() }
    }
}
