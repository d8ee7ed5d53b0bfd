import FakeWeChat
import RelayCore
import Testing
import WeChatClient

@Suite("Renewal of classic tokens and of a token service's, on a clock turned by hand")
struct TokenRenewalTests {
    private static func time(_ seconds: Double) -> MonotonicTime {
        MonotonicTime(nanoseconds: Int64(seconds * 1e9))
    }

    @Test("a classic token is renewed when four fifths of its life are over")
    func early() {
        var schedule = TokenSchedule(.classic)
        var random = SplitMix(state: 7)
        #expect(schedule.begin(at: Self.time(0)) == .unforced)
        _ = schedule.obtain(Secret("a"), expiresIn: .seconds(7_200), at: Self.time(0), using: &random)
        #expect(schedule.due == Self.time(5_760))
        #expect(schedule.isUsable(at: Self.time(7_199)))
        #expect(schedule.age(at: Self.time(100)) == .seconds(100))
    }

    @Test("a classic token that is refused once is replaced at once, never by force")
    func once() {
        var schedule = TokenSchedule(.classic)
        var random = SplitMix(state: 7)
        for (generation, seconds) in [(UInt64(1), 1_000.0), (2, 2_000), (3, 2_010)] {
            _ = schedule.obtain(
                Secret("\(generation)"),
                expiresIn: .seconds(7_200),
                at: Self.time(seconds),
                using: &random
            )
            let fetch = schedule.refuse(generation: generation, at: Self.time(seconds + 5), using: &random)
            // The second in a row that was refused while fresh has to wait.
            #expect(fetch == (generation == 1 ? .unforced : nil))
            guard fetch == nil else { continue }
            #expect(schedule.isWaiting(at: Self.time(seconds + 5)))
            #expect(schedule.begin(at: Self.time(seconds + 5)) == nil)
        }
    }

    @Test("classic tokens that are refused while fresh are fetched after 5 s, 10 s … 5 min, one that lasted at once")
    func growing() throws {
        var schedule = TokenSchedule(.classic)
        var random = SplitMix(state: 7)
        var seconds = 0.0
        var waits: [Double] = []
        for generation in UInt64(1)...12 {
            _ = schedule.obtain(
                Secret("\(generation)"),
                expiresIn: .seconds(7_200),
                at: Self.time(seconds),
                using: &random
            )
            #expect(!schedule.isWaiting(at: Self.time(seconds)))
            seconds += 1
            if schedule.refuse(generation: generation, at: Self.time(seconds), using: &random) == nil {
                let due = try #require(schedule.due)
                waits.append(Double(due.nanoseconds) / 1e9 - seconds)
                // Whoever asks meanwhile, the hold's probe too, changes nothing.
                #expect(schedule.begin(at: Self.time(seconds + waits[waits.count - 1] / 2)) == nil)
                #expect(schedule.due == due)
                seconds += waits[waits.count - 1] + 0.001
                #expect(schedule.begin(at: Self.time(seconds)) == .unforced)
            }
        }
        let means = [5.0, 10, 20, 40, 80, 160, 300, 300, 300, 300, 300]
        #expect(waits.count == means.count)
        for (wait, mean) in zip(waits, means) { #expect((mean * 0.75...mean * 1.25).contains(wait)) }
        _ = schedule.obtain(Secret("last"), expiresIn: .seconds(7_200), at: Self.time(seconds), using: &random)
        #expect(schedule.refuse(generation: 13, at: Self.time(seconds + 61), using: &random) == .unforced)
    }

    @Test(
        "two processes that fetch classic tokens stay far below the day's 2,000, and calls go on",
        arguments: [0, 300]
    )
    func fight(overlap: Int) {
        var app = Scenario.App()
        app.tokenOverlap = .seconds(overlap)
        var rules = TokenRules()
        var generator = SeededGenerator(seed: 1)
        var random = SplitMix(state: 3)
        var schedules = [TokenSchedule(.classic), TokenSchedule(.classic)]
        var fetches = 0
        var calls = [0, 0]
        // A day in seconds: each second both do what is due and make a call.
        for second in 0..<86_400 {
            let now = Now(monotonic: Self.time(Double(second)), wall: WallTime(milliseconds: Int64(second) * 1_000))
            for index in schedules.indices {
                var wanted = second == 0 ? schedules[index].begin(at: now.monotonic) : nil
                if let due = schedules[index].due, due <= now.monotonic {
                    wanted = schedules[index].begin(at: now.monotonic)
                }
                if wanted == nil, let token = schedules[index].current, schedules[index].isUsable(at: now.monotonic) {
                    if rules.judge(token.value.exposed, app: app, now: now) == .good {
                        calls[index] += 1
                    } else {
                        wanted = schedules[index].refuse(
                            generation: token.generation,
                            at: now.monotonic,
                            using: &random
                        )
                    }
                }
                guard wanted != nil else { continue }
                fetches += 1
                guard case .token(let value, let life) = rules.classicToken(app: app, now: now, using: &generator)
                else {
                    Issue.record("the day's quota is used up after \(second) s")
                    return
                }
                _ = schedules[index].obtain(Secret(value), expiresIn: .seconds(life), at: now.monotonic, using: &random)
            }
        }
        #expect(fetches < 1_000)
        // Where the former token is good for five minutes both go on; where it is not, mostly the one that does not wait.
        #expect(calls.filter { $0 > 80_000 }.count == (overlap > 0 ? 2 : 1), "\(calls), \(fetches)")
        #expect(calls.allSatisfy { $0 > 0 })
    }

    @Test("a token service is asked before the end that it names; without one each four to five minutes")
    func service() throws {
        var schedule = TokenSchedule(.service)
        var random = SplitMix(state: 7)
        _ = schedule.obtain(Secret("a"), expiresIn: .seconds(7_200), at: Self.time(0), using: &random)
        let due = try #require(schedule.due)
        #expect((Self.time(6_960)...Self.time(7_140)).contains(due))
        var waits: Set<Int64> = []
        for _ in 0..<50 {
            let token = schedule.obtain(Secret("b"), expiresIn: nil, at: Self.time(0), using: &random)
            #expect(token.expires == nil && token.generation == 2)
            let due = try #require(schedule.due)
            #expect((Self.time(240)...Self.time(300)).contains(due))
            waits.insert(due.nanoseconds)
        }
        #expect(waits.count > 40)
        #expect(schedule.isUsable(at: Self.time(1e6)))
    }

    @Test("a token service that gives a refused token again is never asked by force")
    func sameFromService() {
        var schedule = TokenSchedule(.service)
        var random = SplitMix(state: 7)
        for generation in UInt64(1)...4 {
            let token = schedule.obtain(Secret("a"), expiresIn: .seconds(7_200), at: Self.time(0), using: &random)
            #expect(token.generation == generation)
            #expect(schedule.refuse(generation: generation, at: Self.time(1), using: &random) == .unforced)
        }
    }

    @Test("a service that is away is asked again at growing intervals while its token has no known end")
    func awayWithoutEnd() {
        var schedule = TokenSchedule(.service)
        var random = SplitMix(state: 7)
        _ = schedule.obtain(Secret("a"), expiresIn: nil, at: Self.time(0), using: &random)
        var waits: [MonotonicTime?] = []
        for _ in 0..<3 {
            _ = schedule.begin(at: Self.time(300))
            let isUsable = schedule.fail(at: Self.time(300), using: &random)
            #expect(isUsable)
            waits.append(schedule.due)
        }
        for (wait, limit) in zip(waits, [1.0, 2, 4]) {
            #expect(wait.map { $0 > Self.time(300) && $0 <= Self.time(300 + limit) } == true)
        }
    }
}
