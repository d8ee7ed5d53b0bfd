import RelayCore
import Testing

/// A machine against a WeChat that takes so many calls at once and does not say how many.
@Suite("The search for the environment's limit") struct InFlightSearchTests {
    private static func work(_ latency: Duration, hiddenLimit: Int) -> Workload {
        var work = Workload(MachineBench(.bench(window: WindowPolicy(open: 200))))
        work.latency = latency
        work.hiddenLimit = hiddenLimit
        work.assign(0)
        return work
    }

    @Test(
        "a hidden limit of 20 is found within 30 s, and after that fewer than one call in fifty is refused",
        arguments: [Duration.milliseconds(200), .seconds(1), .seconds(5)]
    )
    func found(latency: Duration) {
        var work = Self.work(latency, hiddenLimit: 20)
        work.run(.seconds(30))
        let before = work.calls.count
        work.run(.seconds(120))
        let after = work.calls[before...]
        let refused = after.count { $0.isRefused }
        #expect(refused * 50 < after.count, "\(refused) of \(after.count)")
        // What the limit gives in the time, and hardly less.
        let possible = Int(Duration.seconds(120) / latency) * 20
        #expect((after.count - refused) * 100 >= possible * 95, "\(after.count) of \(possible)")
    }

    @Test("when the limit is lifted, one more is tried within a minute or so, and then the steps double")
    func lifted() {
        var work = Self.work(.milliseconds(500), hiddenLimit: 20)
        work.run(.seconds(60))
        work.hiddenLimit = nil
        work.run(.seconds(80))
        #expect(work.bench.underWay.count == 64)
    }

    @Test("a limit that becomes smaller is found anew")
    func smaller() {
        var work = Self.work(.milliseconds(500), hiddenLimit: 40)
        work.run(.seconds(30))
        work.hiddenLimit = 7
        work.run(.seconds(30))
        let before = work.calls.count
        work.run(.seconds(60))
        let after = work.calls[before...]
        #expect(after.count { $0.isRefused } * 50 < after.count)
        #expect(after.count >= 7 * 2 * 60 * 95 / 100)
    }

    @Test("the least is never undercut, and a limit below it is not searched for")
    func least() {
        var work = Workload(
            MachineBench(.bench(inFlight: InFlightPolicy(min: 4, max: 16), window: WindowPolicy(open: 100)))
        )
        work.latency = .milliseconds(500)
        work.hiddenLimit = 2
        work.assign(0)
        work.run(.seconds(20))
        let summary = work.bench.machine.summary()
        #expect(summary.inFlight == 4 || summary.waitingForRetry > 90)
    }

    @Test("two pipelines that share an environment both go on under its limit")
    func shared() {
        var work = Workload(
            MachineBench(
                .bench(window: WindowPolicy(open: 200)),
                .bench(function: "g", window: WindowPolicy(open: 200))
            )
        )
        work.latency = .milliseconds(500)
        work.hiddenLimit = 20
        work.assign(0)
        work.assign(1, pipeline: 1)
        work.run(.seconds(60))
        let before = work.calls.count
        work.run(.seconds(120))
        let after = work.calls[before...]
        let refused = after.count { $0.isRefused }
        #expect(refused * 20 < after.count, "\(refused) of \(after.count)")
        #expect(after.count - refused >= 120 * 40 * 80 / 100, "\(after.count - refused) of \(120 * 40)")
        for partition in work.partitions {
            #expect(work.count(last: .seconds(120), in: [partition]) > 120 * 40 / 5)
        }
    }
}
