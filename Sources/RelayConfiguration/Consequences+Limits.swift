import RelayCore

extension Consequences {
    /// What an app's limits come to: the rate, the calls of a day, who shares them.
    static func words(limitsOf app: AppPolicy, among partitions: Int) -> [String] {
        let limits = app.limits
        guard !limits.isNone else { return [] }
        let own = [
            limits.rate.map { "\(words($0)), \(count(limits.burst ?? $0.usualBurst, "call")) at once after a pause" },
            limits.inFlight.map { "\($0) under way at once" },
        ].compactMap(\.self)
        var lines = [
            "limits of app \(app.name): " + (own.isEmpty ? "of its environments only" : own.joined(separator: "; "))
        ]
        for (name, environment) in limits.environments.sorted(by: { $0.key < $1.key }) {
            let own = [environment.rate.map(words), environment.inFlight.map { "\($0) under way at once" }].compactMap(
                \.self
            )
            if !own.isEmpty { lines.append("  in \(name): \(own.joined(separator: "; "))") }
            for (function, rate) in environment.functions.sorted(by: { $0.key < $1.key }) {
                lines.append("  \(function) in \(name): \(words(rate))")
            }
        }
        lines.append(
            "  for the whole group: each member (shard) has the share of its partitions, calls under way rounded down but one"
                + " at least\(example(limits, partitions))"
        )
        return lines
    }

    /// What one partition's share is.
    private static func example(_ limits: AppLimits, _ partitions: Int) -> String {
        guard partitions > 1 else { return "" }
        let parts = [
            limits.rate.map { rate in
                let share = Double(rate.calls) / Double(partitions)
                let digits = share < 10 ? "\((share * 10).rounded() / 10)" : "\(Int(share))"
                return "\(digits)/\(rate.unit.rawValue)"
            },
            limits.inFlight.map { "\(max(1, $0 / partitions)) under way" },
        ].compactMap(\.self)
        return parts.isEmpty ? "" : ", 1/\(partitions) = \(parts.joined(separator: " and "))"
    }

    /// `100/s (8640000 calls a day)`
    private static func words(_ rate: Rate) -> String {
        let day = rate.calls * Int(Duration.seconds(86_400) / rate.unit.duration)
        return "\(rate) (\(day) calls a day)"
    }
}
