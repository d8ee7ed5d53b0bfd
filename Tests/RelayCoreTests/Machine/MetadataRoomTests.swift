import RelayCore
import Testing

/// `RunLog` holds every answer to the runs that there were.
@Suite("Counts that find no room in a commit") struct MetadataRoomTests {
    private let first = PartitionID(slot: 0, epoch: 1)
    private let second = PartitionID(slot: 0, epoch: 2)

    private func bench() -> MachineBench {
        MachineBench(
            .bench(
                inFlight: InFlightPolicy(min: 1, max: 1_000),
                window: WindowPolicy(open: 1_000, distance: 1 << 40),
                retry: RetryPolicy(initial: .milliseconds(10), max: .milliseconds(10), maxAttempts: 9)
            )
        )
    }

    private func metadata(_ bench: MachineBench) throws -> CommitMetadata {
        try CommitMetadata.decode(#require(bench.runs.metadata[0])).get()
    }

    /// Each call that is under way ends without an answer that says anything, so often.
    private func run(_ bench: inout MachineBench, times: Int) {
        for _ in 0..<times {
            for id in bench.takeCalls() { bench.answer(id, -504_001) }
            bench.pass(.seconds(1))
        }
    }

    @Test("histories that are left out leave their highest count", arguments: [true, false])
    func histories(isLost: Bool) throws {
        var bench = bench()
        bench.checkInterval = 50_000
        bench.assign()
        // Each needs two bytes of the list and two of its history: there is room for half of these.
        let offsets = (Int64(0)..<1_000).map { $0 * 100 }
        for offset in offsets { bench.arrive(offset) }
        run(&bench, times: 3)
        if isLost {
            bench.forget([first])
        } else {
            bench.handle(.revoked([first]))
            bench.pass(.seconds(20))
        }
        let told = try metadata(bench)
        #expect(told.open.count == 1_000)
        #expect((100..<900).contains(told.open.count { $0.history == nil }))
        #expect(told.isClean == !isLost)
        #expect(told.earlierRuns.map(\.limit) == [Offset(99_900)])
        bench.takeOver()
        _ = bench.takeCalls()
        for offset in offsets { bench.answer(bench.arrive(offset, in: second), 0) }
        #expect(bench.reply(99_900)?.facts.invocationsPossible == 5)
        bench.answer(bench.arrive(200_000, in: second), 0)
        #expect(bench.reply(200_000)?.facts.invocationsPossible == 1)
    }

    @Test("a list that is cut leaves the highest count of what is behind it, done or not")
    func cut() throws {
        var bench = bench()
        bench.checkInterval = 50_000
        bench.assign()
        // Each needs four bytes of the list.
        let offsets = (Int64(0)..<1_000).map { $0 * 1_100_000 }
        let ids = offsets.map { bench.arrive($0) }
        run(&bench, times: 3)
        bench.answer(ids[998], 0)
        bench.pass(.seconds(2))
        bench.forget([first])
        #expect(try metadata(bench).open.count < 900)
        bench.takeOver()
        _ = bench.takeCalls()
        for offset in offsets.suffix(3) { bench.answer(bench.arrive(offset, in: second), 0) }
        #expect(offsets.suffix(3).compactMap { bench.reply($0)?.facts.invocationsPossible } == [5, 5, 5])
    }

    @Test("brokers that take no list are told the highest count, of what is done and of what is open")
    func withoutList() throws {
        var bench = bench()
        bench.assign()
        let open = bench.arrive(0)
        let done = bench.arrive(1)
        run(&bench, times: 2)
        bench.answersCommits = false
        for _ in 0..<2 {
            bench.answer(done, -504_001)
            bench.pass(.seconds(1))
            while bench.isCommitUnanswered { bench.answerCommit() }
        }
        bench.answer(done, 0)
        bench.answer(open, -504_001)
        bench.pass(.seconds(1))
        bench.answerCommit(refused: [first: "OFFSET_METADATA_TOO_LARGE"])
        while bench.isCommitUnanswered { bench.answerCommit() }
        #expect(try metadata(bench).earlierRuns == [EarlierRuns(limit: Offset(1), count: 4)])
        bench.forget([first])
        bench.answersCommits = true
        bench.takeOver()
        _ = bench.takeCalls()
        for offset in Int64(0)...1 { bench.answer(bench.arrive(offset, in: second), 0) }
        #expect(bench.reply(1)?.facts.invocationsPossible == 6)
    }
}
