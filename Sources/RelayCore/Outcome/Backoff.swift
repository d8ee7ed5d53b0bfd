/// How long a request waits between two attempts.
enum Backoff {
    /// Full jitter: uniform between nothing and `initial × multiplier^(n−1)`, at most `max`, where `n` counts the
    /// failed attempts; never less than the lower bound that the answer named.
    static func delay(
        afterFailures failures: Int,
        policy: RetryPolicy,
        lowerBound: Duration?,
        random: inout SplitMix64
    ) -> Duration {
        let ceiling = ceiling(afterFailures: failures, policy: policy)
        let jittered = Duration.nanoseconds(Int64.random(in: 0...max(0, ceiling.wholeNanoseconds), using: &random))
        return max(jittered, lowerBound ?? .zero)
    }

    /// The longest that the delay can be.
    static func ceiling(afterFailures failures: Int, policy: RetryPolicy) -> Duration {
        var ceiling = policy.initial
        for _ in 1..<max(1, failures) {
            let next = Double(ceiling.wholeNanoseconds) * policy.multiplier
            if next >= Double(policy.max.wholeNanoseconds) { return policy.max }
            ceiling = .nanoseconds(Int64(next))
        }
        return min(ceiling, policy.max)
    }
}
