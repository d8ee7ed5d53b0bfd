import Logging
import RelayCore

/// Each minute one line that says how the relay is doing.
struct MinuteLine {
    private var at: MonotonicTime
    private var completed: UInt64 = 0

    init(at: MonotonicTime) {
        self.at = at
    }

    func isDue(at now: MonotonicTime) -> Bool {
        now - at >= .seconds(60)
    }

    /// The line for the time since the last one.
    ///
    /// - Parameters:
    ///   - machine: whose state it tells.
    ///   - lag: records that are not done yet, in all assigned partitions; nil when the brokers did not say.
    ///   - tokens: how long each app's token is good, by the app's name; nil when its source does not say.
    ///   - now: the time.
    /// - Returns: the line's fields.
    mutating func next(
        for machine: borrowing RelayMachine,
        lag: Int64?,
        tokens: [(app: String, left: Duration?)],
        at now: MonotonicTime
    ) -> Logger.Metadata {
        let passed = now - at
        let counters = machine.counters
        let summary = machine.summary()
        let rate = Double(counters.completed - completed) / (Double(passed.wholeMilliseconds) / 1_000)
        at = now
        completed = counters.completed
        var line: Logger.Metadata = [
            "per-second": "\((rate * 10).rounded() / 10)", "in-flight": "\(summary.inFlight)",
            "waiting-key": "\(summary.waitingForKey)", "waiting-room": "\(summary.waitingForRoom)",
            "waiting-token": "\(summary.waitingForToken)", "waiting-commit": "\(summary.waitingForCommit)",
            "waiting-limit": "\(summary.waitingForLimit)",
            "waiting-hold": "\(summary.waitingUnderHold)", "waiting-pause": "\(summary.waitingUnderPause)",
            "waiting-retry": "\(summary.waitingForRetry)", "waiting-limbo": "\(summary.waitingInLimbo)",
            "being-written": "\(summary.beingWritten)",
            "partitions": "\(summary.partitions)", "partitions-in-limbo": "\(summary.partitionsInLimbo)",
            "dropped-in-limbo": "\(counters.droppedInLimbo)", "replies-ok": "\(counters.repliesOK)",
            "replies-failed": "\(counters.repliesFailed)", "retries": "\(counters.retries)",
            "late-results": "\(counters.lateResults)", "skipped-as-done": "\(counters.recordsSkippedAsDone)",
        ]
        line["lag"] = lag.map { "\($0)" } ?? "unknown"
        for (app, left) in tokens {
            line["token-\(app)"] = left.map { "\($0.wholeMilliseconds / 1_000) s left" } ?? "there"
        }
        if let oldest = summary.oldest { line["oldest"] = "\(oldest)" }
        let limits = machine.limitWords
        if !limits.isEmpty { line["limits"] = .array(limits.map { .string($0) }) }
        if !summary.pausedPipelines.isEmpty { line["paused"] = "\(summary.pausedPipelines.joined(separator: " "))" }
        let holds = machine.holdReports.map(\.sentence)
        if !holds.isEmpty { line["holds"] = .array(holds.map { .string($0) }) }
        return line
    }
}
