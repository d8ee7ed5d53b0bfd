import RelayCore
import Testing

@Suite("Rate limits in time") struct RateLimitTests {
    private static func limited(_ limits: AppLimits, _ pipelines: PipelinePolicy...) -> Workload {
        let full = WindowPolicy(open: 40)
        switch pipelines.count {
        case 2: return Workload(MachineBench(pipelines[0], pipelines[1], limits: limits))
        default: return Workload(MachineBench(pipelines.first ?? .bench(window: full), limits: limits))
        }
    }

    private static let window = WindowPolicy(open: 40)

    @Test("a backlog is called at the rate, from the first second on, and never faster")
    func steady() {
        var work = Self.limited(AppLimits(rate: Rate(100, per: .second), burst: 5))
        work.assign(0)
        work.run(.seconds(10))
        // The first call, and one each 10 ms.
        #expect((998...1_001).contains(work.calls.count))
        #expect(work.most(within: .milliseconds(100)) <= 11, "a start is no burst")
    }

    @Test("a rate by the minute is spread over it")
    func minutes() {
        var work = Self.limited(AppLimits(rate: Rate(30, per: .minute)))
        work.assign(0)
        work.run(.seconds(60))
        #expect((29...31).contains(work.calls.count))
        #expect(work.most(within: .milliseconds(1_949)) == 1)
    }

    @Test("after a pause the burst and no more goes at once")
    func burst() {
        var work = Self.limited(AppLimits(rate: Rate(10, per: .second), burst: 5))
        work.assign(0)
        work.isIdle = true
        work.run(.seconds(60))
        work.isIdle = false
        work.run(.milliseconds(90))
        #expect(work.calls.count == 5)
        work.run(.seconds(1))
        #expect((14...16).contains(work.calls.count))
    }

    @Test("app, environment and function: a call needs all of them, and the narrower takes nothing from the wider")
    func nested() {
        let limits = AppLimits(
            rate: Rate(50, per: .second),
            environments: [
                "e": EnvironmentLimits(rate: Rate(40, per: .second), functions: ["slow": Rate(5, per: .second)])
            ]
        )
        var work = Self.limited(limits, .bench(window: Self.window))
        work.assign(0)
        work.assign(1)
        work.functions[work.partitions[1]] = "slow"
        work.run(.seconds(10))
        let slow = work.count(last: .seconds(10), in: [work.partitions[1]])
        #expect((49...51).contains(slow))
        #expect((398...401).contains(work.calls.count), "the rest of the environment's rate is the other function's")
    }

    @Test("pipelines of one app take turns at its limit, also one with few functions among one with many")
    func turns() {
        var work = Self.limited(
            AppLimits(rate: Rate(100, per: .second)),
            .bench(window: Self.window),
            .bench(function: "other", window: Self.window)
        )
        for slot in 0..<4 { work.assign(slot, pipeline: slot == 3 ? 1 : 0) }
        for slot in 0..<3 { work.functions[work.partitions[slot]] = "f\(slot)" }
        work.run(.seconds(10))
        let single = work.count(last: .seconds(10), in: [work.partitions[3]])
        #expect((499...501).contains(single))
    }

    @Test("pipelines take turns at an environment's limit as well")
    func turnsInEnvironment() {
        var work = Self.limited(
            AppLimits(environments: ["e": EnvironmentLimits(rate: Rate(100, per: .second))]),
            .bench(window: Self.window),
            .bench(function: "other", window: Self.window)
        )
        for slot in 0..<4 { work.assign(slot, pipeline: slot == 3 ? 1 : 0) }
        for slot in 0..<3 { work.functions[work.partitions[slot]] = "f\(slot)" }
        work.run(.seconds(10))
        let single = work.count(last: .seconds(10), in: [work.partitions[3]])
        #expect((498...502).contains(single))
    }

    @Test("calls under way are limited for the app and for the environment")
    func inFlight() {
        for limits in [AppLimits(inFlight: 3), AppLimits(environments: ["e": EnvironmentLimits(inFlight: 3)])] {
            var work = Self.limited(limits, .bench(window: Self.window), .bench(window: Self.window))
            work.assign(0)
            work.assign(1, pipeline: 1)
            work.latency = .milliseconds(100)
            work.run(.seconds(1))
            #expect(work.bench.underWay.count == 3)
            #expect((28...36).contains(work.calls.count))
            let first = work.count(last: .seconds(1), in: [work.partitions[0]])
            // Three before the other had a record, then each second one.
            #expect(abs(first - 3 - (work.calls.count - 3) / 2) <= 1, "they take turns")
        }
    }

    @Test("who waits for a limit is armed at the time when it lets go, once, and is not a stall")
    func armed() {
        var work = Self.limited(
            AppLimits(environments: ["e": EnvironmentLimits(functions: ["f": Rate(1, per: .minute)])])
        )
        work.assign(0)
        work.run(.seconds(1))
        #expect(work.calls.count == 1)
        let wake = work.bench.machine.nextWake
        #expect(wake == work.calls[0].at + .seconds(60))
        #expect(work.bench.machine.summary().waitingForLimit == 40)
        work.run(.seconds(58))
        #expect(work.calls.count == 1)
        #expect(work.bench.takeReports().isEmpty)
    }

    @Test("a probe of a hold waits for its limit as any call, and goes when it opens")
    func probes() {
        var work = Self.limited(AppLimits(rate: Rate(1, per: .minute)))
        work.assign(0)
        work.run(.milliseconds(10))
        let first = work.bench.machine.summary()
        #expect(first.inFlight == 1)
        for id in work.bench.underWay { work.bench.answer(id, 45_009) }
        work.isIdle = true
        work.run(.seconds(59))
        #expect(work.calls.count == 1)
        work.run(.seconds(30))
        #expect(work.calls.count == 2)
    }
}
