/// What limits the calls of one scope, and who waits for it.
struct ScopeLimit: Sendable {
    var rate: RateLimiter?
    /// Calls under way at once; nil means no limit.
    var inFlight: Int?
    /// Targets that wait until it lets a call go, in the order of their coming.
    var waiting: [Int] = []
    /// Something that waits elsewhere, an app's turns or a probe, would call.
    var isAwaited = false

    /// Whether a call may start beside so many that are under way.
    func admits(inFlight current: Int, at now: MonotonicTime) -> Bool {
        hasRoom(inFlight: current) && (rate?.admits(at: now) ?? true)
    }

    /// When time alone lets a call go that waits; nil when nobody waits, or not for time.
    func wake(inFlight current: Int, at now: MonotonicTime) -> MonotonicTime? {
        guard isAwaited || !waiting.isEmpty, hasRoom(inFlight: current), let opens = rate?.opens(at: now) else {
            return nil
        }
        return opens > now ? opens : nil
    }

    private func hasRoom(inFlight current: Int) -> Bool {
        inFlight.map { current < $0 } ?? true
    }
}
