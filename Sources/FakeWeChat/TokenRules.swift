package import RelayCore

/// The access tokens of one app, by WeChat's rules (docs, pages getStableAccessToken and getAccessToken).
///
/// The stable token is the same for everyone until the last five minutes of its life; a request in those gets a new
/// one, and both are good until the old one ends. The classic token is new at each request and the former one stays
/// good for five minutes. The two kinds know nothing of each other.
package struct TokenRules: Sendable {
    /// What a token request gets.
    package enum Grant: Hashable, Sendable {
        /// `expiresIn` in whole seconds.
        case token(String, expiresIn: Int)
        case refused(errcode: Int64)
    }

    /// What a presented token is worth.
    package enum Verdict: Hashable, Sendable {
        case good
        /// 41001, 40001, 40014 or 42001.
        case refused(errcode: Int64)
    }

    /// How tokens end before their time; see `endAll(as:)`.
    package enum End: Hashable, Sendable {
        /// 42001, as if their life were over.
        case expired
        /// 40001, as if another process had renewed them.
        case revoked
    }

    private struct Token {
        var end: MonotonicTime
        var isRevoked = false
        /// A newer classic token was given: it is no longer the latest.
        var isReplaced = false
    }

    /// Requests a minute and a day, forced refreshes a day and the time between two of them.
    package static let stablePerMinute = 10_000
    package static let stablePerDay = 500_000
    package static let classicPerDay = 2_000
    package static let forcedPerDay = 20
    package static let forcedInterval: Duration = .seconds(30)

    /// Ended tokens are remembered so that they are told apart from unknown ones; the oldest are forgotten.
    private static let remembered = 4_096

    private var tokens: [String: Token] = [:]
    private var order: [String] = []
    private var stable: String?
    private var classic: String?
    private var lastForced: MonotonicTime?
    private var stableMinute = Usage(limit: stablePerMinute)
    private var stableDay = Usage(limit: stablePerDay)
    private var classicDay = Usage(limit: classicPerDay)
    private var forcedDay = Usage(limit: forcedPerDay)
    /// Tokens made, of both kinds.
    package private(set) var issued = 0

    package init() {}

    /// `POST /cgi-bin/stable_token`. `forceRefresh` within 30 s of the former one refreshes nothing.
    package mutating func stableToken(
        forceRefresh: Bool,
        app: Scenario.App,
        now: Now,
        using generator: inout SeededGenerator
    ) -> Grant {
        guard stableDay.take(in: now.wall.day), stableMinute.take(in: now.wall.minute) else {
            return .refused(errcode: 45_009)
        }
        let tooSoon = lastForced.map { now.monotonic - $0 < Self.forcedInterval } ?? false
        if forceRefresh, !tooSoon {
            guard forcedDay.take(in: now.wall.day) else { return .refused(errcode: 45_009) }
            lastForced = now.monotonic
            if let stable { tokens[stable]?.isRevoked = true }
            stable = nil
        }
        if let stable, let token = tokens[stable], !token.isRevoked {
            let left = token.end - now.monotonic
            if left > min(app.tokenOverlap, app.tokenLifetime / 2) {
                return .token(stable, expiresIn: Self.seconds(left))
            }
        }
        let value = issue(app: app, now: now, using: &generator)
        stable = value
        return .token(value, expiresIn: Self.seconds(app.tokenLifetime))
    }

    /// `GET /cgi-bin/token`.
    package mutating func classicToken(
        app: Scenario.App,
        now: Now,
        using generator: inout SeededGenerator
    ) -> Grant {
        guard classicDay.take(in: now.wall.day) else { return .refused(errcode: 45_009) }
        if let classic, let former = tokens[classic] {
            tokens[classic]?.end = min(former.end, now.monotonic + app.tokenOverlap)
            tokens[classic]?.isReplaced = true
        }
        let value = issue(app: app, now: now, using: &generator)
        classic = value
        return .token(value, expiresIn: Self.seconds(app.tokenLifetime))
    }

    /// A text that does not look like a token is 40014, one that does but was never given here is 40001.
    package func judge(_ value: String?, app: Scenario.App, now: Now) -> Verdict {
        guard let value, !value.isEmpty else { return .refused(errcode: 41_001) }
        guard let token = tokens[value] else {
            let looksRight = value.utf8.count == app.tokenLength || value == app.cloudbaseToken?.exposed
            return .refused(errcode: looksRight ? 40_001 : 40_014)
        }
        if token.isRevoked { return .refused(errcode: 40_001) }
        if token.end > now.monotonic { return .good }
        // WeChat's words for it are "invalid or not latest" (reports).
        return .refused(errcode: token.isReplaced ? 40_001 : 42_001)
    }

    /// Ends every token that is still good.
    package mutating func endAll(as end: End, now: Now) {
        for value in order {
            switch end {
            case .expired: tokens[value]?.end = now.monotonic
            case .revoked: tokens[value]?.isRevoked = true
            }
        }
        stable = nil
        classic = nil
    }

    private mutating func issue(app: Scenario.App, now: Now, using generator: inout SeededGenerator) -> String {
        let value = generator.token(length: app.tokenLength)
        tokens[value] = Token(end: now.monotonic + app.tokenLifetime)
        order.append(value)
        if order.count > Self.remembered { tokens[order.removeFirst()] = nil }
        issued += 1
        return value
    }

    private static func seconds(_ duration: Duration) -> Int {
        max(1, Int(duration.components.seconds))
    }
}
