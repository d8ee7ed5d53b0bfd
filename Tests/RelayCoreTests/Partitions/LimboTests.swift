import RelayCore
import Testing

@Suite("Limbo") struct LimboTests {
    private let first = PartitionID(slot: 0, epoch: 1)

    /// What the machine says of how a limbo ended.
    private func ends(_ bench: inout MachineBench) -> [LimboEnd] {
        bench.takeReports().compactMap { if case .limboEnded(let end, _, _, _) = $0 { end } else { nil } }
    }

    /// A commit of another owner at the same offset.
    private func otherOwner(_ bench: MachineBench) throws -> Inheritance {
        var metadata = try CommitMetadata.decode(#require(bench.runs.metadata[0])).get()
        metadata.nonce &+= 1
        return .records(metadata)
    }

    @Test("in limbo nothing is called, written or committed; calls run on, and the memory of the records is let go")
    func nothingHappens() {
        var bench = MachineBench(.bench(inFlight: InFlightPolicy(min: 1, max: 2)))
        bench.assign()
        let ids = (Int64(0)..<4).map { bench.arrive($0) }
        bench.pass(.milliseconds(200))
        #expect(bench.takeCalls() == [ids[0], ids[1]])
        let committed = bench.log.committed
        _ = bench.takeEffects()
        bench.lose([first])
        #expect(bench.takeEffects() == ids.map { .copyOut($0) })
        bench.answer(ids[0], 0)
        bench.answer(ids[1], -1)
        bench.pass(.seconds(40))
        #expect(bench.takeCalls().isEmpty)
        #expect(bench.takeWritings().isEmpty)
        #expect(bench.log.committed == committed)
        #expect(bench.log.openCount == 4)
        let summary = bench.machine.summary()
        #expect(summary.waitingInLimbo == 4)
        #expect(summary.partitionsInLimbo == 1)
        #expect(summary.partitions == 0)
        #expect(ends(&bench).isEmpty)
    }

    @Test("a partition that comes back goes on where it was: what is known is written, nothing is called twice")
    func resumes() {
        var bench = MachineBench(.bench(inFlight: InFlightPolicy(min: 1, max: 2)))
        bench.assign()
        let ids = (Int64(0)..<4).map { bench.arrive($0) }
        bench.pass(.seconds(2))
        _ = bench.takeCalls()
        bench.lose([first])
        bench.answer(ids[0], 0)
        bench.answersCommits = false
        let again = bench.takeOver()
        #expect(ends(&bench) == [.resumed])
        bench.pass(.seconds(5))
        #expect(bench.takeWritings().isEmpty, "the brokers have not said yet that it is this member's")
        #expect(bench.takeCalls().isEmpty)
        bench.answersCommits = true
        bench.answerCommit()
        #expect(bench.takeWritings().map(\.offset) == [Offset(0)])
        #expect(bench.takeCalls() == [ids[2]])
        let new = bench.arrive(4, in: again)
        for id in [ids[1], ids[2], ids[3], new] { bench.answer(id, 0) }
        bench.pass(.seconds(2))
        #expect(bench.log.committed[0] == Offset(5))
        #expect(bench.machine.counters.calls == 5)
        #expect(bench.machine.counters.partitionsResumed == 1)
        #expect(bench.machine.counters.lateResults == 0)
        #expect(bench.reply(3)?.facts.invocationsPossible == 1)
    }

    @Test("reading goes on behind the last record that was taken, and a record below comes for nothing")
    func position() throws {
        var bench = MachineBench()
        bench.assign()
        for offset in Int64(0)..<3 { bench.arrive(offset) }
        bench.pass(.seconds(2))
        bench.lose([first])
        let committed = bench.log.committed[0]
        let inheritance = bench.runs.inheritance(slot: 0, committed: committed)
        let position = bench.machine.resumption(of: "requests", 0, committed: committed, inheritance: inheritance)
        #expect(position == Offset(3))
        #expect(bench.machine.resumption(of: "requests", 1, committed: committed, inheritance: inheritance) == nil)
        #expect(
            bench.machine.resumption(of: "requests", 0, committed: committed, inheritance: try otherOwner(bench)) == nil
        )
        let again = bench.takeOver()
        bench.arrive(2, in: again)
        #expect(bench.machine.counters.repeatedRecords == 1)
    }

    @Test("what another owner has committed ends it: calls are cut, late answers are counted, nothing is written")
    func changedHands() throws {
        var bench = MachineBench()
        bench.assign()
        let calling = bench.arrive(0)
        let known = bench.arrive(1)
        bench.pass(.seconds(2))
        bench.lose([first])
        bench.answer(known, 0)
        _ = bench.takeEffects()
        bench.assign(epoch: 2, inheritance: try otherOwner(bench))
        #expect(bench.takeEffects().contains(.cancel(calling)))
        #expect(bench.log.openCount == 0)
        bench.answer(calling, 0)
        bench.pass(.seconds(2))
        #expect(bench.takeWritings().isEmpty)
        #expect(bench.machine.counters.lateResults == 1)
        #expect(bench.machine.counters.droppedInLimbo == 2)
        #expect(bench.machine.counters.partitionsResumed == 0)
    }

    @Test(
        "without a commit, or with one of this member that is not its last, nothing goes on",
        arguments: [true, false]
    )
    func anotherOffset(isCommitted: Bool) throws {
        var bench = MachineBench()
        bench.assign()
        bench.answer(bench.arrive(0), 0)
        bench.pass(.seconds(2))
        let old = try #require(bench.log.committed[0])
        let inheritance = bench.runs.inheritance(slot: 0, committed: old)
        for offset in Int64(1)..<3 { bench.answer(bench.arrive(offset), 0) }
        bench.pass(.seconds(2))
        #expect(bench.log.committed[0] == Offset(3))
        bench.arrive(3)
        bench.lose([first])
        if isCommitted {
            bench.assign(epoch: 2, start: old.value, committed: old.value, inheritance: inheritance)
        } else {
            bench.assign(epoch: 2, committed: nil)
        }
        #expect(ends(&bench) == [.changedHands])
        #expect(bench.log.openCount == 0)
    }

    @Test("a commit whose answer did not come in time counts if the brokers have it", arguments: [true, false])
    func unansweredCommit(isStored: Bool) {
        var bench = MachineBench()
        bench.assign()
        bench.pass(.seconds(2))
        bench.answersCommits = false
        bench.answer(bench.arrive(0), 0)
        let open = bench.arrive(1)
        bench.pass(.seconds(2))
        #expect(bench.isCommitUnanswered)
        bench.lose([first], afterCommit: isStored)
        bench.isCommitUnanswered = false
        bench.handle(.committed(refused: [first: "_TIMED_OUT"]))
        bench.answersCommits = true
        bench.takeOver()
        #expect(ends(&bench) == [.resumed])
        bench.answer(open, 0)
        bench.pass(.seconds(2))
        #expect(bench.log.committed[0] == Offset(2))
        #expect(bench.machine.counters.calls == 2)
    }

    @Test("an answer to a commit of the time before opens nothing")
    func lateCommitAnswer() {
        var bench = MachineBench()
        bench.assign()
        bench.pass(.seconds(2))
        bench.answersCommits = false
        let known = bench.arrive(0)
        bench.pass(.seconds(2))
        bench.lose([first], afterCommit: true)
        bench.answer(known, 0)
        bench.takeOver()
        bench.answerCommit()
        #expect(bench.takeWritings().isEmpty)
        bench.answersCommits = true
        bench.answerCommit()
        #expect(bench.takeWritings().map(\.offset) == [Offset(0)])
    }

    @Test("after a session it is over")
    func outOfTime() {
        var bench = MachineBench()
        bench.assign()
        let calling = bench.arrive(0)
        bench.pass(.seconds(2))
        bench.lose([first])
        bench.pass(.seconds(44))
        #expect(bench.log.openCount == 1)
        bench.pass(.seconds(2))
        #expect(bench.log.openCount == 0)
        #expect(ends(&bench) == [.outOfTime])
        bench.answer(calling, 0)
        #expect(bench.machine.counters.lateResults == 1)
        let again = bench.takeOver()
        let id = bench.arrive(0, in: again)
        bench.answer(id, 0)
        #expect(bench.reply(0)?.facts.invocationsPossible == 2)
    }

    @Test("an assignment at the last moment still goes on: the shell has already asked where to read")
    func lastMoment() {
        var bench = MachineBench()
        bench.assign()
        bench.arrive(0)
        bench.pass(.seconds(2))
        bench.lose([first])
        bench.stand(.seconds(45))
        bench.takeOver()
        #expect(ends(&bench) == [.resumed])
        #expect(bench.log.openCount == 1)
    }

    @Test("a delivery report that comes in limbo completes its record")
    func report() {
        var bench = MachineBench()
        bench.assign()
        bench.pass(.seconds(2))
        bench.acknowledges = false
        bench.answer(bench.arrive(0), 0)
        bench.arrive(1)
        bench.lose([first])
        bench.acknowledgeAll()
        #expect(bench.machine.counters.completed == 1)
        bench.takeOver()
        bench.pass(.seconds(2))
        #expect(bench.log.committed[0] == Offset(1))
        #expect(bench.takeWritings().count == 1)
    }

    @Test("what the producer did not take in time is written after the return")
    func refusedReport() {
        var bench = MachineBench(.bench(deadLetterTopic: "dead"))
        bench.assign()
        bench.pass(.seconds(2))
        bench.acknowledges = false
        bench.answer(bench.arrive(0), -504_002)
        let written = bench.takeWritings().map(\.publication)
        #expect(written.count == 2)
        bench.lose([first])
        bench.report(written[0], .failedForNow(error: "NOT_LEADER_OR_FOLLOWER"))
        bench.report(written[1], .queueFull)
        bench.pass(.seconds(10))
        #expect(bench.takeWritings().isEmpty)
        bench.acknowledges = true
        bench.takeOver()
        #expect(bench.takeWritings().map(\.publication.topic).sorted() == ["dead", "replies"])
        #expect(bench.log.openCount == 0)
    }

    @Test("a key keeps its order over the loss, in another slot as well")
    func order() throws {
        var bench = MachineBench(.bench(ordering: .partition))
        bench.assign()
        let ids = (Int64(0)..<2).map { bench.arrive($0) }
        bench.pass(.seconds(2))
        #expect(bench.takeCalls() == [ids[0]])
        let inheritance = bench.runs.inheritance(slot: 0, committed: Offset(0))
        bench.lose([first])
        let other = bench.assign(slot: 0, number: 7, epoch: 2)
        let others = bench.arrive(100, in: other)
        #expect(bench.takeCalls() == [others], "the slot is another partition's, and that one waits for nobody")
        let again = bench.assign(slot: 1, number: 0, epoch: 3, inheritance: inheritance)
        #expect(ends(&bench) == [.resumed])
        let new = bench.arrive(2, in: again)
        bench.answer(others, 0)
        #expect(bench.takeCalls().isEmpty)
        for id in ids + [new] {
            bench.answer(id, 0)
            if id != new { #expect(bench.takeCalls().count == 1) }
        }
        bench.pass(.seconds(2))
        #expect(bench.log.committed == [0: Offset(101), 1: Offset(3)])
    }

    @Test("a deadline runs on in limbo, and its answer is written after the return")
    func deadline() {
        var bench = MachineBench(.bench(inFlight: InFlightPolicy(min: 1, max: 1)))
        bench.assign()
        bench.arrive(0)
        bench.arrive(1, deadline: .seconds(10))
        bench.pass(.seconds(2))
        bench.lose([first])
        bench.pass(.seconds(20))
        #expect(bench.takeWritings().isEmpty)
        bench.takeOver()
        #expect(bench.reason(1) == .deadlineExceeded)
    }

    @Test("a partition that is lost again before it could commit is as it was")
    func lostAgain() {
        var bench = MachineBench()
        bench.assign()
        let known = bench.arrive(0)
        bench.pass(.seconds(2))
        bench.lose([first])
        bench.answer(known, 0)
        bench.answersCommits = false
        let second = bench.takeOver()
        bench.lose([second])
        bench.isCommitUnanswered = false
        bench.handle(.committed(refused: [second: "_FATAL"]))
        bench.answersCommits = true
        bench.takeOver(epoch: 3)
        #expect(ends(&bench) == [.resumed, .resumed])
        bench.pass(.seconds(2))
        #expect(bench.log.committed[0] == Offset(1))
        #expect(bench.machine.counters.calls == 1)
    }

    @Test("a stop waits for no return; what was begun is cut", arguments: [true, false])
    func stop(isBegun: Bool) {
        var bench = MachineBench(hasToken: isBegun)
        bench.assign()
        bench.arrive(0)
        bench.pass(.seconds(2))
        bench.lose([first])
        bench.handle(.stop(deadline: bench.now.monotonic + .seconds(25)))
        #expect(bench.log.openCount == 0)
        #expect(bench.takeEffects().contains(.finished(isClean: !isBegun)))
    }

    @Test("what is done and not committed when a stop ends its limbo makes it unclean", arguments: [true, false])
    func stopUncommitted(isAbove: Bool) {
        var bench = MachineBench(hasToken: !isAbove)
        bench.assign()
        bench.pass(.seconds(2))
        bench.handle(.commitGate(isClosed: true))
        let first = bench.arrive(0)
        if isAbove { bench.arrive(1, rejection: .bench) } else { bench.answer(first, 0) }
        #expect(bench.machine.counters.completed == 1)
        bench.lose([self.first])
        bench.handle(.stop(deadline: bench.now.monotonic + .seconds(25)))
        #expect(bench.takeEffects().contains(.finished(isClean: false)))
    }

    @Test("a reload holds in limbo too: what may have run and must not run again is answered after the return")
    func reload() {
        var bench = MachineBench()
        bench.assign()
        bench.answer(bench.arrive(0), -501_002)
        bench.pass(.milliseconds(1))
        bench.lose([first])
        bench.change { $0.pipelines[0].retry.maybeRan = .fail }
        bench.pass(.seconds(5))
        #expect(bench.takeWritings().isEmpty)
        bench.takeOver()
        #expect(bench.reason(0) == .maybeRan)
    }
}
