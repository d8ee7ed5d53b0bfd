/// `limits:` of an app: what all of its calls keep to, over the whole consumer group.
package struct AppLimits: Hashable, Codable, Sendable {
    /// Calls that may start in a time; nil means no limit.
    package var rate: Rate?
    /// Calls of `rate` that may start at once after a pause; nil means `Rate.usualBurst`.
    package var burst: Int?
    /// Calls under way at once; nil means no limit.
    package var inFlight: Int?
    /// By the environment's id.
    package var environments: [String: EnvironmentLimits]

    package init(
        rate: Rate? = nil,
        burst: Int? = nil,
        inFlight: Int? = nil,
        environments: [String: EnvironmentLimits] = [:]
    ) {
        self.rate = rate
        self.burst = burst
        self.inFlight = inFlight
        self.environments = environments
    }

    /// Whether anything is limited at all.
    package var isNone: Bool {
        rate == nil && inFlight == nil && environments.values.allSatisfy(\.isNone)
    }
}

/// Limits of one environment, beside those of its app.
package struct EnvironmentLimits: Hashable, Codable, Sendable {
    package var rate: Rate?
    package var inFlight: Int?
    /// By the function's name.
    package var functions: [String: Rate]

    package init(rate: Rate? = nil, inFlight: Int? = nil, functions: [String: Rate] = [:]) {
        self.rate = rate
        self.inFlight = inFlight
        self.functions = functions
    }

    package var isNone: Bool { rate == nil && inFlight == nil && functions.isEmpty }
}

/// A number of calls in a time: `500/s`, `3000/min`.
package struct Rate: Hashable, Codable, Sendable, CustomStringConvertible {
    /// The time that the calls are counted in; the raw value is how the configuration file writes it.
    package enum Unit: String, CaseIterable, Hashable, Codable, Sendable {
        case second = "s"
        case minute = "min"

        package var duration: Duration {
            switch self {
            case .second: .seconds(1)
            case .minute: .seconds(60)
            }
        }
    }

    /// At least 1.
    package let calls: Int
    package let unit: Unit

    package init(_ calls: Int, per unit: Unit) {
        self.calls = calls
        self.unit = unit
    }

    /// The calls of a tenth of a second, at least 1: so much that a loop which is late loses nothing.
    package var usualBurst: Int {
        max(1, calls / Int(unit.duration / .milliseconds(100)))
    }

    package var description: String { "\(calls)/\(unit.rawValue)" }
}
