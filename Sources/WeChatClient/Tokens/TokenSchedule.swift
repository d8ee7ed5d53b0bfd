package import RelayCore

/// When the token endpoint is asked, and whether by force; no clock, no randomness, no I/O of its own.
///
/// `stable_token` gives a new token only within the last five minutes of the old one, and both are good until its end
/// (docs, page getStableAccessToken). So the schedule asks once at a random moment 240 to 60 seconds before the end, and the
/// old token is used until the new one is there. One request at a time, whoever wants it.
///
/// A token service hands on such a token and is asked in the same way; without `expires_in` every five minutes. A classic
/// token is fetched early: each request makes a new one at once, and the former one stays good for five minutes.
package struct TokenSchedule {
    /// The rules that a source's tokens are renewed by.
    package enum Renewal: Equatable, Sendable {
        case stable, classic, service
    }

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
    /// A classic token is renewed when this part of its life is over.
    private static let classicPart = 0.8
    /// A classic token that is refused sooner than this was ended by somebody else's request.
    private static let fresh = Duration.seconds(60)
    private static let shortestWait = 5.0
    private static let longestWait = 300.0
    /// A service that does not say how long its token is good is asked so often.
    private static let unknownLife = Duration.seconds(300)
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
    private let renewal: Renewal
    private var obtained: MonotonicTime?
    /// Classic tokens in a row that were refused while fresh.
    private var freshRefusals = 0
    /// No request is made before.
    private var notBefore: MonotonicTime?

    package init(_ renewal: Renewal) {
        self.renewal = renewal
    }

    /// Whether a token is left that has neither expired nor been refused by a call.
    package func isUsable(at now: MonotonicTime) -> Bool {
        guard let current, !isRefused else { return false }
        return current.expires.map { now < $0 } ?? true
    }

    /// How long ago the current token was given.
    package func age(at now: MonotonicTime) -> Duration? {
        obtained.map { now - $0 }
    }

    /// Whether the next request is put off until `due`, whoever wants it.
    package func isWaiting(at now: MonotonicTime) -> Bool {
        notBefore.map { now < $0 } ?? false
    }

    /// Somebody wants a token request: the start, the timer, the probe of a hold. Nil when one is under way or put off.
    package mutating func begin(at now: MonotonicTime) -> Fetch? {
        guard underWay == nil, !isWaiting(at: now) else { return nil }
        let fetch: Fetch = renewal == .stable && isRefused && cameBack && mayForce(at: now) ? .forced : .unforced
        if fetch == .forced { forced.append(now) }
        underWay = fetch
        due = nil
        return fetch
    }

    /// A call was refused because of the token of that generation (40001, 40014, 42001, …).
    ///
    /// An older generation is ignored, so is a second refusal of the current one: of many calls in flight each brings one.
    /// The first refusal of a token asks without force; when the same token came back and is refused again, with force.
    ///
    /// Two processes that both fetch classic tokens end each other's: if each asked at once, they would do so for ever, and
    /// use up the day's 2,000 in minutes. So from the second fresh token in a row that is refused, the next request waits,
    /// 5 s at first and up to 5 min.
    package mutating func refuse(
        generation: UInt64,
        at now: MonotonicTime,
        using random: inout some RandomNumberGenerator
    ) -> Fetch? {
        guard current?.generation == generation, !isRefused else { return nil }
        isRefused = true
        if renewal == .classic, underWay == nil { putOff(at: now, using: &random) }
        return begin(at: now)
    }

    private mutating func putOff(at now: MonotonicTime, using random: inout some RandomNumberGenerator) {
        guard let age = age(at: now), age < TokenSchedule.fresh else {
            freshRefusals = 0
            return
        }
        freshRefusals += 1
        guard freshRefusals > 1 else { return }
        var seconds = TokenSchedule.shortestWait
        for _ in 2..<min(freshRefusals, 10) { seconds *= 2 }
        let wait = Duration.seconds(min(seconds, TokenSchedule.longestWait) * random.uniform(0.75...1.25))
        notBefore = now + wait
        due = notBefore
    }

    /// The source gave a token. The same one again, if no call has refused it, keeps its generation. `expiresIn` is nil when
    /// it does not say how long the token is good.
    package mutating func obtain(
        _ value: Secret,
        expiresIn: Duration?,
        at now: MonotonicTime,
        using random: inout some RandomNumberGenerator
    ) -> AccessToken {
        let life = expiresIn.map { min($0, TokenSchedule.longestLife) }
        let isSame = value == current?.value
        let before = current?.generation ?? 0
        if !isSame || isRefused { cameBack = isSame }
        let token = AccessToken(
            generation: isSame && !isRefused ? before : before + 1,
            value: value,
            expires: life.map { now + $0 }
        )
        current = token
        underWay = nil
        isRefused = false
        failures = 0
        obtained = now
        notBefore = nil
        due = now + max(.seconds(1), rest(of: life, using: &random))
        return token
    }

    /// How long a new token is used before the source is asked again.
    private func rest(of life: Duration?, using random: inout some RandomNumberGenerator) -> Duration {
        guard let life else { return TokenSchedule.unknownLife * random.uniform(0.8...1) }
        switch renewal {
        case .classic: return life * TokenSchedule.classicPart
        case .stable, .service:
            // The docs promise at least 300 s; half of a shorter life keeps the schedule sane whatever comes.
            let lead = Duration.seconds(random.uniform(TokenSchedule.latestLead...TokenSchedule.earliestLead))
            return life - min(lead, life / 2)
        }
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
        due = current.expires.map { min(now + backoff, $0) } ?? now + backoff
        return true
    }

    private mutating func mayForce(at now: MonotonicTime) -> Bool {
        forced.removeAll { now - $0 >= TokenSchedule.day }
        guard let last = forced.last else { return true }
        return forced.count < TokenSchedule.forcedPerDay && now - last >= TokenSchedule.forcedApart
    }
}
