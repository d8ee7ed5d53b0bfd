import Foundation

/// One event of the relay's log, in JSON on its standard output.
struct LogLine: Sendable, CustomStringConvertible {
    let message: String
    let level: String
    /// All members, `msg` and `level` among them.
    let fields: [String: String]
    /// As it was written.
    let description: String

    init(_ line: String) throws {
        guard let fields = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: String],
            let message = fields["msg"], let level = fields["level"]
        else { throw Missing("a log line, not \(line)") }
        self.message = message
        self.level = level
        self.fields = fields
        description = line
    }

    subscript(name: String) -> String? { fields[name] }
}
