import ArgumentParser
import RelayCore

/// A duration on the command line, as the configuration file writes them: `250ms`, `30s`, `5m`.
struct TimeSpan: ExpressibleByArgument {
    let duration: Duration

    init(_ duration: Duration) {
        self.duration = duration
    }

    init?(argument: String) {
        guard let duration = DurationText.parse(argument.utf8.span.bytes), duration > .zero else { return nil }
        self.duration = duration
    }

    var defaultValueDescription: String { duration.words }
}
