import Foundation
import Glibc
import RelayCore

/// Writes a shard's run down, a JSON object a line: each event with its time, and what the core decided.
///
/// Tokens and secrets are no part of events, and of payloads only what an error quotes. Each line is with the system before its effects are carried
/// out: a process that is killed leaves everything it did, and at most the beginning of a line behind that.
final class Recorder {
    private let file: Int32
    private var isOver = false
    private let encoder = JSONEncoder()

    /// Begins a file, in the place of one that is there.
    init(path: String) throws(RecordingProblem) {
        file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        // A file that was there keeps its rights otherwise.
        guard file >= 0, fchmod(file, 0o600) == 0 else {
            throw RecordingProblem(path: path, cause: String(cString: strerror(errno)))
        }
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    }

    func write(_ step: RecordedStep) {
        guard !isOver else { return }
        do {
            var line = try encoder.encode(step)
            line.append(UInt8(ascii: "\n"))
            // A full disk ends the recording, which is then shorter, and not the relay.
            isOver = line.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) } != line.count
        } catch {
            preconditionFailure("a step that is no JSON: \(error)")
        }
    }

    deinit {
        close(file)
    }
}

/// Why nothing can be recorded.
package struct RecordingProblem: Error, CustomStringConvertible {
    package let path: String
    package let cause: String

    package var description: String { "the recording cannot be written to \(path): \(cause)" }
}
