import Logging
import Relay
import RelayConfiguration

/// Reads the configuration again when asked, lets the relay go by what may change while it runs, and says what became of
/// it. One reload at a time.
struct Reloader: Sendable {
    let file: ConfigurationFile
    let relay: Relay
    let logger: Logger

    /// Serves requests until the task is cancelled; `started` is what the relay was started with.
    func serve(_ requests: ReloadRequests, from started: Configuration) async {
        var running = started
        var files = started.files
        var watch = FileWatch<FileLook>()
        for await request in requests.serve() {
            let isDue = watch.isDue(FileLook.all([file.config] + files))
            if case .look = request, !isDue { continue }
            do throws(ConfigurationProblems) {
                let read = try file.configuration()
                files = read.files
                await apply(read, to: &running, isAsked: request == .signal)
            } catch {
                files += error.files.filter { !files.contains($0) }
                logger.error(
                    "the configuration is not reloaded: what runs stays as it is",
                    metadata: ["problems": .array(error.problems.map { .string("\($0)") })]
                )
            }
        }
    }

    private func apply(_ read: Configuration, to running: inout Configuration, isAsked: Bool) async {
        let reload = Reload(from: running, to: read)
        // A file that was only touched is nothing to speak of.
        guard isAsked || !reload.applied.isEmpty || !reload.atNextStart.isEmpty else { return }
        await relay.reload(reload)
        let known = Set(running.warnings.map(\.problem))
        running = reload.configuration
        // At the more talkative of the two levels.
        let level = running.log.level.logged
        LogOutput.level = min(LogOutput.level, level)
        let applied = reload.applied.isEmpty ? "none" : reload.applied.joined(separator: " ")
        logger.notice("reloaded", metadata: ["keys": "\(applied)"])
        if !reload.atNextStart.isEmpty {
            logger.warning(
                "restart for the keys that take effect at the next start",
                metadata: ["keys": "\(reload.atNextStart.joined(separator: ", "))"]
            )
        }
        for warning in read.warnings where !known.contains(warning.problem) { logger.warning("\(warning)") }
        LogOutput.level = level
    }
}
