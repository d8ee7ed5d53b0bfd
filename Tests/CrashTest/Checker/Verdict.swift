/// What the checker found.
package struct Verdict: Sendable {
    /// A promise, and what shows that it was broken.
    package struct Breach: Sendable, CustomStringConvertible {
        package let rule: Rule
        package let words: String

        package var description: String { "\(rule.rawValue): \(words)" }
    }

    /// What is checked. `docs/guarantees.md` says each in full.
    package enum Rule: String, CaseIterable, Sendable {
        /// Each request has a reply; each failure a dead letter as well.
        case answered
        /// An answer is that of its request, and WeChat's log has the call that it tells of.
        case truthful
        /// The function ran at most as often as each answer admits that could know of it.
        case counted
        /// A request is called once the outcome of the one before it, of its key, is known.
        case ordered
        /// No commit lies above a request whose answer was not written, none goes back, in the end all is committed.
        case committed
        /// A call is repeated only after an outcome that asks for it, or after an accident; not once its commit was seen.
        case explained
        /// Each partition's commit moves on as long as a relay runs and the broker is up.
        case progress
        /// The commits were seen all the time, and of each partition from its first one on.
        case watched
        /// A relay ends when it is told to, and as its exit codes say.
        case survived
    }

    package var breaches: [Breach] = []
    /// Why the run shows nothing, although no rule may be broken.
    package var doubts: [String] = []
    package var requests = 0
    package var lost = 0
    package var calls = 0
    package var runs = 0
    package var answeredTwice = 0
    package var calledTwice = 0
    /// Repeated calls by cause.
    package var causes: [String: Int] = [:]
    /// Calls that began while one of the same key by another relay was under way.
    package var overlaps = 0
    /// Requests that ran more than once.
    package var ranTwice = 0
    /// Those of them whose answers admit exactly as many runs as there were.
    package var countedExactly = 0
    package var failures = 0
    package var samples = 0
    package var commits = 0
    /// How often a broker that never evicts was restarted beside the plan.
    package var evictions = 0
    /// Milliseconds for which a partition had something open, and its commit did not move while it was due to.
    package var longestStall: Int64 = 0
    /// Milliseconds of it in which the group had come together.
    package var longestSettledStall: Int64 = 0
    /// Accidents that struck when nothing was open.
    package var idleAccidents = 0
    /// Milliseconds between the end of an accident of the group and the call whose repetition it explains, at most: by
    /// another relay, and by the same.
    package var longestHandOver: Int64 = 0
    package var longestGroupChange: Int64 = 0
    /// Milliseconds without a sample while the broker was up.
    package var longestGap: Int64 = 0
    /// Stops that left something and could not help it.
    package var incompleteStops = 0
    /// Keys that were not judged for order, since one of their requests was written twice.
    package var keysNotJudged = 0

    package var isGood: Bool { breaches.isEmpty && doubts.isEmpty }

    mutating func breach(_ rule: Rule, _ words: String) {
        breaches.append(Breach(rule: rule, words: words))
    }
}

extension Verdict: CustomStringConvertible {
    /// The lines that a run ends with; of many breaches of one rule the first ten.
    package var description: String {
        let causes = causes.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { "\($0.key) \($0.value)" }
        var lines = [
            "loss \(lost) of \(requests), answered twice \(answeredTwice), called twice \(calledTwice)"
                + (causes.isEmpty ? "" : "; calls repeated: \(causes.joined(separator: ", "))"),
            "\(calls) calls, \(runs) runs, \(failures) failures answered, \(overlaps) calls beside one of an old owner;"
                + " \(ranTwice) requests ran more than once, for \(countedExactly) the answers say exactly how often",
            "\(samples) samples of the committed offsets, \(commits) commits seen, longest stall of a partition"
                + " \(Self.seconds(longestStall)), \(Self.seconds(longestSettledStall)) of it in a group that had come together;"
                + " longest time without a sample \(Self.seconds(longestGap))"
                + (idleAccidents > 0 ? "; \(idleAccidents) accidents struck when nothing was open" : ""),
            "the group's changes explain repeats by another relay up to \(Self.seconds(longestHandOver)) later, by the same"
                + " up to \(Self.seconds(longestGroupChange))"
                + (incompleteStops > 0 ? "; \(incompleteStops) stops left something, amid an accident" : "")
                + (evictions > 0 ? "; \(evictions) restarts beside the plan for a broker that never evicts" : "")
                + (keysNotJudged > 0 ? "; \(keysNotJudged) keys not judged for order" : ""),
        ]
        for rule in Rule.allCases {
            let broken = breaches.filter { $0.rule == rule }
            lines += broken.prefix(10).map { "FAILED \($0)" }
            if broken.count > 10 { lines.append("FAILED \(rule.rawValue): \(broken.count - 10) more") }
        }
        lines += doubts.map { "NO VERDICT: \($0)" }
        if !breaches.isEmpty {
            lines.append("FAILED: \(breaches.count) breaches")
        } else {
            lines.append(
                doubts.isEmpty ? "PASSED: every rule held" : "NO VERDICT: no rule was broken, and nothing is shown"
            )
        }
        return lines.joined(separator: "\n")
    }

    private static func seconds(_ milliseconds: Int64) -> String {
        "\(milliseconds / 1_000).\(milliseconds % 1_000 / 100) s"
    }
}
