import RelayCore
import Testing

@Suite("Stop") struct StopTests {
    private let partition = PartitionID(slot: 0, epoch: 1)

    private func stop(_ bench: inout MachineBench, drain: Duration = .seconds(25)) {
        _ = (bench.takeEffects(), bench.takeCalls())
        bench.handle(.stop(deadline: bench.now.monotonic + drain))
    }

    /// Whether the machine said that it is finished, and if so whether cleanly.
    private func ends(_ bench: inout MachineBench) -> [Bool] {
        bench.takeEffects().compactMap { if case .finished(let isClean) = $0 { isClean } else { nil } }
    }

    @Test("with nothing begun a stop is over at once")
    func idle() {
        var bench = MachineBench()
        bench.assign()
        stop(&bench)
        #expect(ends(&bench) == [true])
    }

    @Test("calls under way end, are written and committed; then the stop is clean, once")
    func clean() {
        var bench = MachineBench(.bench(inFlight: InFlightPolicy(min: 1, max: 2)))
        bench.assign()
        let ids = (Int64(0)..<6).map { bench.arrive($0) }
        stop(&bench)
        #expect(bench.log.openCount == 2, "the tail that was not begun is forgotten")
        bench.answer(ids[1], 0)
        bench.answer(ids[0], 0)
        #expect(bench.takeCalls().isEmpty)
        #expect(bench.log.committed[0] == Offset(2))
        bench.pass(.seconds(30))
        #expect(ends(&bench) == [true])
    }

    @Test("records below one that was begun are finished as well, in order")
    func belowTheHighestBegun() {
        var bench = MachineBench()
        bench.assign()
        let first = bench.arrive(0, key: 1)
        let second = bench.arrive(1, key: 1)
        let third = bench.arrive(2)
        bench.arrive(3, key: 1)
        stop(&bench)
        bench.answer(third, 0)
        bench.answer(first, 0)
        #expect(bench.takeCalls() == [second])
        bench.answer(second, 0)
        #expect(bench.log.committed[0] == Offset(3))
        #expect(ends(&bench) == [true])
    }

    @Test("a retry that falls due within the drain is sent")
    func retryWithinTheDrain() {
        var bench = MachineBench()
        bench.assign()
        let id = bench.arrive(0)
        bench.answer(id, -504_001)
        stop(&bench)
        #expect(bench.passUntilCall(within: .seconds(5)) != nil)
        bench.answer(id, 0)
        #expect(ends(&bench) == [true])
    }

    @Test("what is not over at the deadline is cut: the stop is not clean, and nothing above it is committed")
    func cut() {
        var bench = MachineBench()
        bench.assign()
        let open = bench.arrive(1)
        bench.answer(bench.arrive(2), 0)
        stop(&bench)
        bench.pass(.milliseconds(24_900))
        #expect(ends(&bench).isEmpty)
        bench.pass(.seconds(3))
        #expect(ends(&bench) == [false])
        #expect(bench.log.committed[0] == nil || bench.log.committed[0] == Offset(1))
        #expect(bench.machine.counters.callsCut == 1)
        bench.answer(open, 0)
        #expect(bench.writings.count == 1)
    }

    @Test("nothing new is taken: neither records nor the end of a partition move the position")
    func nothingNew() {
        var bench = MachineBench()
        bench.assign()
        let id = bench.arrive(0)
        stop(&bench)
        #expect(bench.machine.room(in: partition) == 0)
        bench.arrive(1)
        bench.skip(2)
        bench.reachEnd(3)
        bench.answer(id, 0)
        #expect(bench.log.committed[0] == Offset(1))
    }

    @Test("a last commit without an answer ends two seconds after the deadline, and is not clean")
    func commitUnanswered() {
        var bench = MachineBench()
        bench.assign()
        bench.answersCommits = false
        let id = bench.arrive(0)
        stop(&bench)
        bench.answer(id, 0)
        bench.pass(.milliseconds(26_500))
        #expect(ends(&bench).isEmpty)
        bench.pass(.seconds(1))
        #expect(ends(&bench) == [false])
        #expect(bench.machine.nextWake.map { $0 > bench.now.monotonic } ?? true)
    }

    @Test("a second stop changes nothing")
    func twice() {
        var bench = MachineBench()
        bench.assign()
        let id = bench.arrive(0)
        stop(&bench)
        bench.handle(.stop(deadline: bench.now.monotonic))
        bench.pass(.seconds(5))
        bench.answer(id, 0)
        #expect(ends(&bench) == [true])
    }

    @Test("a deadline that has passed already cuts at the next tick, which comes at once")
    func deadlineInThePast() {
        var bench = MachineBench()
        bench.assign()
        bench.arrive(0)
        bench.pass(.seconds(2))
        stop(&bench, drain: .zero)
        #expect(bench.machine.nextWake == bench.now.monotonic)
        bench.handle(.tick)
        #expect(ends(&bench) == [false])
        #expect(bench.log.openCount == 0)
    }

    @Test("a revocation during a stop is answered")
    func revokedMeanwhile() {
        var bench = MachineBench()
        bench.assign()
        let id = bench.arrive(0)
        stop(&bench)
        bench.handle(.revoked([partition]))
        bench.answer(id, 0)
        let effects = bench.takeEffects()
        #expect(effects.contains(.letGo([partition])))
        #expect(effects.contains(.finished(isClean: true)))
        #expect(bench.log.committed[0] == Offset(1))
    }

    @Test("what is done and lost before it is committed makes a stop unclean", arguments: [true, false])
    func lostUncommitted(isForgotten: Bool) {
        var bench = MachineBench()
        bench.assign()
        let id = bench.arrive(0)
        bench.answersCommits = false
        stop(&bench)
        bench.answer(id, 0)
        #expect(ends(&bench).isEmpty)
        if isForgotten { bench.forget([partition]) } else { bench.lose([partition]) }
        bench.isCommitUnanswered = false
        bench.handle(.committed(refused: [partition: "ILLEGAL_GENERATION"]))
        #expect(ends(&bench) == [false])
    }

    @Test("a loss of what is committed, or where nothing was done, leaves a stop clean", arguments: [true, false])
    func lostCommitted(isDone: Bool) {
        var bench = MachineBench()
        bench.assign(committed: nil)
        let other = bench.assign(slot: 1, epoch: 2)
        if isDone { bench.answer(bench.arrive(0), 0) }
        let open = bench.arrive(0, in: other)
        bench.pass(.seconds(2))
        if !isDone {
            bench.handle(.commitGate(isClosed: true))
            bench.skip(7)
        }
        stop(&bench)
        bench.lose([partition])
        bench.handle(.commitGate(isClosed: false))
        bench.answer(open, 0)
        #expect(ends(&bench) == [true])
    }

    @Test("what a revocation's deadline cuts makes a stop unclean")
    func cutByRevocation() {
        var bench = MachineBench(timing: MachineTiming(drain: .seconds(10)))
        bench.assign()
        bench.arrive(0)
        stop(&bench)
        bench.handle(.revoked([partition]))
        bench.pass(.seconds(11))
        #expect(bench.machine.counters.callsCut == 1)
        #expect(ends(&bench) == [false])
    }

    @Test("a retry that waits when its partition is revoked is handed over: the stop is clean")
    func handedOver() {
        var bench = MachineBench()
        bench.assign()
        bench.answer(bench.arrive(0), -1)
        stop(&bench)
        bench.handle(.revoked([partition]))
        #expect(ends(&bench) == [true])
    }

    @Test("what is let go and not committed makes a stop unclean, above an open record too", arguments: [true, false])
    func letGoUncommitted(isAbove: Bool) {
        var bench = MachineBench(timing: MachineTiming(drain: .seconds(10)))
        bench.assign()
        if isAbove { bench.answer(bench.arrive(0), -1) }
        let id = bench.arrive(1)
        bench.answersCommits = false
        stop(&bench)
        bench.handle(.revoked([partition]))
        bench.answer(id, 0)
        bench.pass(.seconds(13))
        #expect(bench.takeEffects().contains(.letGo([partition])))
        bench.isCommitUnanswered = false
        bench.handle(.committed(refused: [partition: "_TIMED_OUT"]))
        #expect(ends(&bench) == [false])
    }

    @Test("what is done is committed when a stop begins, and in it within a tenth of a second")
    func committedSoon() {
        var bench = MachineBench()
        bench.assign()
        let ids = (Int64(0)..<5).map { bench.arrive($0) }
        bench.pass(.milliseconds(1_500))
        bench.answer(ids[0], 0)
        #expect(bench.log.committed[0] == Offset(0))
        stop(&bench)
        #expect(bench.log.committed[0] == Offset(1))
        bench.answer(ids[1], 0)
        bench.answer(ids[2], 0)
        #expect(bench.log.committed[0] == Offset(1))
        bench.pass(.milliseconds(100))
        #expect(bench.log.committed[0] == Offset(3))
        bench.answersCommits = false
        bench.answer(ids[3], 0)
        bench.pass(.milliseconds(100))
        bench.answerCommit(refused: [partition: "REQUEST_TIMED_OUT"])
        bench.answersCommits = true
        bench.pass(.milliseconds(500))
        #expect(bench.log.committed[0] == Offset(4), "a refused one is repeated when it may be")
    }

    @Test(
        "while others of the process drain, what the group asks is answered: without a commit, and finished is said once"
    )
    func membershipAfterwards() {
        var bench = MachineBench()
        bench.assign()
        let id = bench.arrive(0)
        stop(&bench)
        bench.answer(id, 0)
        #expect(ends(&bench) == [true])
        let other = bench.assign(slot: 1, epoch: 2, start: 7, committed: nil)
        #expect(bench.machine.room(in: other) == 0)
        bench.pass(.seconds(5))
        bench.handle(.revoked([partition, other]))
        bench.pass(.seconds(30))
        #expect(bench.takeEffects() == [.letGo([partition, other])])
        #expect(bench.log.committed[0] == Offset(1))
        #expect(bench.log.committed[1] == nil)
    }
}
