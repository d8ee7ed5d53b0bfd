package import RelayCore

/// When the token endpoint is asked, and whether by force; no clock, no randomness, no I/O of its own.
///
/// `stable_token` gives a new token only within the last five minutes of the old one, and both are good until its end
/// (docs, page getStableAccessToken). So the schedule asks once at a random moment 240 to 60 seconds before the end, and the
/// old token is used until the new one is there. One request at a time, whoever wants it.
package struct TokenSchedule {
    package enum Fetch: Equatable, Sendable {
        case unforced
        /// Invalidates the present token: WeChat allows it every 30 s and 20 times a day, for all processes together.
        case forced
    }

    private static let earliestLead = 240.0
    private static let latestLead = 60.0
    private static let forcedApart = Duration.seconds(30)
    private static let forcedPerDay = 4
    private static let day = Duration.seconds(86_400)
    private static let longestBackoff = 30.0
    /// WeChat gives 7,200 s at most; whoever gives more is asked again after a day.
    private static let longestLife = day

    /// The token in use; it may have expired or been refused.
    package private(set) var current: AccessToken?
    /// When `begin` is to be called next without anybody's asking; nil while a request is under way, and while it is left
    /// to the holds of the relay to try again.
    package private(set) var due: MonotonicTime?
    package private(set) var underWay: Fetch?
    /// A call was refused because of the current token.
    private var isRefused = false
    /// The current token is one that was refused: the endpoint gave it out again.
    private var cameBack = false
    private var failures = 0
    /// The forced requests of the last day.
    private var forced: [MonotonicTime] = []

    package init() {}

    /// Whether a token is left that has neither expired nor been refused by a call.
    package func isUsable(at now: MonotonicTime) -> Bool {
        guard let current, !isRefused else { return false }
        return now < current.expires
    }

    /// Somebody wants a token request: the start, the timer, the probe of a hold. Nil when one is under way.
    package mutating func begin(at now: MonotonicTime) -> Fetch? {
        guard underWay == nil else { return nil }
        let fetch: Fetch = isRefused && cameBack && mayForce(at: now) ? .forced : .unforced
        if fetch == .forced { forced.append(now) }
        underWay = fetch
        due = nil
        return fetch
    }

    /// A call was refused because of the token of that generation (40001, 40014, 42001, …).
    ///
    /// An older generation is ignored, so is a second refusal of the current one: of many calls in flight each brings one.
    /// The first refusal of a token asks without force; when the same token came back and is refused again, with force.
    package mutating func refuse(generation: UInt64, at now: MonotonicTime) -> Fetch? {
        guard current?.generation == generation, !isRefused else { return nil }
        isRefused = true
        return begin(at: now)
    }

    /// The endpoint gave a token. The same one again, if no call has refused it, keeps its generation.
    package mutating func obtain(
        _ value: Secret,
        expiresIn: Duration,
        at now: MonotonicTime,
        using random: inout some RandomNumberGenerator
    ) -> AccessToken {
        let life = min(expiresIn, TokenSchedule.longestLife)
        let isSame = value == current?.value
        let before = current?.generation ?? 0
        if !isSame || isRefused { cameBack = isSame }
        let token = AccessToken(
            generation: isSame && !isRefused ? before : before + 1,
            value: value,
            expires: now + life
        )
        current = token
        underWay = nil
        isRefused = false
        failures = 0
        // The docs promise at least 300 s; half of a shorter life keeps the schedule sane whatever comes.
        let lead = Duration.seconds(random.uniform(TokenSchedule.latestLead...TokenSchedule.earliestLead))
        due = now + max(.seconds(1), life - min(lead, life / 2))
        return token
    }

    /// The endpoint gave none. True when a usable token is left: then the schedule tries again by itself, at growing
    /// intervals and at the token's end; without one, the relay's hold does so by its probes.
    package mutating func fail(at now: MonotonicTime, using random: inout some RandomNumberGenerator) -> Bool {
        underWay = nil
        guard isUsable(at: now), let current else { return false }
        var seconds = 1.0
        for _ in 0..<min(failures, 5) { seconds *= 2 }
        failures += 1
        let backoff = Duration.seconds(min(seconds, TokenSchedule.longestBackoff) * random.uniform(0.8...1))
        due = min(now + backoff, current.expires)
        return true
    }

    private mutating func mayForce(at now: MonotonicTime) -> Bool {
        forced.removeAll { now - $0 >= TokenSchedule.day }
        guard let last = forced.last else { return true }
        return forced.count < TokenSchedule.forcedPerDay && now - last >= TokenSchedule.forcedApart
    }
}
