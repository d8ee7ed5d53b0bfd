import Glibc
package import RelayCore

/// The only place that reads the clocks.
package enum Clocks {
    /// The monotonic clock that goes on while the machine sleeps, so that a suspended relay notices its gap.
    package static func now() -> Now {
        Now(
            monotonic: MonotonicTime(nanoseconds: nanoseconds(CLOCK_BOOTTIME)),
            wall: WallTime(milliseconds: nanoseconds(CLOCK_REALTIME) / 1_000_000)
        )
    }

    private static func nanoseconds(_ clock: clockid_t) -> Int64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}
