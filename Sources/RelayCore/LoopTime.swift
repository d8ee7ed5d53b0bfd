/// Tells how long the loop has run since a time: the clock goes on while the process stands still (SIGSTOP, a suspended
/// machine), and nothing can have ended meanwhile.
struct LoopTime: Sendable {
    private var lastTurn: MonotonicTime?
    private var gaps: [(end: MonotonicTime, length: Duration)] = []

    /// The shell ticks at least once a second; what is longer than this between two turns was no waiting.
    private static let longestTurn = Duration.seconds(2)
    /// So many gaps are remembered. One that is forgotten counts as loop time.
    private static let most = 64

    @inline(__always) mutating func turn(at now: MonotonicTime) {
        if let lastTurn, now.isLater(than: lastTurn, byMoreThan: Self.longestTurn) {
            noteGap(from: lastTurn, to: now)
        }
        lastTurn = now
    }

    private mutating func noteGap(from lastTurn: MonotonicTime, to now: MonotonicTime) {
        gaps.append((now, now - lastTurn))
        if gaps.count > Self.most { gaps.removeFirst() }
    }

    /// The loop time from `start` to `now`.
    func passed(since start: MonotonicTime, at now: MonotonicTime) -> Duration {
        gaps.reduce(now - start) { rest, gap in
            gap.end > start ? rest - min(gap.length, gap.end - start) : rest
        }
    }
}
