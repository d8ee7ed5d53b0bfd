extension RelayMachine {
    /// Each limited app's share in words, `main: share 4/12 = 33/s, 6 under way`, with what throttled answers have left.
    package var limitWords: [String] {
        apps.indices.compactMap { app in
            guard let share = apps[app].share else { return nil }
            let limits = policy.apps[app].limits
            var parts: [String] = []
            if let rate = limits.rate {
                parts.append("\(Self.words(rate, share))\(loweredWords(apps[app].limitedScope))")
            }
            if let inFlight = limits.inFlight { parts.append("\(max(1, share.of(inFlight))) under way") }
            let of = parts.isEmpty ? "" : " = \(parts.joined(separator: ", "))"
            return "\(policy.apps[app].name): share \(share.part)/\(share.whole)\(of)"
        }
    }

    private static func words(_ rate: Rate, _ share: GroupShare) -> String {
        let tenths = share.of(rate.calls * 10)
        let digits = tenths < 100 ? "\(tenths / 10).\(tenths % 10)" : "\(tenths / 10)"
        return "\(digits)/\(rate.unit.rawValue)"
    }

    private func loweredWords(_ scope: Int?) -> String {
        let percent = scope.flatMap { scopeLimits[$0]?.rate?.percentLeft(at: now.monotonic) }
        return percent.map { " lowered to \($0) %" } ?? ""
    }
}
