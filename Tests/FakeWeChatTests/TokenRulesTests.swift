import FakeWeChat
import RelayCore
import Testing

@Suite("Token rules") struct TokenRulesTests {
    private var rules = TokenRules()
    private var clock = HandClock()
    private var generator = SeededGenerator(seed: 7)
    private var app = Scenario.App()

    private mutating func stable(force: Bool = false) -> TokenRules.Grant {
        rules.stableToken(forceRefresh: force, app: app, now: clock.now, using: &generator)
    }

    private mutating func classic() -> TokenRules.Grant {
        rules.classicToken(app: app, now: clock.now, using: &generator)
    }

    private func verdict(_ grant: TokenRules.Grant) -> TokenRules.Verdict? {
        guard case .token(let token, _) = grant else { return nil }
        return rules.judge(token, app: app, now: clock.now)
    }

    @Test("the stable token stays the same until five minutes before its end")
    mutating func stableStays() throws {
        guard case .token(let first, let lifetime) = stable() else { throw Unexpected.refusal }
        #expect(lifetime == 7_200)
        #expect(first.utf8.count == 136)
        clock.turn(.seconds(6_899))
        #expect(stable() == .token(first, expiresIn: 301))
        #expect(rules.issued == 1)
    }

    @Test("in the last five minutes there is a new one, and both are good until the old one ends")
    mutating func overlap() {
        let old = stable()
        clock.turn(.seconds(6_900))
        let new = stable()
        #expect(new != old)
        #expect(stable() == new)
        #expect(verdict(old) == .good)
        #expect(verdict(new) == .good)
        clock.turn(.seconds(300))
        #expect(verdict(old) == .refused(errcode: 42_001))
        #expect(verdict(new) == .good)
    }

    @Test("a shortened token has a shortened overlap")
    mutating func shortened() {
        app.tokenLifetime = .seconds(20)
        let old = stable()
        clock.turn(.milliseconds(9_500))
        guard case .token(let same, let left) = stable() else {
            Issue.record("refused")
            return
        }
        #expect(old == .token(same, expiresIn: 20))
        #expect(left == 10)
        clock.turn(.milliseconds(500))
        #expect(stable() != old)
        #expect(rules.issued == 2)
    }

    @Test("a forced refresh invalidates the old token at once, and sooner than 30 s later refreshes nothing")
    mutating func forced() {
        let first = stable()
        let second = stable(force: true)
        #expect(second != first)
        #expect(verdict(first) == .refused(errcode: 40_001))
        clock.turn(.milliseconds(29_999))
        _ = stable(force: true)
        #expect(rules.issued == 2)
        clock.turn(.milliseconds(1))
        _ = stable(force: true)
        #expect(rules.issued == 3)
        #expect(verdict(second) == .refused(errcode: 40_001))
    }

    @Test("twenty forced refreshes a day are allowed, the next one after midnight in UTC+8")
    mutating func forcedPerDay() {
        for _ in 0..<20 {
            _ = stable(force: true)
            clock.turn(.seconds(30))
        }
        #expect(rules.issued == 20)
        let last = stable()
        #expect(stable(force: true) == .refused(errcode: 45_009))
        #expect(verdict(last) == .good)
        clock.turn(.seconds(8 * 3_600) - clock.elapsed)
        let next = stable(force: true)
        #expect(verdict(next) == .good)
        #expect(verdict(last) != .good)
    }

    @Test("the classic token is new at each request, and the former one lives on for five minutes")
    mutating func classicRenews() {
        let first = classic()
        clock.turn(.seconds(10))
        let second = classic()
        #expect(first != second)
        clock.turn(.seconds(299))
        #expect(verdict(first) == .good)
        clock.turn(.seconds(1))
        #expect(verdict(first) == .refused(errcode: 40_001))
        #expect(verdict(second) == .good)
        clock.turn(.seconds(6_900))
        #expect(verdict(second) == .refused(errcode: 42_001))
    }

    @Test("the two kinds of token know nothing of each other")
    mutating func independent() {
        let stableToken = stable()
        let classicToken = classic()
        #expect(stableToken != classicToken)
        #expect(stable() == stableToken)
        #expect(verdict(stableToken) == .good)
        #expect(verdict(classicToken) == .good)
    }

    @Test("requests beyond 10,000 a minute and 2,000 classic ones a day are refused")
    mutating func frequency() {
        for _ in 0..<10_000 { _ = stable() }
        #expect(stable() == .refused(errcode: 45_009))
        clock.turn(.seconds(60))
        #expect(stable() != .refused(errcode: 45_009))
        for _ in 0..<2_000 { _ = classic() }
        #expect(classic() == .refused(errcode: 45_009))
    }

    @Test("a missing, a misshapen and an unknown token have errcodes of their own")
    mutating func judged() {
        let unknown = String(repeating: "a", count: 136)
        #expect(rules.judge(nil, app: app, now: clock.now) == .refused(errcode: 41_001))
        #expect(rules.judge("", app: app, now: clock.now) == .refused(errcode: 41_001))
        #expect(rules.judge("short", app: app, now: clock.now) == .refused(errcode: 40_014))
        #expect(rules.judge(unknown, app: app, now: clock.now) == .refused(errcode: 40_001))
    }

    @Test(
        "a test can end all tokens in either way",
        arguments: [(TokenRules.End.expired, Int64(42_001)), (.revoked, 40_001)]
    )
    mutating func ended(end: TokenRules.End, code: Int64) {
        let tokens = [stable(), classic()]
        rules.endAll(as: end, now: clock.now)
        #expect(tokens.map { verdict($0) } == [.refused(errcode: code), .refused(errcode: code)])
        let next = stable()
        #expect(verdict(next) == .good)
    }

    private enum Unexpected: Error { case refusal }
}
