import Foundation
import Logging
import RelayConfiguration
import RelayCore
import Synchronization

/// Log lines on standard output: JSON for machines, text for a person at a terminal.
struct LogOutput: LogHandler {
    var metadata: Logger.Metadata = [:]
    var logLevel: Logger.Level
    private let isJSON: Bool

    /// Makes every logger of the process write here.
    static func bootstrap(_ settings: LogSettings) {
        let isJSON =
            switch settings.format {
            case .json: true
            case .text: false
            case .auto: isatty(STDOUT_FILENO) == 0
            }
        let level = Logger.Level(rawValue: settings.level.rawValue) ?? .info
        LoggingSystem.bootstrap { _ in LogOutput(logLevel: level, isJSON: isJSON) }
    }

    private init(logLevel: Logger.Level, isJSON: Bool) {
        self.logLevel = logLevel
        self.isJSON = isJSON
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        var fields = metadata
        if let added = event.metadata { fields.merge(added) { _, new in new } }
        let time = RFC3339.string(WallTime(milliseconds: Int64(Date().timeIntervalSince1970 * 1_000)))
        var line: [UInt8]
        if isJSON {
            var writer = JSONWriter()
            writer.beginObject()
            writer.member("ts", time)
            writer.member("level", event.level.rawValue)
            writer.member("msg", event.message.description)
            for (key, value) in fields.sorted(by: { $0.key < $1.key }) { writer.member(key, value.description) }
            writer.endObject()
            line = writer.bytes
        } else {
            var text = "\(time) \(event.level.rawValue.uppercased()) \(event.message)"
            for (key, value) in fields.sorted(by: { $0.key < $1.key }) { text += " \(key)=\(value)" }
            // One line an event, whatever a peer's words hold.
            line = Array(text.replacing("\n", with: " ").utf8)
        }
        line.append(UInt8(ascii: "\n"))
        Self.lock.withLock { _ in FileHandle.standardOutput.write(Data(line)) }
    }

    /// Lines of several threads do not mix.
    private static let lock = Mutex(())
}
