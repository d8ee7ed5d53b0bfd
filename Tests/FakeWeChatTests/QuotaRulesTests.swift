import FakeWeChat
import RelayCore
import Testing

@Suite("Quota rules") struct QuotaRulesTests {
    private func quota(perMinute: Int?, perDay: Int) -> Scenario.Quota {
        var quota = Scenario.Quota()
        quota.perMinute = perMinute
        quota.perDay = perDay
        return quota
    }

    @Test("the per-minute quota is 45011 until the next full minute")
    func perMinute() {
        var clock = HandClock()
        clock.turn(.seconds(50))
        var rules = QuotaRules(quota(perMinute: 2, perDay: 100))
        #expect([rules.take(now: clock.now), rules.take(now: clock.now)] == [nil, nil])
        #expect(rules.take(now: clock.now) == 45_011)
        clock.turn(.milliseconds(9_999))
        #expect(rules.take(now: clock.now) == 45_011)
        clock.turn(.milliseconds(1))
        #expect(rules.take(now: clock.now) == nil)
    }

    @Test("the daily quota is 45009 until midnight in UTC+8")
    func perDay() {
        var clock = HandClock()
        var rules = QuotaRules(quota(perMinute: nil, perDay: 1))
        #expect(rules.take(now: clock.now) == nil)
        #expect(rules.take(now: clock.now) == 45_009)
        clock.turn(.seconds(8 * 3_600) - .milliseconds(1))
        #expect(rules.take(now: clock.now) == 45_009)
        clock.turn(.milliseconds(1))
        #expect(rules.take(now: clock.now) == nil)
    }

    @Test("a refused call uses nothing up, and the document says what is left")
    func document() {
        let clock = HandClock()
        var rules = QuotaRules(quota(perMinute: 2, perDay: 10))
        for _ in 0..<5 { _ = rules.take(now: clock.now) }
        let limits = #"{"daily_limit":10,"used":2,"remain":8}"#
        let rate = #"{"call_count":2,"refresh_second":60}"#
        #expect(
            rules.document(now: clock.now) == #"{"errcode":0,"errmsg":"ok","quota":\#(limits),"rate_limit":\#(rate)}"#
        )
    }

    @Test("a changed limit leaves what is used")
    func adopted() {
        let clock = HandClock()
        var rules = QuotaRules(quota(perMinute: 1, perDay: 10))
        _ = rules.take(now: clock.now)
        rules.adopt(quota(perMinute: 2, perDay: 10))
        #expect([rules.take(now: clock.now), rules.take(now: clock.now)] == [nil, 45_011])
        rules.adopt(quota(perMinute: nil, perDay: 2))
        #expect(rules.take(now: clock.now) == 45_009)
    }
}
