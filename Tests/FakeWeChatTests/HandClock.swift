import RelayCore

/// A clock that a test turns by hand.
struct HandClock {
    /// 2026-01-05 08:00:00 UTC, a full minute in the middle of a day in UTC+8.
    private static let start: Int64 = 1_767_600_000_000

    private(set) var elapsed: Duration = .zero

    var now: Now {
        Now(
            monotonic: MonotonicTime(nanoseconds: 1_000) + elapsed,
            wall: WallTime(milliseconds: Self.start) + elapsed
        )
    }

    mutating func turn(_ duration: Duration) {
        elapsed += duration
    }
}
