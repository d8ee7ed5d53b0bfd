import Glibc
import RelayCore

/// How long a function takes.
package enum Latency: Hashable, Sendable {
    case fixed(Duration)
    case uniform(Duration, Duration)
    /// With this mean, cut at `max`.
    case exponential(mean: Duration, max: Duration?)

    /// One draw.
    package func drawn(using generator: inout SeededGenerator) -> Duration {
        switch self {
        case .fixed(let duration):
            return duration
        case .uniform(let low, let high):
            return low + .nanoseconds(Int64(Double((high - low).wholeNanoseconds) * generator.fraction()))
        case .exponential(let mean, let max):
            let drawn = -log(1 - generator.fraction()) * Double(mean.wholeNanoseconds)
            let duration = Duration.nanoseconds(Int64(drawn))
            guard let max else { return duration }
            return min(duration, max)
        }
    }
}
