import Foundation
import Synchronization

/// Kills the children that are left when the tests end in whatever way, a crash and SIGKILL among them.
///
/// One shell reads the numbers of children from a pipe; the pipe ends with this process.
final class Lifeline: Sendable {
    static let shared = Result { try Lifeline() }

    private let shell = Process()
    private let pipe = Pipe()
    private let lock = Mutex(())

    private init() throws {
        shell.executableURL = URL(filePath: "/bin/sh")
        // The numbers are kept between blanks, so that 12 is not taken out of 123.
        shell.arguments = [
            "-c",
            """
            all=' '
            while read -r what pid; do
                case $what in
                add) all="$all$pid " ;;
                forget) all="${all%% $pid *} ${all#* $pid }" ;;
                esac
            done
            for pid in $all; do kill -KILL "$pid"; done 2>/dev/null
            """,
        ]
        shell.standardInput = pipe
        shell.standardOutput = FileHandle.nullDevice
        shell.standardError = FileHandle.nullDevice
        try shell.run()
    }

    /// Watches over a child from now on.
    func add(_ pid: Int32) throws {
        try tell("add \(pid)")
    }

    /// The child has ended, and its number may become another process's.
    func forget(_ pid: Int32) throws {
        try tell("forget \(pid)")
    }

    private func tell(_ line: String) throws {
        try lock.withLock { _ in try pipe.fileHandleForWriting.write(contentsOf: Data((line + "\n").utf8)) }
    }
}
