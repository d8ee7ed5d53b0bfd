/// How fast calls may follow each other: a shard's share of a rate, in whole nanoseconds.
struct Pace: Equatable, Sendable {
    /// Nanoseconds between two calls, rounded up: the shares' sum does not exceed the rate.
    let interval: Int64
    /// Calls that may start at once after a pause.
    let burst: Int64
    /// How far ahead of the pace a call may be.
    let tolerance: Int64

    /// The share of a rate; nil for a share of nothing.
    ///
    /// - Parameters:
    ///   - rate: of the whole group.
    ///   - burst: of the whole group; nil means the rate's usual one.
    ///   - share: this shard's.
    init?(_ rate: Rate, burst: Int?, share: GroupShare) {
        guard share.part > 0 else { return nil }
        let shared = Int128(rate.unit.duration.wholeNanoseconds) * Int128(share.whole)
        let calls = Int128(rate.calls) * Int128(share.part)
        interval = Int64(clamping: (shared + calls - 1) / calls)
        self.burst = Int64(max(1, share.of(burst ?? rate.usualBurst)))
        tolerance = Self.tolerance(burst: self.burst, interval: interval)
    }

    /// Without a burst a call that was late, for a loop or a wider limit, is not lost: the next may come earlier by as much, as
    /// far as half an interval and 50 ms.
    static func tolerance(burst: Int64, interval: Int64) -> Int64 {
        if burst == 1 { return min(interval / 2, 50_000_000) }
        return Int64(clamping: Int128(burst - 1) * Int128(interval))
    }
}
