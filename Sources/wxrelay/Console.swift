import ArgumentParser
import Glibc
import Synchronization

/// What a command says: results on standard output, everything about them on standard error.
///
/// When standard output cannot be written to, a command has nothing more to do and ends; a reader that went away
/// (`wxrelay config example | head`) is no error to speak of.
enum Console {
    /// A line on standard output.
    static func out(_ line: String = "") {
        let start = isLineOpen.exchange(false, ordering: .relaxed) ? "\n" : ""
        out(bytes: Array("\(start)\(line)\n".utf8))
    }

    /// A part of a line on standard output, which others add to until one ends with a line break.
    static func outPart(_ text: String) {
        isLineOpen.store(!text.hasSuffix("\n"), ordering: .relaxed)
        out(bytes: Array(text.utf8))
    }

    /// Whether a person reads standard output.
    static var isTerminal: Bool { isatty(STDOUT_FILENO) == 1 }

    /// Bytes on standard output as they are.
    static func out(bytes: [UInt8]) {
        guard let problem = write(bytes, to: STDOUT_FILENO) else { return }
        if problem != EPIPE {
            error(
                "cannot write to standard output: \(String(cString: strerror(problem))); make room, or write elsewhere"
            )
        }
        _exit(ExitStatus.outputLost.rawValue)
    }

    /// A line on standard error.
    static func error(_ line: String) {
        // There is no other place where the loss of this could be told.
        _ = write(Array((line + "\n").utf8), to: STDERR_FILENO)
    }

    /// Writes all bytes, which do not mix with those of other threads.
    ///
    /// - Returns: the system's error number; nil when all was written.
    static func write(_ bytes: [UInt8], to descriptor: Int32) -> Int32? {
        lock.withLock { _ in
            bytes.withUnsafeBytes { bytes in
                var written = 0
                while written < bytes.count {
                    let count = Glibc.write(descriptor, bytes.baseAddress.map { $0 + written }, bytes.count - written)
                    if count >= 0 {
                        written += count
                    } else if errno == EAGAIN {
                        // Somebody who shares the terminal made it non-blocking.
                        var waiting = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                        poll(&waiting, 1, -1)
                    } else if errno != EINTR {
                        return errno
                    }
                }
                return nil
            }
        }
    }

    private static let lock = Mutex(())
    /// Whether a line was begun by `outPart` and not ended: another line then starts on one of its own.
    private static let isLineOpen = Atomic(false)
}
