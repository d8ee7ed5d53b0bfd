/// A point on the monotonic clock, in nanoseconds from an arbitrary start.
///
/// `RelayCore` never reads a clock: whoever calls it passes the time in.
package struct MonotonicTime: Hashable, Comparable, Codable, Sendable {
    /// Nanoseconds since the clock's start.
    package let nanoseconds: Int64

    package init(nanoseconds: Int64) {
        self.nanoseconds = nanoseconds
    }

    package static func < (left: MonotonicTime, right: MonotonicTime) -> Bool {
        left.nanoseconds < right.nanoseconds
    }

    package static func + (time: MonotonicTime, duration: Duration) -> MonotonicTime {
        let (sum, overflow) = time.nanoseconds.addingReportingOverflow(duration.wholeNanoseconds)
        return MonotonicTime(nanoseconds: overflow ? .max : sum)
    }

    package static func - (later: MonotonicTime, earlier: MonotonicTime) -> Duration {
        .nanoseconds(later.nanoseconds - earlier.nanoseconds)
    }

    /// Whether it is later than another time by so much or more: what each event asks, without a `Duration` made for it.
    @inline(__always) func isLater(than earlier: MonotonicTime, byAtLeast duration: Duration) -> Bool {
        // Does not overflow, and without a check for it one instruction.
        Int128(nanoseconds - earlier.nanoseconds) &* 1_000_000_000 >= duration.attoseconds
    }

    /// As `isLater(than:byAtLeast:)`, but not for exactly so much.
    @inline(__always) func isLater(than earlier: MonotonicTime, byMoreThan duration: Duration) -> Bool {
        Int128(nanoseconds - earlier.nanoseconds) &* 1_000_000_000 > duration.attoseconds
    }
}

/// A point on the wall clock, in milliseconds since 1970-01-01T00:00:00Z, the unit of Kafka's record timestamps.
package struct WallTime: Hashable, Comparable, Codable, Sendable {
    /// Milliseconds since the epoch.
    package let milliseconds: Int64

    package init(milliseconds: Int64) {
        self.milliseconds = milliseconds
    }

    package static func < (left: WallTime, right: WallTime) -> Bool {
        left.milliseconds < right.milliseconds
    }

    package static func + (time: WallTime, duration: Duration) -> WallTime {
        let (sum, overflow) = time.milliseconds.addingReportingOverflow(duration.wholeMilliseconds)
        return WallTime(milliseconds: overflow ? .max : sum)
    }

    package static func - (later: WallTime, earlier: WallTime) -> Duration {
        .milliseconds(later.milliseconds - earlier.milliseconds)
    }
}

/// Both clocks, read at one moment by the shell.
package struct Now: Hashable, Codable, Sendable {
    package let monotonic: MonotonicTime
    package let wall: WallTime

    package init(monotonic: MonotonicTime, wall: WallTime) {
        self.monotonic = monotonic
        self.wall = wall
    }
}

extension Duration {
    /// The duration in nanoseconds, limited to what 64 bits hold.
    package var wholeNanoseconds: Int64 { Int64(clamping: attoseconds / 1_000_000_000) }

    /// The duration in milliseconds, rounded towards zero and limited to what 64 bits hold.
    package var wholeMilliseconds: Int64 { Int64(clamping: attoseconds / 1_000_000_000_000_000) }
}
