import RelayCore
import Testing
import WeChatClient

@Suite("Token schedule, on a clock turned by hand")
struct TokenScheduleTests {
    /// A schedule with its clock and its randomness.
    private struct Bench {
        var schedule: TokenSchedule
        var seconds = 1_000.0
        var random: SplitMix

        init(_ renewal: TokenSchedule.Renewal = .stable, seed: UInt64 = 7) {
            schedule = TokenSchedule(renewal)
            random = SplitMix(state: seed)
        }

        var now: MonotonicTime { MonotonicTime(nanoseconds: Int64(seconds * 1e9)) }
        var isUsable: Bool { schedule.isUsable(at: now) }
        /// Seconds until the schedule acts by itself.
        var wait: Double? { schedule.due.map { Double($0.nanoseconds) / 1e9 - seconds } }

        mutating func begin() -> TokenSchedule.Fetch? { schedule.begin(at: now) }
        mutating func refuse(_ generation: UInt64) -> TokenSchedule.Fetch? {
            schedule.refuse(generation: generation, at: now, using: &random)
        }
        @discardableResult
        mutating func obtain(_ value: String, expiresIn: Int = 7_200) -> AccessToken {
            schedule.obtain(Secret(value), expiresIn: .seconds(expiresIn), at: now, using: &random)
        }
        @discardableResult
        mutating func fail() -> Bool { schedule.fail(at: now, using: &random) }
    }

    @Test("the first token is fetched without force, once, whoever asks meanwhile")
    func first() {
        var bench = Bench()
        #expect(!bench.isUsable)
        #expect(bench.begin() == .unforced)
        #expect(bench.begin() == nil)
        #expect(bench.refuse(1) == nil)
        let token = bench.obtain("a")
        let expected = AccessToken(generation: 1, value: Secret("a"), expires: bench.now + .seconds(7_200))
        #expect(token == expected)
        #expect(bench.schedule.current == expected)
        #expect(bench.isUsable)
    }

    @Test("the endpoint is asked 240 to 60 seconds before the end, not always at the same moment")
    func lead() {
        var bench = Bench()
        var leads: Set<Double> = []
        for round in 0..<200 {
            bench.obtain("token \(round)")
            guard let wait = bench.wait else {
                Issue.record("nothing is due")
                return
            }
            #expect((60.0...240.0).contains(7_200 - wait))
            leads.insert(wait)
        }
        #expect(leads.count > 100)
    }

    @Test("a shorter life than documented is halved, and never asked for more than once a second")
    func shortLife() {
        var bench = Bench()
        bench.obtain("a", expiresIn: 100)
        #expect((40.0...50.0).contains(bench.wait ?? 0))
        bench.obtain("b", expiresIn: 1)
        #expect(bench.wait == 1)
    }

    @Test("a life without sense is cut to a day")
    func longLife() {
        var bench = Bench()
        let token = bench.obtain("a", expiresIn: .max)
        #expect(token.expires == bench.now + .seconds(86_400))
        #expect((86_160.0...86_340.0).contains(bench.wait ?? 0))
    }

    @Test("the same token asked for too early stays, and the next time is planned from its new expires_in")
    func sameToken() {
        var bench = Bench()
        bench.obtain("a")
        bench.seconds += 7_000
        #expect(bench.begin() == .unforced)
        let token = bench.obtain("a", expiresIn: 400)
        #expect(token.generation == 1)
        #expect(token.expires == bench.now + .seconds(400))
        #expect((200.0...340.0).contains(bench.wait ?? 0))
    }

    @Test("the old token is used until the new one is there")
    func overlap() {
        var bench = Bench()
        bench.obtain("a")
        bench.seconds += 7_100
        #expect(bench.begin() == .unforced)
        #expect(bench.isUsable)
        #expect(bench.schedule.due == nil)
        #expect(bench.obtain("b").generation == 2)
    }

    @Test("after a refusal: without force; when the same token came back and is refused again, by force")
    func force() {
        var bench = Bench()
        bench.obtain("a")
        #expect(bench.refuse(1) == .unforced)
        #expect(!bench.isUsable)
        #expect(bench.obtain("a").generation == 2)
        #expect(bench.isUsable)
        #expect(bench.refuse(2) == .forced)
        #expect(bench.obtain("b").generation == 3)
        // A new token has all its chances.
        #expect(bench.refuse(3) == .unforced)
    }

    @Test("of many calls in flight only the first refusal counts, and one of an older token never does")
    func stormOfRefusals() {
        var bench = Bench()
        bench.obtain("a")
        #expect(bench.refuse(1) == .unforced)
        for _ in 0..<63 { #expect(bench.refuse(1) == nil) }
        bench.obtain("a")
        for _ in 0..<63 { #expect(bench.refuse(1) == nil) }
        #expect(bench.schedule.underWay == nil)
        #expect(bench.isUsable)
        #expect(bench.refuse(3) == nil)
    }

    @Test("a refusal during a renewal waits for it, and the same token then counts as come back")
    func refusedDuringRenewal() {
        var bench = Bench()
        bench.obtain("a")
        bench.seconds += 7_100
        #expect(bench.begin() == .unforced)
        #expect(bench.refuse(1) == nil)
        #expect(bench.obtain("a", expiresIn: 100).generation == 2)
        #expect(bench.refuse(2) == .forced)
    }

    @Test("force is used 30 s apart and four times a day, else the request goes without")
    func forceLimits() {
        var bench = Bench()
        bench.obtain("a")
        _ = bench.refuse(1)
        bench.obtain("a")
        var generation: UInt64 = 2
        var forced: [Double] = []
        for _ in 0..<200 {
            let fetch = bench.refuse(generation)
            #expect(fetch != nil)
            if fetch == .forced { forced.append(bench.seconds) }
            bench.obtain("a")
            generation += 1
            bench.seconds += 7
        }
        #expect(forced.count == 4)
        for (earlier, later) in zip(forced, forced.dropFirst()) { #expect(later - earlier >= 30) }
        bench.seconds = forced[0] + 86_400
        #expect(bench.refuse(generation) == .forced)
    }

    @Test("a renewal that fails is tried again after 1 s to 30 s while the token lasts, and at its end")
    func backoff() {
        var bench = Bench()
        bench.obtain("a")
        bench.seconds += 7_000
        var waits: [Double] = []
        while bench.isUsable {
            #expect(bench.begin() == .unforced)
            #expect(bench.fail() == true)
            waits.append(bench.wait ?? 0)
            bench.seconds += bench.wait ?? 1_000
        }
        let limits = [1.0, 2, 4, 8, 16] + Array(repeating: 30.0, count: 20)
        for (wait, limit) in zip(waits.dropLast(), limits) { #expect(wait <= limit && wait >= limit * 0.8 - 1e-6) }
        #expect(bench.seconds == 8_200)
        // Nothing is left: from here on the hold's probes ask.
        #expect(bench.begin() == .unforced)
        #expect(bench.fail() == false)
        #expect(bench.schedule.due == nil)
        #expect(bench.begin() == .unforced)
        #expect(bench.obtain("b").generation == 2)
    }

    @Test("a success ends the growing of the intervals")
    func backoffReset() {
        var bench = Bench()
        bench.obtain("a")
        for _ in 0..<10 { bench.fail() }
        #expect((bench.wait ?? 0) > 20)
        bench.obtain("b")
        bench.fail()
        #expect((bench.wait ?? 10) <= 1)
    }

    @Test("a refused token is no token left, even before its end")
    func refusedIsNotUsable() {
        var bench = Bench()
        bench.obtain("a")
        _ = bench.refuse(1)
        #expect(bench.fail() == false)
        #expect(bench.schedule.due == nil)
        #expect(bench.refuse(1) == nil)
        #expect(bench.begin() == .unforced)
        #expect(bench.obtain("a").generation == 2)
    }
}
