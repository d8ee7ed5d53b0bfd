/// Why a scope is held.
package enum HoldCause: String, CaseIterable, Hashable, Codable, Sendable {
    case misconfiguration, quota, throttled, outage

    /// The first and the longest time between two probes; none before a throttled window ends.
    var probeIntervals: (first: Duration, longest: Duration) {
        switch self {
        case .misconfiguration: (.seconds(5), .seconds(300))
        case .quota: (.seconds(10), .seconds(600))
        case .throttled: (.seconds(1), .seconds(60))
        case .outage: (.seconds(1), .seconds(30))
        }
    }
}

/// A stop of a scope for a reason that is not the record's fault: open → probing → ramp → closed.
struct Hold: Sendable {
    enum Phase: Equatable {
        case open(nextProbe: MonotonicTime)
        case probing(Probe)
        /// Calls go out again, at most `limit` at once; the limit doubles with each clean second.
        case ramp(limit: Int, stepEnds: MonotonicTime, hasSucceeded: Bool)
    }

    enum Probe: Equatable {
        case request(RequestID)
        case token
        case host
    }

    var cause: HoldCause
    var code: OutcomeCode
    /// The class that the rules gave the code when the hold was told of it.
    var ruledClass: OutcomeClass
    var errmsg: String
    var rid: String?
    var remedy: String
    var phase: Phase
    var interval: Duration
    let openedAt: MonotonicTime
    var lastProbe: RequestID?
    /// The token endpoint is what refused: it is what is asked.
    var probesToken = false

    /// Whether no request but a probe may be called.
    var isClosedToCalls: Bool {
        if case .ramp = phase { false } else { true }
    }
}
