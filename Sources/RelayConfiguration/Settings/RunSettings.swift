/// `log:`
package struct LogSettings: Hashable, Sendable {
    /// By the names of swift-log's levels.
    package enum Level: String, CaseIterable, Hashable, Sendable {
        case trace, debug, info, notice, warning, error, critical
    }

    package enum Format: String, CaseIterable, Hashable, Sendable {
        case json, text
        /// Text when the output is a terminal, JSON otherwise.
        case auto
    }

    package let level: Level
    package let format: Format

    package init(level: Level, format: Format) {
        self.level = level
        self.format = format
    }
}
