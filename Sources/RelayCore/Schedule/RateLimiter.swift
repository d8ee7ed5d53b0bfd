/// Says when the next call may start, by the generic cell rate algorithm (GCRA): one time instead of a bucket.
///
/// Within any time no more calls start than the burst and those that the pace gives in it. A limiter begins, and grows,
/// without calls in store: neither a start nor a gained share is a burst.
struct RateLimiter: Sendable {
    /// What throttled answers have left of the pace.
    private struct Lowering {
        /// Of 1,024.
        let factor: Int64
        let climbsFrom: MonotonicTime
    }

    /// nil: no share, no call.
    private(set) var pace: Pace?
    /// When the calls that were made are paid off (GCRA's theoretical arrival time).
    private var paidOff: MonotonicTime
    private var lowering: Lowering?

    private static let wholeFactor: Int64 = 1_024
    /// A sixteenth: below, a limit would be as good as a stop, which is a hold's matter.
    private static let leastFactor: Int64 = 64
    /// A tenth of the pace comes back in a minute, a step each.
    private static let climbStep: Int64 = 600_000_000_000 / wholeFactor

    init(_ pace: Pace?, at now: MonotonicTime) {
        self.pace = pace
        paidOff = now
        if let pace { paidOff = now + .nanoseconds(tolerance(pace, at: now)) }
    }

    /// When the next call may start: a time that has passed, or one to come; nil without a share.
    func opens(at now: MonotonicTime) -> MonotonicTime? {
        guard let pace else { return nil }
        return paidOff + .nanoseconds(-tolerance(pace, at: now))
    }

    func admits(at now: MonotonicTime) -> Bool {
        opens(at: now).map { $0 <= now } ?? false
    }

    /// Counts a call that starts.
    mutating func take(at now: MonotonicTime) {
        guard let pace else { return }
        paidOff = max(paidOff, now) + .nanoseconds(interval(pace, at: now))
        if lowering != nil && factor(at: now) == Self.wholeFactor { lowering = nil }
    }

    /// Goes on at another pace. What is in store stays, as far as the new burst reaches; what is owed stays owed.
    mutating func change(to new: Pace?, at now: MonotonicTime) {
        guard new != pace else { return }
        let old = pace
        pace = new
        guard let new else { return }
        let tolerance = tolerance(new, at: now)
        guard let old else {
            paidOff = now + .nanoseconds(tolerance)
            return
        }
        let owed = max(0, paidOff.nanoseconds - now.nanoseconds)
        let stored = self.tolerance(old, at: now) - owed
        let scaled = Int64(clamping: Int128(stored) * Int128(new.interval) / Int128(old.interval))
        paidOff = now + .nanoseconds(tolerance - min(tolerance, scaled))
    }

    /// WeChat said that it was too much: three quarters of the pace are left and nothing in store. From a time on a tenth of
    /// the whole pace comes back each minute.
    mutating func lower(at now: MonotonicTime, climbingFrom start: MonotonicTime) {
        lowering = Lowering(factor: max(Self.leastFactor, factor(at: now) * 3 / 4), climbsFrom: start)
        if let pace { paidOff = now + .nanoseconds(tolerance(pace, at: now)) }
    }

    /// What is left of the pace, in percent; nil when it is whole.
    func percentLeft(at now: MonotonicTime) -> Int? {
        let factor = factor(at: now)
        return factor == Self.wholeFactor ? nil : Int(factor * 100 / Self.wholeFactor)
    }

    private func factor(at now: MonotonicTime) -> Int64 {
        guard let lowering else { return Self.wholeFactor }
        let climbed = max(0, now.nanoseconds - lowering.climbsFrom.nanoseconds) / Self.climbStep
        return min(Self.wholeFactor, lowering.factor + climbed)
    }

    private func interval(_ pace: Pace, at now: MonotonicTime) -> Int64 {
        guard lowering != nil else { return pace.interval }
        return Int64(clamping: Int128(pace.interval) * Int128(Self.wholeFactor) / Int128(factor(at: now)))
    }

    private func tolerance(_ pace: Pace, at now: MonotonicTime) -> Int64 {
        guard lowering != nil else { return pace.tolerance }
        return Pace.tolerance(burst: pace.burst, interval: interval(pace, at: now))
    }
}
