import RelayCore
import Testing

@Suite("A limit over the group") struct GroupShareTests {
    private static func member(_ limits: AppLimits, slots: Range<Int>, of whole: Int) -> Workload {
        var work = Workload(MachineBench(.bench(window: WindowPolicy(open: 40)), limits: limits))
        work.bench.handle(.partitionTotals([whole]))
        for slot in slots { work.assign(slot) }
        return work
    }

    @Test("members with 4, 4 and 4 of 12 partitions call at the whole rate together, whoever they are")
    func sum() {
        let limits = AppLimits(rate: Rate(100, per: .second))
        var calls = 0
        for first in [0, 4, 8] {
            var work = Self.member(limits, slots: first..<first + 4, of: 12)
            work.run(.seconds(10))
            #expect((332...335).contains(work.calls.count))
            #expect(work.bench.machine.limitWords == ["app0: share 4/12 = 33/s"])
            calls += work.calls.count
        }
        #expect((990...1_003).contains(calls))
    }

    @Test("in-flight is shared likewise, one at least for each member")
    func inFlight() {
        var some = Self.member(AppLimits(inFlight: 20), slots: 0..<4, of: 12)
        some.latency = .seconds(1)
        some.run(.milliseconds(500))
        #expect(some.bench.underWay.count == 6)
        var few = Self.member(AppLimits(inFlight: 2), slots: 0..<1, of: 12)
        few.run(.milliseconds(500))
        #expect(few.bench.underWay.count == 1)
    }

    @Test("a share that is lost counts no more at once")
    func lost() {
        var work = Self.member(AppLimits(rate: Rate(120, per: .second)), slots: 0..<12, of: 12)
        work.run(.seconds(5))
        #expect((119...121).contains(work.count(last: .seconds(1))))
        let gone = Array(work.partitions[6...])
        work.partitions = Array(work.partitions[..<6])
        work.bench.handle(.revoked(gone))
        work.run(.seconds(1))
        #expect((59...61).contains(work.count(last: .seconds(1))))
    }

    @Test("a share that is gained is used after the drain of its owner before, and begins without a burst")
    func gained() {
        var work = Self.member(AppLimits(rate: Rate(120, per: .second), burst: 12), slots: 0..<6, of: 12)
        work.run(.seconds(5))
        for slot in 6..<12 { work.assign(slot, committed: 0) }
        work.run(.milliseconds(9_900))
        #expect((59...61).contains(work.count(last: .seconds(1))))
        work.run(.seconds(1))
        #expect((109...116).contains(work.count(last: .milliseconds(1_000))))
        #expect(work.most(within: .milliseconds(100)) <= 13)
        work.run(.seconds(1))
        #expect((119...121).contains(work.count(last: .seconds(1))))
    }

    @Test("a member whose whole share is not usable yet calls nothing, and is woken when it is")
    func gainedAll() {
        var work = Workload(
            MachineBench(.bench(window: WindowPolicy(open: 40)), limits: AppLimits(rate: Rate(10, per: .second)))
        )
        work.assign(0, committed: 7)
        work.run(.milliseconds(9_990))
        #expect(work.calls.isEmpty)
        #expect(work.bench.machine.nextWake == MonotonicTime(nanoseconds: 10_000_000_000))
        work.run(.milliseconds(20))
        #expect(work.calls.count == 1)
    }

    @Test(
        "partitions that were added make shares smaller, and a topic's growth that only the group has seen counts as known"
    )
    func totals() {
        var work = Self.member(AppLimits(rate: Rate(120, per: .second)), slots: 0..<6, of: 6)
        work.bench.handle(.partitionTotals([12]))
        work.run(.seconds(2))
        #expect((59...61).contains(work.count(last: .seconds(1))))
        work.bench.handle(.partitionTotals([3]))
        #expect(work.bench.machine.limitWords == ["app0: share 6/6 = 120/s"])
    }

    @Test("a share that its last owner has let go by a clean commit is used at once, one that a crash left is not")
    func handedOver() {
        for isClean in [true, false] {
            var work = Workload(
                MachineBench(.bench(window: WindowPolicy(open: 40)), limits: AppLimits(rate: Rate(10, per: .second)))
            )
            let metadata = CommitMetadata(
                place: CommitMetadata.place(topic: "requests", partition: 0),
                base: Offset(7),
                admissionLimit: Offset(100),
                nonce: 1,
                isClean: isClean
            )
            work.assign(0, committed: 7, inheritance: .records(metadata))
            work.run(.seconds(1))
            #expect(work.calls.isEmpty == !isClean)
        }
    }

    @Test("another policy's limits hold from the next call on; what was used up stays used")
    func reloaded() {
        var work = Self.member(AppLimits(rate: Rate(20, per: .second)), slots: 0..<1, of: 1)
        work.run(.seconds(2))
        work.bench.change { $0.apps[0].limits = AppLimits(rate: Rate(40, per: .second), inFlight: 1) }
        work.run(.seconds(2))
        #expect((39...41).contains(work.count(last: .seconds(1))))
        #expect(work.most(within: .milliseconds(100)) <= 8)
        work.bench.change {
            $0.apps[0].limits = AppLimits(environments: ["e": EnvironmentLimits(rate: Rate(10, per: .second))])
        }
        work.run(.seconds(2))
        #expect((9...11).contains(work.count(last: .seconds(1))))
        work.bench.change { $0.apps[0].limits = AppLimits() }
        work.run(.milliseconds(15))
        #expect(work.bench.underWay.count > 30)
    }

    @Test("throttled lowers the rate at once, once for each window, and it climbs back a tenth of it each minute")
    func throttled() {
        var work = Self.member(AppLimits(rate: Rate(40, per: .second)), slots: 0..<1, of: 1)
        work.latency = .milliseconds(100)
        work.run(.seconds(1))
        let under = Array(work.bench.underWay)
        #expect(under.count > 1)
        for id in under { work.bench.answer(id, .status(429), retryAfter: .seconds(5)) }
        #expect(work.bench.machine.limitWords == ["app0: share 1/1 = 40/s lowered to 75 %"])
        // The window, the probe and the ramp.
        work.run(.seconds(25))
        #expect((29...32).contains(work.count(last: .seconds(1))))
        work.run(.seconds(60))
        #expect((34...37).contains(work.count(last: .seconds(1))))
        work.run(.seconds(90))
        #expect((39...41).contains(work.count(last: .seconds(1))))
        #expect(work.most(within: .milliseconds(100)) <= 8)
        #expect(work.bench.machine.limitWords == ["app0: share 1/1 = 40/s"])
    }

    @Test("a throttled environment without a rate of its own lowers its functions'")
    func throttledWithin() {
        let limits = AppLimits(
            rate: Rate(1_000, per: .second),
            environments: ["e": EnvironmentLimits(functions: ["f": Rate(40, per: .second)])]
        )
        var work = Self.member(limits, slots: 0..<1, of: 1)
        work.latency = .milliseconds(100)
        work.run(.seconds(1))
        for id in Array(work.bench.underWay) { work.bench.answer(id, -501_003) }
        #expect(work.bench.machine.limitWords == ["app0: share 1/1 = 1000/s"])
        work.run(.seconds(75))
        #expect((29...32).contains(work.count(last: .seconds(1))))
    }
}
