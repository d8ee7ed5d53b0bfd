import RelayCore
import Testing

@Suite("Paused pipelines") struct PauseTests {
    private let partition = PartitionID(slot: 0, epoch: 1)

    private func pause(_ bench: inout MachineBench, _ isPaused: Bool = true, pipeline: Int = 0) {
        bench.change { $0.pipelines[pipeline].isPaused = isPaused }
    }

    @Test("a paused pipeline reads and calls nothing; calls under way end and are answered")
    func nothingStarts() {
        var bench = MachineBench(.bench(inFlight: InFlightPolicy(min: 1, max: 1)))
        bench.assign()
        let first = bench.arrive(0)
        let second = bench.arrive(1)
        #expect(bench.takeCalls() == [first])
        pause(&bench)
        #expect(bench.machine.room(in: partition) == 0)
        bench.answer(first, 0)
        #expect(bench.reply(0)?.facts.status == .ok)
        bench.pass(.seconds(100))
        #expect(bench.takeCalls().isEmpty)
        #expect(bench.log.committed[0] == Offset(1))
        #expect(!bench.takeEffects().contains(.readOn(partition)), "reading stops as well")
        pause(&bench, false)
        #expect(bench.takeCalls() == [second])
        #expect(bench.takeEffects().contains(.readOn(partition)))
        #expect(bench.machine.room(in: partition) > 0)
    }

    @Test("a pipeline may be paused from the start")
    func fromTheStart() {
        var pipeline = PipelinePolicy.bench()
        pipeline.isPaused = true
        var bench = MachineBench(pipeline)
        bench.assign()
        #expect(bench.machine.room(in: partition) == 0)
        let id = bench.arrive(0)
        bench.pass(.seconds(10))
        #expect(bench.takeCalls().isEmpty, "one that was on its way when the pause began waits")
        pause(&bench, false)
        #expect(bench.takeCalls() == [id])
    }

    private func metadata(_ bench: MachineBench) throws -> CommitMetadata {
        try CommitMetadata.decode(#require(bench.runs.metadata[0])).get()
    }

    @Test("a pause with nothing open suspects nothing, and takes a commit before its next call")
    func settled() throws {
        var bench = MachineBench(.bench(retry: RetryPolicy(maybeRan: .fail)))
        bench.assign()
        bench.answer(bench.arrive(0), 0)
        pause(&bench)
        bench.pass(.seconds(2))
        #expect(try metadata(bench).isClean)
        #expect(try metadata(bench).admissionLimit == Offset(1))
        bench.answersCommits = false
        pause(&bench, false)
        _ = bench.takeCalls()
        let next = bench.arrive(1)
        #expect(bench.takeCalls().isEmpty, "the brokers believe that nothing is called")
        while bench.isCommitUnanswered { bench.answerCommit() }
        #expect(bench.takeCalls() == [next])
        #expect(try !metadata(bench).isClean)
        bench.answersCommits = true
        bench.answer(next, 0)
        pause(&bench)
        bench.pass(.seconds(2))
        bench.forget([partition])
        let again = bench.takeOver()
        bench.answer(bench.arrive(2, in: again), 0)
        #expect(bench.reply(2)?.facts.invocationsPossible == nil, "paused still")
        pause(&bench, false)
        for id in bench.takeCalls() { bench.answer(id, 0) }
        #expect(bench.reply(2)?.facts.invocationsPossible == 1)
        #expect(bench.reason(2) == nil)
    }

    @Test("a partition that is assigned under a pause says so in metadata that can be read")
    func assignedUnderPause() throws {
        var pipeline = PipelinePolicy.bench()
        pipeline.isPaused = true
        var bench = MachineBench(pipeline)
        bench.assign(start: 7, committed: nil)
        #expect(try metadata(bench).isClean)
        #expect(try metadata(bench).base == Offset(7))
    }

    @Test("what was done since a pause ended is committed when the partition is taken back")
    func revokedAfterPause() {
        var bench = MachineBench()
        bench.assign()
        pause(&bench)
        bench.pass(.seconds(2))
        pause(&bench, false)
        bench.handle(.commitGate(isClosed: true))
        bench.answer(bench.arrive(0), 0)
        bench.handle(.commitGate(isClosed: false))
        for id in bench.takeCalls() { bench.answer(id, 0) }
        bench.handle(.revoked([partition]))
        bench.pass(.seconds(1))
        #expect(bench.takeEffects().contains(.letGo([partition])))
        #expect(bench.log.committed[0] == Offset(1))
    }

    @Test("a pause lets no retry and no probe out, and its end lets them out at once")
    func retriesAndProbes() {
        var bench = MachineBench()
        bench.assign()
        let failing = bench.arrive(0)
        let refused = bench.arrive(1, function: "g")
        _ = bench.takeCalls()
        bench.answer(failing, -504_001)
        bench.answer(refused, .status(429), retryAfter: .seconds(5))
        pause(&bench)
        bench.pass(.seconds(600))
        #expect(bench.takeCalls().isEmpty)
        pause(&bench, false)
        // The hold is the app's: it is probed by its oldest request, and ends for the other.
        #expect(bench.takeCalls().count == 1)
        for id in bench.underWay { bench.answer(id, 0) }
        bench.pass(.seconds(2))
        #expect(bench.answerAll(.errcode(0)) == 1)
    }

    @Test("another pipeline of the same app goes on, and its requests probe a hold that both are under")
    func otherPipeline() {
        var bench = MachineBench(.bench(), .bench())
        bench.assign()
        let other = bench.assign(slot: 1, pipeline: 1)
        bench.answer(bench.arrive(0), .status(429), retryAfter: .seconds(5))
        pause(&bench)
        _ = bench.takeCalls()
        let free = bench.arrive(0, in: other)
        bench.pass(.seconds(10))
        #expect(bench.takeCalls() == [free])
        bench.answer(free, 0)
        #expect(bench.machine.room(in: other) > 0)
        #expect(bench.underWay.isEmpty)
    }

    @Test("time under a pause is not the request's: its budget is what it was")
    func budget() {
        for isPaused in [true, false] {
            var bench = MachineBench(.bench(retry: RetryPolicy(budget: .seconds(60))))
            bench.assign()
            let id = bench.arrive(0)
            _ = bench.takeCalls()
            bench.answer(id, -504_001)
            if isPaused { pause(&bench) }
            bench.stand(.seconds(40))
            bench.handle(.tick)
            bench.stand(.seconds(40))
            if isPaused { pause(&bench, false) }
            bench.handle(.tick)
            #expect(bench.takeCalls() == [id])
            bench.answer(id, -504_001)
            #expect(bench.reason(0) == (isPaused ? nil : .budgetExhausted))
        }
    }

    @Test("a pause and a hold at one time count once, and the longer of the two counts")
    func budgetUnderBoth() {
        var bench = MachineBench(.bench(retry: RetryPolicy(budget: .seconds(60))))
        bench.assign()
        let id = bench.arrive(0)
        _ = bench.takeCalls()
        bench.answer(id, .status(429), retryAfter: .seconds(30))
        pause(&bench)
        bench.pass(.seconds(500))
        pause(&bench, false)
        #expect(bench.takeCalls() == [id])
        bench.answer(id, 0)
        bench.pass(.seconds(30))
        #expect(bench.machine.holdReports.isEmpty)
        let next = bench.arrive(1)
        bench.answer(next, -504_001)
        bench.stand(.seconds(58))
        bench.handle(.tick)
        bench.answer(next, -504_001)
        bench.stand(.seconds(3))
        bench.handle(.tick)
        bench.answer(next, -504_001)
        #expect(bench.reason(1) == .budgetExhausted, "without a pause time counts again")
    }

    @Test("deadlines run on under a pause")
    func deadlines() {
        var bench = MachineBench()
        bench.assign()
        pause(&bench)
        bench.arrive(0, deadline: .seconds(5))
        bench.pass(.seconds(6))
        #expect(bench.reason(0) == .deadlineExceeded)
        #expect(bench.takeCalls().isEmpty)
    }

    @Test("a revoked partition of a paused pipeline is let go without its waiting requests")
    func revoked() {
        var bench = MachineBench()
        bench.assign()
        bench.answer(bench.arrive(0), -504_001)
        let busy = bench.arrive(1)
        pause(&bench)
        bench.arrive(2)
        bench.handle(.revoked([partition]))
        #expect(!bench.takeEffects().contains(.letGo([partition])))
        bench.answer(busy, 0)
        bench.pass(.seconds(2))
        #expect(bench.takeEffects().contains(.letGo([partition])))
        #expect(bench.log.committed[0] == Offset(0), "the request before it is open")
    }

    @Test("a stop under a pause does not wait for what it may not call, and says whether anything was begun")
    func stopped() {
        for isBegun in [true, false] {
            var bench = MachineBench()
            bench.assign()
            if isBegun { bench.answer(bench.arrive(0), -504_001) }
            pause(&bench)
            bench.arrive(1)
            bench.handle(.stop(deadline: bench.now.monotonic + .seconds(25)))
            #expect(bench.takeEffects().contains(.finished(isClean: !isBegun)))
        }
    }

    @Test("a call that fails while a paused relay stops is not waited for again")
    func failsWhileStopping() {
        var bench = MachineBench()
        bench.assign()
        let id = bench.arrive(0)
        pause(&bench)
        bench.handle(.stop(deadline: bench.now.monotonic + .seconds(25)))
        #expect(!bench.takeEffects().contains(.finished(isClean: true)))
        bench.answer(id, -504_001)
        #expect(bench.takeEffects().contains(.finished(isClean: false)))
        var late = MachineBench()
        late.assign()
        late.answer(late.arrive(0), -504_001)
        late.handle(.stop(deadline: late.now.monotonic + .seconds(25)))
        pause(&late)
        #expect(late.takeEffects().contains(.finished(isClean: false)), "a pause may come during the stop")
    }

    @Test("a pause is no stall, and the minute line counts what waits under it")
    func words() {
        var bench = MachineBench(.bench(), .bench())
        bench.assign()
        pause(&bench)
        bench.arrive(0)
        bench.arrive(1, key: 1)
        bench.arrive(2, key: 1)
        bench.pass(.seconds(200))
        let summary = bench.machine.summary()
        #expect(summary.waitingUnderPause == 2)
        #expect(summary.waitingForRoom == 0)
        #expect(summary.waitingForKey == 1)
        #expect(summary.pausedPipelines == ["bench"])
        #expect(summary.oldest == "requests/0/0 under a pause, 200 s old")
        #expect(bench.takeReports().isEmpty)
    }
}
