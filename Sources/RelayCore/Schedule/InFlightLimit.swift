/// How many calls of a pipeline may be under way: halved when the environment says that it is too many, raised by
/// one after as many successes as the limit is (until adaptive limits are built).
struct InFlightLimit: Sendable {
    private var bounds: InFlightPolicy
    private(set) var current: Int
    private var successes = 0
    private var lastDecrease: MonotonicTime?

    init(_ bounds: InFlightPolicy) {
        self.bounds = bounds
        current = bounds.max
    }

    /// Other bounds. A limit that nobody has complained of stays at the top; one that was halved stays where it is, as far as
    /// the bounds allow.
    mutating func change(to bounds: InFlightPolicy) {
        let isAtTop = current == self.bounds.max
        self.bounds = bounds
        current = isAtTop ? bounds.max : min(max(current, bounds.min), bounds.max)
    }

    mutating func succeeded() {
        guard current < bounds.max else { return }
        successes += 1
        if successes >= current {
            current += 1
            successes = 0
        }
    }

    /// Halves the limit, at most once a second: the refusals of one moment are one piece of news.
    mutating func refused(now: MonotonicTime) {
        if let lastDecrease, now - lastDecrease < .seconds(1) { return }
        lastDecrease = now
        successes = 0
        current = max(bounds.min, current / 2)
    }
}
