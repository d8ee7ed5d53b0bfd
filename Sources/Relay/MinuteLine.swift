import Logging
import RelayCore

/// Each minute one line that says how the relay is doing.
struct MinuteLine {
    private var at: MonotonicTime
    private var completed: UInt64 = 0

    init(at: MonotonicTime) {
        self.at = at
    }

    /// The line, if a minute has passed since the last one.
    mutating func next(for machine: RelayMachine, at now: MonotonicTime) -> Logger.Metadata? {
        let passed = now - at
        guard passed >= .seconds(60) else { return nil }
        let counters = machine.counters
        let summary = machine.summary()
        let rate = Double(counters.completed - completed) / (Double(passed.wholeMilliseconds) / 1_000)
        at = now
        completed = counters.completed
        var line: Logger.Metadata = [
            "per-second": "\((rate * 10).rounded() / 10)", "in-flight": "\(summary.inFlight)",
            "waiting-key": "\(summary.waitingForKey)", "waiting-room": "\(summary.waitingForRoom)",
            "waiting-token": "\(summary.waitingForToken)", "waiting-hold": "\(summary.waitingUnderHold)",
            "waiting-retry": "\(summary.waitingForRetry)", "being-written": "\(summary.beingWritten)",
            "partitions": "\(summary.partitions)", "replies-ok": "\(counters.repliesOK)",
            "replies-failed": "\(counters.repliesFailed)", "retries": "\(counters.retries)",
            "late-results": "\(counters.lateResults)",
        ]
        if let oldest = summary.oldest { line["oldest"] = "\(oldest)" }
        let holds = machine.holdReports.map(\.sentence)
        if !holds.isEmpty { line["holds"] = .array(holds.map { .string($0) }) }
        return line
    }
}
