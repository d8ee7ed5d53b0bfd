import Foundation
import Logging
import RelayConfiguration
import RelayCore
import Synchronization

/// Log lines on standard output: JSON for machines, text for a person at a terminal.
struct LogOutput: LogHandler {
    var metadata: Logger.Metadata = [:]
    /// The process's level, unless one logger was given its own.
    var logLevel: Logger.Level {
        get { ownLevel ?? Self.level }
        set { ownLevel = newValue }
    }
    private var ownLevel: Logger.Level?
    private let isJSON: Bool

    /// Loggers are copied all over the process; a reload changes the level of all of them here.
    static var level: Logger.Level {
        get { levels[levelIndex.load(ordering: .relaxed)] }
        set { levelIndex.store(levels.firstIndex(of: newValue) ?? 0, ordering: .relaxed) }
    }
    private static let levels = Logger.Level.allCases
    private static let levelIndex = Atomic(0)

    /// Makes every logger of the process write here.
    static func bootstrap(_ settings: LogSettings) {
        let isJSON =
            switch settings.format {
            case .json: true
            case .text: false
            case .auto: isatty(STDOUT_FILENO) == 0
            }
        level = settings.level.logged
        LoggingSystem.bootstrap { _ in LogOutput(isJSON: isJSON) }
    }

    private init(isJSON: Bool) {
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
            line = Array(Self.text(time, event.level, event.message.description, fields).utf8)
        }
        line.append(UInt8(ascii: "\n"))
        // A relay goes on when nobody reads its log any more.
        _ = Console.write(line, to: STDOUT_FILENO)
    }

    /// One line an event, whatever a peer's words hold: the time of day, the level in one column, the message, and the
    /// fields, those with spaces in quotes.
    private static func text(
        _ time: String,
        _ level: Logger.Level,
        _ message: String,
        _ fields: Logger.Metadata
    ) -> String {
        var line = "\(time) \(level.rawValue.uppercased().padded(to: 8)) \(message)"
        for (key, value) in fields.sorted(by: { $0.key < $1.key }) {
            let text = value.description
            line += text.contains(" ") ? " \(key)=\"\(text)\"" : " \(key)=\(text)"
        }
        return line.replacing("\n", with: " ")
    }
}

extension LogSettings.Level {
    /// By swift-log's name for it.
    var logged: Logger.Level { Logger.Level(rawValue: rawValue) ?? .info }
}

extension String {
    /// The text with spaces behind it, up to a width in characters; a longer one stays as it is.
    func padded(to width: Int) -> String {
        self + String(repeating: " ", count: max(0, width - count))
    }
}
