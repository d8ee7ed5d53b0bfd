import FakeWeChat

extension Checker {
    /// Why each repeated call was made: what the call before it ended with, or what had happened in between. And that
    /// nobody calls what the group knows to be done.
    mutating func checkRepeats() {
        for (id, calls) in callsByID {
            guard let requests = requestsByID[id], requests.count == 1 else { continue }
            for (before, again) in zip(calls, calls.dropFirst()) { explain(again, after: before) }
            guard let seen = commitSeen[requests[0].place] else { continue }
            for call in calls where call.arrival > seen + Self.onItsWay && !isExcused(call, since: seen) {
                verdict.breach(
                    .explained,
                    "id \(id) is called by \(call.relay) \(call.arrival - seen) ms after a commit above it was seen"
                )
            }
        }
    }

    private mutating func explain(_ again: Call, after before: Call) {
        guard let cause = cause(of: again, after: before) else {
            let outcome = before.outcome.map(\.description) ?? "nothing"
            verdict.breach(
                .explained,
                "id \(again.id) is called again by \(again.relay) after \(outcome) to \(before.relay)"
            )
            return
        }
        verdict.causes[cause, default: 0] += 1
        guard cause == "group changed", let delay = groupChange(between: before, and: again) else { return }
        if before.relay == again.relay {
            verdict.longestGroupChange = max(verdict.longestGroupChange, delay)
        } else {
            verdict.longestHandOver = max(verdict.longestHandOver, delay)
        }
    }

    private func cause(of again: Call, after before: Call) -> String? {
        switch before.outcome {
        case .errcode(let code) where !before.isFinal: return "errcode \(code)"
        case .status(let status): return "HTTP \(status)"
        case .closed, .cut: return "cut connection"
        default: break
        }
        if let accident = accident(between: before, and: again) { return accident }
        // Given up by a caller that nothing had happened to: it had waited long enough. The fake may have heard of it, or
        // have answered at that moment.
        let took = before.end.map { Duration.milliseconds($0 - before.arrival) }
        return before.outcome == .disconnected || took.map { $0 >= limits.call } ?? false ? "time-out" : nil
    }

    /// A caller that was out of touch when the commit was made, or since.
    private func isExcused(_ call: Call, since seen: Int64) -> Bool {
        history.accidents.contains { $0.end >= seen && $0.begin <= call.arrival }
            && isOutOfTouch(call.relay, at: call.arrival)
    }

    /// Milliseconds that a call may take from its relay to the fake on a busy machine.
    private static var onItsWay: Int64 { 1_000 }
}
