import RelayCore
import Testing

@Suite("Commits") struct CommitTests {
    private let partition = PartitionID(slot: 0, epoch: 1)

    private func commits(_ bench: inout MachineBench) -> Int {
        bench.takeEffects().filter { $0 == .commit }.count
    }

    @Test("one commit a second of what has changed, one at a time")
    func onceASecond() {
        var bench = MachineBench()
        bench.assign()
        #expect(commits(&bench) == 1, "the assignment's first")
        bench.answersCommits = false
        bench.pass(.seconds(2))
        #expect(commits(&bench) == 0)
        for offset in Int64(0)..<10 { bench.answer(bench.arrive(offset), 0) }
        bench.pass(.seconds(3))
        #expect(commits(&bench) == 1)
        bench.answer(bench.arrive(10), 0)
        bench.pass(.seconds(3))
        #expect(commits(&bench) == 0)
        bench.answerCommit()
        bench.pass(.seconds(2))
        #expect(commits(&bench) == 1)
        bench.answerCommit()
        #expect(bench.log.committed[0] == Offset(11))
        bench.pass(.seconds(5))
        #expect(commits(&bench) == 0, "nothing has changed")
    }

    @Test("records done out of order are committed up to the lowest open one")
    func outOfOrder() {
        var bench = MachineBench()
        bench.assign()
        let ids = (Int64(0)..<4).map { bench.arrive($0) }
        for id in [ids[3], ids[0], ids[2]] { bench.answer(id, 0) }
        bench.pass(.seconds(2))
        #expect(bench.log.committed[0] == Offset(1))
        bench.answer(ids[1], 0)
        bench.pass(.seconds(2))
        #expect(bench.log.committed[0] == Offset(4))
    }

    @Test("nothing is committed while the gate is closed, and at once when it opens")
    func gate() {
        var bench = MachineBench()
        bench.assign()
        _ = bench.takeEffects()
        bench.handle(.commitGate(isClosed: true))
        bench.answer(bench.arrive(0), 0)
        bench.pass(.seconds(5))
        #expect(commits(&bench) == 0)
        bench.handle(.commitGate(isClosed: false))
        #expect(commits(&bench) == 1)
    }

    @Test("a gate that is closed for longer than the session lets no call start")
    func gateClosedTooLong() {
        var bench = MachineBench(timing: MachineTiming(session: .seconds(45)))
        bench.assign()
        bench.handle(.commitGate(isClosed: true))
        bench.pass(.seconds(44))
        bench.answer(bench.arrive(0), 0)
        bench.pass(.seconds(2))
        _ = bench.takeCalls()
        let id = bench.arrive(1)
        #expect(bench.takeCalls().isEmpty)
        bench.handle(.commitGate(isClosed: false))
        #expect(bench.takeCalls() == [id])
    }

    @Test(
        "a refused commit is reported, unless the group is changing, and repeated",
        arguments: [
            ("COORDINATOR_NOT_AVAILABLE", 1), ("ILLEGAL_GENERATION", 0), ("REBALANCE_IN_PROGRESS", 0),
            ("UNKNOWN_MEMBER_ID", 0),
        ]
    )
    func refused(error: String, reports: Int) {
        var bench = MachineBench()
        bench.assign()
        _ = bench.takeEffects()
        bench.answersCommits = false
        bench.answer(bench.arrive(0), 0)
        bench.pass(.seconds(2))
        #expect(commits(&bench) == 1)
        bench.answerCommit(refused: [partition: error])
        #expect(bench.takeReports().count == reports)
        #expect(bench.machine.counters.commitsRefused == 1)
        bench.pass(.seconds(2))
        #expect(commits(&bench) == 1)
        bench.answerCommit()
        #expect(bench.log.committed[0] == Offset(1))
    }

    @Test("after a gap longer than the session no call starts before a commit is answered")
    func lateTick() {
        var bench = MachineBench(timing: MachineTiming(session: .seconds(45)))
        bench.assign()
        bench.answersCommits = false
        bench.jump(.seconds(46))
        #expect(bench.takeReports() == [.lateTick(gap: .seconds(46))])
        let id = bench.arrive(0)
        #expect(bench.takeCalls().isEmpty)
        bench.answerCommit(refused: [partition: "UNKNOWN_MEMBER_ID"])
        bench.pass(.seconds(2))
        #expect(bench.takeCalls().isEmpty)
        #expect(commits(&bench) == 1, "asked again, a second later and not at once")
        bench.answerCommit()
        #expect(bench.takeCalls() == [id])
    }

    @Test("the answer to a commit from before the gap proves nothing")
    func oldCommitAnswer() {
        var bench = MachineBench(timing: MachineTiming(session: .seconds(45)))
        bench.assign()
        _ = bench.takeEffects()
        bench.answersCommits = false
        bench.answer(bench.arrive(0), 0)
        bench.pass(.seconds(2))
        #expect(commits(&bench) == 1)
        bench.stand(.seconds(60))
        bench.answerCommit()
        bench.arrive(1)
        #expect(bench.underWay.isEmpty)
        #expect(commits(&bench) == 1)
        bench.answerCommit()
        #expect(bench.underWay.count == 1)
    }

    @Test("a gap with nothing assigned puts nothing in doubt")
    func gapWithoutPartitions() {
        var bench = MachineBench()
        bench.jump(.seconds(100))
        #expect(bench.takeReports().isEmpty)
        bench.assign()
        let id = bench.arrive(0)
        #expect(bench.takeCalls() == [id])
    }

    @Test("what is lost is in doubt no longer")
    func lostInDoubt() {
        var bench = MachineBench()
        bench.assign()
        bench.answersCommits = false
        bench.jump(.seconds(100))
        bench.lose([partition])
        let again = bench.assign(epoch: 2)
        bench.answersCommits = true
        bench.answerCommit()
        let id = bench.arrive(0, in: again)
        #expect(bench.takeCalls() == [id])
    }
}
