import RelayCore
import Testing

@Suite("Watchdog") struct WatchdogTests {
    private func stalls(_ bench: inout MachineBench) -> [String] {
        bench.takeReports().compactMap { if case .stalled(let words) = $0 { words } else { nil } }
    }

    @Test("a call without a result for its time-out and a minute is reported, once")
    func call() {
        var bench = MachineBench(timing: MachineTiming(call: .seconds(11)))
        bench.assign()
        let id = bench.arrive(7)
        bench.pass(.seconds(70))
        #expect(stalls(&bench).isEmpty)
        bench.pass(.seconds(60))
        let words = stalls(&bench)
        #expect(words.count == 1)
        #expect(words.first?.contains("requests/0/7") ?? false)
        bench.answer(id, 0)
        bench.arrive(8)
        bench.pass(.seconds(100))
        #expect(stalls(&bench).count == 1, "another stall is another report")
    }

    @Test("a record that the producer keeps for a minute without a report is reported")
    func publication() {
        var bench = MachineBench()
        bench.assign()
        bench.acknowledges = false
        bench.answer(bench.arrive(7), 0)
        bench.pass(.seconds(55))
        #expect(stalls(&bench).isEmpty)
        bench.pass(.seconds(30))
        #expect(stalls(&bench).count == 1)
    }

    @Test("a commit that nobody answers is reported")
    func commit() {
        var bench = MachineBench()
        bench.assign()
        bench.answersCommits = false
        bench.answer(bench.arrive(0), 0)
        bench.pass(.seconds(90))
        #expect(stalls(&bench) == ["a commit has no answer"])
    }

    @Test("a record whose call waits for a commit that is refused again and again is reported, once")
    func refusedCommits() {
        var bench = MachineBench()
        bench.answersCommits = false
        bench.assign()
        bench.arrive(7)
        refuse(&bench, for: .seconds(58))
        var reports = bench.takeReports()
        #expect(reports.count == 1)
        guard case .commitRefused("requests", 0, "COORDINATOR_NOT_AVAILABLE", count: 1) = reports.first else {
            Issue.record("\(reports)")
            return
        }
        refuse(&bench, for: .seconds(60))
        reports = bench.takeReports()
        let counts = reports.compactMap { if case .commitRefused(_, _, _, let count) = $0 { count } else { nil } }
        #expect(counts.count == 1)
        #expect((100...121).contains(counts.first ?? 0), "all since the first: \(counts)")
        let stalls = reports.compactMap { if case .stalled(let words) = $0 { words } else { nil } }
        #expect(stalls.count == 1)
        #expect(stalls.first?.contains("requests/0/7 waits for one") ?? false)
        bench.answerCommit()
        #expect(bench.takeCalls().count == 1)
    }

    private func refuse(_ bench: inout MachineBench, for time: Duration) {
        let end = bench.now.monotonic + time
        while bench.now.monotonic < end {
            if bench.isCommitUnanswered {
                bench.answerCommit(refused: [PartitionID(slot: 0, epoch: 1): "COORDINATOR_NOT_AVAILABLE"])
            }
            bench.tick(before: end)
        }
    }

    @Test("while the group changes no commit is expected, and a wait for one is no stall")
    func gate() {
        var bench = MachineBench()
        bench.handle(.commitGate(isClosed: true))
        bench.assign()
        bench.arrive(7)
        bench.pass(.seconds(200))
        #expect(stalls(&bench).isEmpty)
        bench.answersCommits = false
        bench.handle(.commitGate(isClosed: false))
        bench.pass(.seconds(50))
        #expect(stalls(&bench).isEmpty)
    }

    @Test("a gate that stays closed for longer than a rebalance may take is told of once, and once when it opens")
    func closedGate() {
        var bench = MachineBench(timing: MachineTiming(drain: .seconds(10), session: .seconds(45)))
        bench.assign()
        bench.handle(.commitGate(isClosed: true))
        bench.pass(.seconds(54))
        #expect(bench.takeReports() == [])
        bench.pass(.seconds(300))
        let reports = bench.takeReports()
        guard reports.count == 1, case .gateStaysClosed(let time) = reports.first else {
            Issue.record("\(reports)")
            return
        }
        #expect(time >= .seconds(55))
        bench.handle(.commitGate(isClosed: false))
        #expect(bench.takeReports() == [.gateOpened(after: .seconds(354))])
        bench.handle(.commitGate(isClosed: true))
        bench.pass(.seconds(54))
        bench.handle(.commitGate(isClosed: false))
        #expect(bench.takeReports() == [], "a rebalance as it should be is no news, not even its end")
        bench.handle(.commitGate(isClosed: true))
        bench.pass(.seconds(70))
        #expect(bench.takeReports().count == 1, "another rebalance that does not end is told of anew")
    }

    @Test("time in which the process stood still is no time that a call had")
    func standstill() {
        var bench = MachineBench(timing: MachineTiming(call: .seconds(11)))
        bench.assign()
        bench.arrive(7)
        bench.pass(.seconds(30))
        bench.jump(.seconds(600))
        #expect(stalls(&bench).isEmpty)
        bench.pass(.seconds(35))
        #expect(stalls(&bench).isEmpty)
        bench.pass(.seconds(20))
        #expect(stalls(&bench).count == 1)
    }

    @Test("what has a reason to wait is no stall")
    func reasons() {
        var bench = MachineBench(.bench(inFlight: InFlightPolicy(min: 1, max: 2)), hasToken: false)
        bench.assign()
        for offset in Int64(0)..<800 { bench.arrive(offset, key: offset % 3 == 0 ? 1 : nil) }
        bench.pass(.seconds(200))
        bench.renewToken()
        for id in bench.takeCalls() { bench.answer(id, 45009) }
        bench.pass(.seconds(9))
        _ = bench.answerAll(.errcode(0), patience: .seconds(20), most: 100)
        // A saturated pipeline looks idle between an answer and the next call.
        _ = bench.takeCalls()
        var calls = bench.underWay.sorted { $0.index < $1.index }
        for _ in 0..<200 {
            bench.stand(.milliseconds(500))
            bench.answer(calls.removeFirst(), 0)
            calls += bench.takeCalls()
        }
        #expect(bench.machine.summary().waitingForRoom > 0)
        #expect(stalls(&bench).isEmpty)
    }

    @Test("the minute line says what the open requests wait for, and which is the oldest")
    func summary() {
        var bench = MachineBench(.bench(inFlight: InFlightPolicy(min: 1, max: 1)))
        bench.assign()
        bench.acknowledges = false
        bench.answer(bench.arrive(0), 0)
        bench.arrive(1)
        bench.arrive(2, key: 1)
        bench.arrive(3, key: 1)
        bench.pass(.seconds(2))
        let summary = bench.machine.summary()
        #expect(summary.beingWritten == 1)
        #expect(summary.inFlight == 1)
        #expect(summary.waitingForRoom == 1)
        #expect(summary.waitingForKey == 1)
        #expect(summary.partitions == 1)
        #expect(summary.oldest == "requests/0/0 being written, 2 s old")
        #expect(summary.oldestAge == .seconds(2))
    }
}
