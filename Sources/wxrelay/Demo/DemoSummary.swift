import FakeWeChat
import Relay
import RelayCore

/// How a demo went: counted from the reply topic and from the fake's own log; only the holds are the relay's word.
struct DemoSummary {
    let plan: DemoPlan
    let tally: DemoTally
    let statistics: Statistics
    let countsByID: [String: IDCounts]
    let holds: UInt64
    let lasted: Duration

    /// Whether each request was answered and no reply tells less than what happened.
    var isGood: Bool {
        tally.answered == (plan.requests ?? tally.sent) && understated.isEmpty
    }

    private var understated: [String] {
        tally.understated { countsByID[$0]?.ran ?? 0 }
    }

    var lines: [String] {
        let calls = statistics.calls
        let ran = statistics.functions.values.reduce(0) { $0 + $1.ran }
        let missed = tally.attempts - calls
        let retries = tally.attempts - tally.answered
        let failed = tally.failed.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
        var lines = [
            "",
            "summary",
            "  requests    \(tally.sent) sent, \(tally.answered) answered",
            "  replies     \(tally.ok) ok, \(tally.failures) failed\(failed.isEmpty ? "" : ": \(failed)");"
                + " \(tally.duplicates) came twice",
            "  attempts    \(tally.attempts) told by the replies, \(retries) of them retries",
            "  the fake    saw \(calls) calls and ran the function \(ran) times"
                + (missed > 0 ? "; \(missed) attempts did not get as far" : ""),
            "  tokens      \(statistics.tokensIssued)",
            "  holds       \(holds)",
        ]
        if let median = tally.latency(share: 0.5), let high = tally.latency(share: 0.99) {
            lines.append(
                "  latency     p50 \(DemoView.milliseconds(median)), p99 \(DemoView.milliseconds(high)),"
                    + " from the request's writing to its reply's reading, up to \(tally.openMax) open at once"
            )
        }
        let seconds = max(0.001, lasted / .seconds(1))
        let rate = Double(tally.answered) / seconds
        lines.append("  time        \((seconds * 10).rounded() / 10) s, \((rate * 10).rounded() / 10) replies a second")
        if tally.foreign > 0 { lines.append("  besides     \(tally.foreign) replies to requests of others") }
        return lines + [verdict]
    }

    private var verdict: String {
        let missing = (plan.requests ?? tally.sent) - tally.answered
        if missing > 0 {
            let ids = tally.unanswered(atMost: 5).joined(separator: ", ")
            return "\(missing) requests are not answered" + (ids.isEmpty ? "" : ", the first: \(ids)")
        }
        if !understated.isEmpty {
            return
                "the function ran more often than the replies say, for \(understated.prefix(5).joined(separator: ", "))"
        }
        return "every request was answered" + (tally.duplicates == 0 ? ", once" : "")
    }
}
