import RelayCore
import Testing

@Suite("Revocation and loss") struct RevocationTests {
    private let partition = PartitionID(slot: 0, epoch: 1)

    private func letGos(_ bench: inout MachineBench) -> [[PartitionID]] {
        bench.takeEffects().compactMap { if case .letGo(let ids) = $0 { ids } else { nil } }
    }

    @Test("a revoked partition ends its calls, commits what is done and is let go once")
    func drained() {
        var bench = MachineBench(.bench(inFlight: InFlightPolicy(min: 1, max: 2)))
        bench.assign()
        let ids = (Int64(0)..<5).map { bench.arrive($0) }
        _ = (bench.takeCalls(), bench.takeEffects())
        bench.handle(.revoked([partition]))
        #expect(letGos(&bench).isEmpty)
        bench.answer(ids[0], 0)
        #expect(bench.takeCalls().isEmpty, "nothing new starts")
        bench.answer(ids[1], 0)
        #expect(bench.log.committed[0] == Offset(2))
        bench.pass(.seconds(20))
        #expect(letGos(&bench) == [[partition]])
        #expect(bench.log.openCount == 0)
        #expect(bench.machine.counters.callsCut == 0)
    }

    @Test("a record of another partition may be the first that comes after the drain's deadline")
    func arrivalAtTheDeadline() {
        var bench = MachineBench()
        bench.assign()
        bench.assign(slot: 1, epoch: 2)
        bench.arrive(0)
        bench.handle(.revoked([partition]))
        bench.stand(.seconds(10))
        let late = bench.arrive(0, in: PartitionID(slot: 1, epoch: 2))
        #expect(bench.machine.counters.callsCut == 1)
        #expect(bench.takeCalls().last == late)
        #expect(letGos(&bench) == [[partition]])
    }

    @Test("a partition with nothing open is let go at once")
    func idle() {
        var bench = MachineBench()
        bench.assign()
        bench.handle(.revoked([partition]))
        #expect(letGos(&bench) == [[partition]])
    }

    @Test("partitions that the machine does not know are let go as well")
    func unknown() {
        var bench = MachineBench()
        bench.handle(.revoked([partition]))
        #expect(letGos(&bench) == [[partition]])
    }

    @Test(
        "an attempt that fails during the drain is not repeated: the record is the next owner's",
        arguments: [Int64(-1), 42001, 45009, 40164, -501_004]
    )
    func failureDuringDrain(errcode: Int64) {
        var bench = MachineBench()
        bench.assign()
        let done = bench.arrive(0)
        let failing = bench.arrive(1, key: 3)
        bench.arrive(2, key: 3)
        _ = bench.takeCalls()
        bench.handle(.revoked([partition]))
        bench.answer(done, 0)
        bench.answer(failing, errcode)
        #expect(letGos(&bench) == [[partition]])
        #expect(bench.log.committed[0] == Offset(1))
        bench.renewToken()
        bench.pass(.seconds(30))
        #expect(bench.takeCalls().isEmpty)
        #expect(bench.machine.counters.callsCut == 0)
    }

    @Test("a record that is read after the revoke belongs to the next owner, and so does what follows it")
    func readAfterRevoke() {
        var bench = MachineBench()
        bench.assign()
        let open = bench.arrive(0)
        bench.handle(.revoked([partition]))
        #expect(bench.machine.room(in: partition) == 0)
        bench.arrive(1)
        bench.skip(2)
        bench.reachEnd(3)
        bench.answer(open, 0)
        #expect(bench.log.committed[0] == Offset(1))
    }

    @Test("at the deadline calls under way are cut, and their late results ignored")
    func deadline() {
        var bench = MachineBench(timing: MachineTiming(drain: .seconds(10)))
        bench.assign()
        let cut = bench.arrive(0)
        let done = bench.arrive(1)
        bench.handle(.revoked([partition]))
        bench.answer(done, 0)
        bench.pass(.milliseconds(9_900))
        #expect(letGos(&bench).isEmpty)
        bench.pass(.milliseconds(200))
        #expect(bench.machine.counters.callsCut == 1)
        #expect(bench.log.committed[0] == Offset(0), "the cut record is the lowest open one")
        bench.pass(.seconds(3))
        #expect(bench.log.openCount == 0)
        bench.answer(cut, 0)
        #expect(bench.machine.counters.lateResults == 1)
        #expect(bench.writings.count == 1)
    }

    @Test("an answer that comes with the deadline is late: nothing is published for a partition that is let go")
    func answerAtTheDeadline() {
        var bench = MachineBench(timing: MachineTiming(drain: .seconds(10)))
        bench.assign()
        let id = bench.arrive(0)
        bench.handle(.revoked([partition]))
        bench.stand(.seconds(10))
        bench.answer(id, 0)
        #expect(bench.writings.isEmpty)
        #expect(bench.log.openCount == 0)
    }

    @Test("an outcome that is being written is waited for")
    func settling() {
        var bench = MachineBench()
        bench.assign()
        bench.acknowledges = false
        bench.answer(bench.arrive(0), 0)
        bench.handle(.revoked([partition]))
        #expect(letGos(&bench).isEmpty)
        bench.acknowledgeAll()
        #expect(bench.log.committed[0] == Offset(1))
        #expect(letGos(&bench) == [[partition]])
    }

    @Test("a last commit that is refused is repeated, with pauses, and given up two seconds after the deadline")
    func lastCommitRefused() {
        var bench = MachineBench(timing: MachineTiming(drain: .seconds(10)))
        bench.assign()
        bench.answersCommits = false
        bench.answer(bench.arrive(0), 0)
        bench.handle(.revoked([partition]))
        var commits = 0
        for _ in 0..<200 {
            if bench.isCommitUnanswered {
                commits += 1
                bench.answerCommit(refused: [partition: "COORDINATOR_NOT_AVAILABLE"])
            }
            bench.pass(.milliseconds(100))
        }
        #expect(letGos(&bench) == [[partition]])
        #expect(commits > 5 && commits < 30, "\(commits) commits in 12 s")
    }

    @Test("a waiting wake is never in the past, so that no shell spins")
    func noSpin() {
        var bench = MachineBench(timing: MachineTiming(drain: .seconds(10)))
        bench.assign()
        bench.answersCommits = false
        bench.answer(bench.arrive(0), 0)
        bench.arrive(1)
        bench.handle(.revoked([partition]))
        for _ in 0..<120 {
            bench.pass(.milliseconds(100))
            #expect(bench.machine.nextWake.map { $0 > bench.now.monotonic } ?? true)
        }
    }

    @Test("a partition that cannot be read on is forgotten at once: calls cut, nothing published, nothing committed")
    func forgotten() {
        var bench = MachineBench()
        bench.assign()
        bench.acknowledges = false
        let calling = bench.arrive(0)
        bench.answer(bench.arrive(1), 0)
        let written = bench.unreported
        bench.forget([partition])
        #expect(bench.log.openCount == 0)
        #expect(bench.takeEffects().contains(.cancel(calling)))
        bench.unreported = []
        for publication in written { bench.handle(.published(publication.id, .acknowledged)) }
        bench.answer(calling, 0)
        bench.pass(.seconds(5))
        #expect(bench.log.committed[0] == Offset(0))
        #expect(letGos(&bench).isEmpty)
        #expect(bench.machine.counters.completed == 0)
        #expect(bench.machine.counters.lateResults == 1)
    }

    /// Whom the machine takes up again, and of whom it tells that they left their log and whether they go on.
    private func leavesLog(_ bench: inout MachineBench) -> (takenUp: [PartitionID], told: [Bool]) {
        bench.forget([partition])
        let effects = bench.takeEffects()
        let takenUp = effects.compactMap { if case .takeUpAgain(let id) = $0 { id } else { nil } }
        let told = effects.compactMap { effect in
            if case .report(.leftLog(_, _, _, let isTakenUp)) = effect { isTakenUp } else { nil }
        }
        return (takenUp, told)
    }

    @Test(
        "a partition that leaves its log is taken up again or stops, as on-out-of-range says",
        arguments: OutOfRangeRule.allCases
    )
    func leftLog(rule: OutOfRangeRule) {
        var bench = MachineBench(onOutOfRange: rule)
        bench.assign(start: 5, committed: 5)
        bench.answer(bench.arrive(5), 0)
        bench.forget([partition])
        let effects = bench.takeEffects()
        #expect(effects.contains(.takeUpAgain(partition)) == (rule == .earliest))
        #expect(
            effects.contains(
                .report(.leftLog(topic: "requests", partition: 0, offset: Offset(6), isTakenUp: rule == .earliest))
            )
        )
        // What is no longer there leaves nothing.
        bench.handle(.forgotten([partition]))
        #expect(bench.takeEffects() == [])
    }

    @Test("a partition that leaves its log while it is drained, or in a stop, is left to its next owner")
    func leftLogAtTheEnd() {
        var draining = MachineBench(onOutOfRange: .earliest)
        draining.assign()
        draining.arrive(0)
        draining.handle(.revoked([partition]))
        var found = leavesLog(&draining)
        #expect(found.takenUp == [])
        #expect(found.told == [])
        var stopping = MachineBench(onOutOfRange: .earliest)
        stopping.assign()
        stopping.arrive(0)
        stopping.handle(.stop(deadline: stopping.now.monotonic + .seconds(10)))
        found = leavesLog(&stopping)
        #expect(found.takenUp == [])
        #expect(found.told == [])
    }

    @Test("a loss in a stop is no departure from the log")
    func lostInStop() {
        var bench = MachineBench(onOutOfRange: .earliest)
        bench.assign()
        bench.arrive(0)
        bench.handle(.stop(deadline: bench.now.monotonic + .seconds(10)))
        _ = bench.takeEffects()
        bench.handle(.lost([partition]))
        let told = bench.takeEffects().contains { if case .report(.leftLog) = $0 { true } else { false } }
        #expect(!told)
    }

    @Test("a revocation is answered even when its partition is lost meanwhile: the group waits for it")
    func lostDuringRevocation() {
        var bench = MachineBench()
        bench.assign()
        bench.arrive(0)
        bench.handle(.revoked([partition]))
        bench.lose([partition])
        #expect(letGos(&bench) == [[partition]])
    }

    @Test("a partition that comes back has nothing of its old assignment")
    func newEpoch() {
        var bench = MachineBench()
        bench.assign()
        bench.acknowledges = false
        bench.answersCommits = false
        let old = bench.arrive(0, key: 1)
        bench.answer(bench.arrive(1), 0)
        let written = bench.unreported
        bench.unreported = []
        bench.pass(.seconds(2))
        bench.forget([partition])
        let again = bench.takeOver()
        while bench.isCommitUnanswered { bench.answerCommit() }
        _ = bench.takeCalls()
        let new = bench.arrive(0, in: again, key: 1)
        #expect(bench.takeCalls() == [new])
        bench.answer(old, 0)
        for publication in written { bench.handle(.published(publication.id, .acknowledged)) }
        bench.reachEnd(50)
        bench.skip(60)
        bench.arrive(70)
        bench.handle(.revoked([partition]))
        bench.answersCommits = true
        bench.answerCommit()
        bench.pass(.seconds(3))
        #expect(bench.log.committed[0] == Offset(0))
        bench.acknowledges = true
        bench.answer(new, 0)
        bench.pass(.seconds(2))
        #expect(bench.log.committed[0] == Offset(1))
    }

    @Test("what a partition that is not relayed would commit is never committed, revoked or not")
    func stoppedPartition() {
        var bench = MachineBench()
        bench.assign(start: 500, committed: 7, isStopped: true)
        #expect(bench.machine.room(in: partition) == 0)
        bench.arrive(500)
        bench.reachEnd(900)
        bench.pass(.seconds(5))
        #expect(bench.takeCalls().isEmpty)
        bench.handle(.revoked([partition]))
        #expect(letGos(&bench) == [[partition]])
        #expect(bench.log.committed[0] == nil)
    }

    @Test("other partitions go on during a drain")
    func othersGoOn() {
        var bench = MachineBench()
        bench.assign()
        let other = bench.assign(slot: 1)
        bench.arrive(0)
        bench.handle(.revoked([partition]))
        _ = bench.takeCalls()
        let id = bench.arrive(0, in: other)
        #expect(bench.takeCalls() == [id])
        bench.answer(id, 0)
        bench.pass(.seconds(2))
        #expect(bench.log.committed[1] == Offset(1))
    }
}
