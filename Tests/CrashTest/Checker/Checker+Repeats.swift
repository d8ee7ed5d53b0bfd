import FakeWeChat

extension Checker {
    /// Why each repeated call was made: what the call before it ended with, or what had happened in between.
    mutating func checkRepeats() {
        for (id, calls) in callsByID where requestsByID[id]?.count == 1 {
            for (before, again) in zip(calls, calls.dropFirst()) {
                if let cause = cause(of: again, after: before) {
                    verdict.causes[cause, default: 0] += 1
                } else {
                    let outcome = before.outcome.map(\.description) ?? "nothing"
                    verdict.breach(
                        .explained,
                        "id \(id) is called again by \(again.relay) after \(outcome) to \(before.relay)"
                    )
                }
            }
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
        // Given up by a caller that nothing had happened to: it had waited long enough.
        return before.outcome == .disconnected ? "time-out" : nil
    }

    /// What happened between a call's arrival and the next one's: to its own relay, to the broker or WeChat, else to
    /// another member, which moves partitions.
    func accident(between before: Call, and again: Call) -> String? {
        let near = history.accidents.filter { $0.begin <= again.arrival && $0.end >= before.arrival }
        if let own = near.first(where: { $0.relay == before.relay && $0.kind != .join }) { return own.kind.rawValue }
        if let world = near.first(where: { $0.relay == nil }) { return world.kind.rawValue }
        // A change of the group is felt for as long as members may take to notice it and to hand over.
        let isGroupAtWork = history.accidents.contains {
            $0.relay != nil && $0.begin <= again.arrival && $0.end + Self.settling >= before.arrival
        }
        return isGroupAtWork ? "partition lost" : nil
    }

    /// Milliseconds: a session, the wait for the others' join, and a drain, twice.
    private static var settling: Int64 { 30_000 }
}
