/// How many calls of a pipeline may be under way: a search for the number that the environment takes.
///
/// WeChat refuses a call beyond that number at once (-501004, the call did not run), so a refusal is the signal, and
/// latency is none. A refusal of what was never proven halves. From there the limit is searched by halves between the
/// highest level that was proven and the lowest that was refused, as BIC-TCP does. On the plateau one call more is tried
/// now and then, ever more seldom and never for more than one refusal in a hundred calls; when it passes, the limit has
/// been lifted, and the steps double.
struct InFlightLimit: Sendable {
    private var bounds: InFlightPolicy
    private(set) var current: Int
    /// The highest level that passed the test since it was last refused; 0: none.
    private var proven = 0
    /// The lowest level that was refused; nil while nobody has complained.
    private var refusedLevel: Int?
    /// The next step up without a refused level ahead.
    private var growth = 1
    /// When so many calls as `current` were first under way; nil until then.
    private var reached: MonotonicTime?
    /// When `current` last went down: refusals of calls from before are no news.
    private var lowered: MonotonicTime?
    /// `current` was proven before, so it needs no test.
    private var isRetreat = false
    /// The search has ended: one more than `proven` was refused.
    private var isFound = false
    private var isProbe = false
    private var probeInterval = Self.firstProbeInterval
    private var nextProbe: MonotonicTime?
    /// Refusals since the last probe began, and accepted calls since it ended.
    private var refusals = 0
    private var accepted = 0

    /// So long a level must hold without a refusal.
    private static let testTime = Duration.seconds(1)
    private static let firstProbeInterval = Duration.seconds(10)
    private static let longestProbeInterval = Duration.seconds(60)
    /// Accepted calls for each refused one, between two probes.
    private static let acceptedPerRefusal = 100

    init(_ bounds: InFlightPolicy) {
        self.bounds = bounds
        current = bounds.max
    }

    /// Other bounds. A limit that nobody has complained of goes to the top; one that was found stays, as far as the bounds
    /// allow.
    mutating func change(to bounds: InFlightPolicy) {
        self.bounds = bounds
        let level = refusedLevel == nil ? bounds.max : min(max(current, bounds.min), bounds.max)
        guard level != current else { return }
        current = level
        reached = nil
        isProbe = false
    }

    /// A call has started, the last of so many under way.
    mutating func started(inFlight: Int, now: MonotonicTime) {
        if inFlight >= current && reached == nil { reached = now }
    }

    /// A call has run.
    mutating func accepted(now: MonotonicTime) {
        guard let refusedLevel else {
            if current < bounds.max { grow(now) }
            return
        }
        accepted += 1
        guard isTested(now) else { return }
        proven = current
        if isProbe || current >= refusedLevel {
            // One more than the environment took: it takes more by now.
            isProbe = false
            self.refusedLevel = nil
            growth = 1
            probeInterval = Self.firstProbeInterval
        } else if refusedLevel - proven > 1 {
            rise(to: (proven + refusedLevel) / 2)
        } else {
            probe(now)
        }
    }

    /// A call was refused for too many at once.
    mutating func refused(startedAt start: MonotonicTime, now: MonotonicTime) {
        refusals += 1
        accepted = 0
        if let lowered, start <= lowered { return }
        if isProbe {
            probeInterval = min(probeInterval * 2, Self.longestProbeInterval)
        } else {
            isFound = false
        }
        isProbe = false
        nextProbe = now + probeInterval
        lowered = now
        reached = nil
        refusedLevel = max(current, bounds.min + 1)
        if proven > 0 && current > proven {
            current = proven
            isRetreat = true
        } else {
            // Nothing was proven, or what was is too much by now.
            proven = 0
            isRetreat = false
            current = max(bounds.min, current / 2)
        }
    }

    private func isTested(_ now: MonotonicTime) -> Bool {
        guard let reached else { return false }
        return isRetreat || now - reached >= Self.testTime
    }

    private mutating func grow(_ now: MonotonicTime) {
        guard isTested(now) else { return }
        proven = current
        rise(to: min(bounds.max, current + growth))
        growth *= 2
    }

    /// Tries one more, when its time has come.
    private mutating func probe(_ now: MonotonicTime) {
        if !isFound {
            // What the search has cost is not a probe's.
            isFound = true
            (refusals, accepted) = (0, 0)
            probeInterval = Self.firstProbeInterval
            nextProbe = now + probeInterval
        }
        guard current < bounds.max, accepted >= refusals * Self.acceptedPerRefusal, nextProbe.map({ $0 <= now }) ?? true
        else {
            return
        }
        rise(to: current + 1)
        isProbe = true
        refusals = 0
    }

    private mutating func rise(to level: Int) {
        current = level
        reached = nil
        isRetreat = false
    }
}
