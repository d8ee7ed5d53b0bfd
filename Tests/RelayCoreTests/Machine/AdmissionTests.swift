import RelayCore
import Testing

@Suite("The admission limit") struct AdmissionTests {
    private let partition = PartitionID(slot: 0, epoch: 1)

    private func commits(_ bench: inout MachineBench) -> Int {
        bench.takeEffects().filter { $0 == .commit }.count
    }

    private func metadata(_ bench: MachineBench) throws -> CommitMetadata {
        try CommitMetadata.decode(#require(bench.runs.metadata[0])).get()
    }

    @Test("no call comes before the assignment's first commit is acknowledged")
    func firstCommit() throws {
        var bench = MachineBench(.bench(window: WindowPolicy(open: 10)))
        bench.answersCommits = false
        bench.assign(start: 3, committed: nil)
        let id = bench.arrive(3)
        #expect(bench.takeCalls() == [])
        #expect(bench.machine.summary().waitingForCommit == 1)
        bench.answerCommit()
        #expect(bench.takeCalls() == [id])
        let metadata = try metadata(bench)
        #expect(metadata.base == Offset(3))
        #expect(metadata.admissionLimit == Offset(13))
        #expect(!metadata.isClean)
    }

    @Test("a first commit that is refused is repeated by itself, and no call comes before")
    func firstCommitRefused() {
        var bench = MachineBench()
        bench.answersCommits = false
        bench.assign()
        let id = bench.arrive(0)
        bench.answerCommit(refused: [partition: "COORDINATOR_NOT_AVAILABLE"])
        #expect(commits(&bench) == 1)
        bench.pass(.milliseconds(600))
        #expect(commits(&bench) == 1)
        #expect(bench.takeCalls() == [])
        bench.answerCommit()
        #expect(bench.takeCalls() == [id])
    }

    @Test("the next commit goes out when half of the room is used, and calls go on meanwhile")
    func half() {
        var bench = MachineBench(.bench(window: WindowPolicy(open: 10)))
        bench.assign()
        bench.answersCommits = false
        _ = bench.takeEffects()
        for offset in Int64(0)..<5 { bench.arrive(offset) }
        #expect(commits(&bench) == 0)
        bench.arrive(5)
        #expect(commits(&bench) == 1)
        for offset in Int64(6)..<11 { bench.answer(bench.arrive(offset), 0) }
        #expect(bench.takeCalls().count == 11)
        let beyond = bench.arrive(11)
        #expect(bench.takeCalls() == [])
        #expect(commits(&bench) == 0, "one at a time")
        bench.answerCommit()
        #expect(bench.takeCalls() == [beyond])
    }

    @Test("a quiet partition does not commit for each record")
    func quiet() {
        var bench = MachineBench()
        bench.assign()
        _ = bench.takeEffects()
        for offset in Int64(0)..<400 { bench.answer(bench.arrive(offset), 0) }
        #expect(commits(&bench) == 0)
        bench.pass(.seconds(1))
        #expect(commits(&bench) == 1)
    }

    @Test("a gap in the offsets costs one commit")
    func gap() {
        var bench = MachineBench(.bench(window: WindowPolicy(open: 10)))
        bench.assign()
        bench.answersCommits = false
        let id = bench.arrive(5_000)
        #expect(bench.takeCalls() == [])
        bench.answerCommit()
        #expect(bench.takeCalls() == [id])
        bench.answer(id, 0)
        bench.skip(90_000)
        bench.answerCommit()
        let next = bench.arrive(90_001)
        #expect(bench.takeCalls() == [next])
    }

    @Test("while the gate is closed calls go on as far as the limit, and beyond it once it opens")
    func gate() {
        var bench = MachineBench(.bench(window: WindowPolicy(open: 4)))
        bench.assign()
        bench.handle(.commitGate(isClosed: true))
        for offset in Int64(0)..<5 { bench.answer(bench.arrive(offset), 0) }
        #expect(bench.takeCalls().count == 5)
        let id = bench.arrive(5)
        bench.pass(.seconds(5))
        #expect(bench.takeCalls() == [])
        bench.handle(.commitGate(isClosed: false))
        #expect(bench.takeCalls() == [id])
    }

    @Test("a call that may have run is told to the brokers before the next one, so that a crash counts both")
    func runsAreTold() {
        var bench = MachineBench(.bench(retry: RetryPolicy(maxAttempts: 9)))
        bench.assign()
        bench.answersCommits = false
        let id = bench.arrive(0)
        for runs in 1...3 {
            bench.answer(id, -504_001)
            bench.pass(.seconds(10))
            #expect(bench.underWay.isEmpty, "the run is not told yet")
            // The first may have begun before the answer.
            while bench.isCommitUnanswered { bench.answerCommit() }
            #expect(bench.underWay == [id], "\(runs)")
        }
        bench.forget([partition])
        bench.answersCommits = true
        let again = bench.takeOver()
        bench.answer(bench.arrive(0, in: again), 0)
        #expect(bench.reply(0)?.facts.invocationsPossible == 5)
        #expect(bench.reply(0)?.facts.attempts == 5)
    }

    @Test("runs of many records at one time are told together, ten commits a second at most")
    func paced() {
        var bench = MachineBench(.bench(inFlight: InFlightPolicy(min: 1, max: 64)))
        bench.assign()
        for offset in Int64(0)..<40 { bench.arrive(offset) }
        _ = bench.takeEffects()
        var answered = 0
        let start = bench.now.monotonic
        while bench.now.monotonic - start < .seconds(1) {
            if let id = bench.underWay.min(by: { $0.index < $1.index }) {
                bench.answer(id, -504_001)
                answered += 1
            }
            bench.pass(.milliseconds(5))
        }
        #expect(answered > 20)
        #expect((2...11).contains(commits(&bench)))
    }

    @Test("an attempt that has not run the function is repeated without a commit")
    func notRun() {
        var bench = MachineBench()
        bench.assign()
        bench.answersCommits = false
        let id = bench.arrive(0)
        bench.answer(id, .transport(.connectRefused))
        #expect(bench.passUntilCall(within: .milliseconds(900)) != nil)
    }

    @Test("an answer that is being written when its owner dies is not counted twice")
    func settling() throws {
        var bench = MachineBench()
        bench.assign()
        bench.acknowledges = false
        bench.answer(bench.arrive(0), 0)
        bench.pass(.seconds(2))
        bench.forget([partition])
        bench.acknowledges = true
        let again = bench.takeOver()
        bench.answer(bench.arrive(0, in: again), 0)
        #expect(bench.reply(0)?.facts.invocationsPossible == 2)
    }

    @Test("each assignment has a nonce of its own, and it is the seed's")
    func nonce() throws {
        var nonces: [UInt64] = []
        for seed in [UInt64(1), 2, 1] {
            var bench = MachineBench(seed: seed)
            bench.assign()
            nonces.append(try metadata(bench).nonce)
            bench.forget([partition])
            bench.takeOver()
            nonces.append(try metadata(bench).nonce)
        }
        #expect(Set(nonces).count == 4)
        #expect(nonces[0...1] == nonces[4...5])
    }

    // MARK: Sizes

    @Test("a thousand open records in a hundred thousand offsets fit, with what is known of each")
    func fits() throws {
        var bench = MachineBench(.bench(inFlight: InFlightPolicy(min: 1, max: 64)))
        bench.checkInterval = 5_000
        bench.assign()
        for offset in stride(from: Int64(0), to: 99_900, by: 100) { bench.arrive(offset) }
        for id in bench.takeCalls() { bench.answer(id, -504_001) }
        bench.answer(bench.arrive(99_950), .status(200))
        bench.pass(.seconds(2))
        let text = try #require(bench.runs.metadata[0])
        #expect(text.count <= CommitMetadata.textLimit)
        let known = try metadata(bench).open.filter { $0.history != nil }
        #expect(known.count >= 64)
        #expect(known.allSatisfy { ($0.history?.attempts ?? 0) >= 1 })
    }

    @Test("a list that does not fit is cut: what is behind it is called again, and nothing is lost")
    func cut() throws {
        var bench = MachineBench(
            .bench(inFlight: InFlightPolicy(min: 1, max: 1_000), window: WindowPolicy(open: 1_000, distance: 1 << 40))
        )
        bench.checkInterval = 50_000
        bench.assign()
        // Each open record needs four bytes of the list; every seventh one is done.
        let offsets = (Int64(0)..<1_000).map { $0 * 1_100_000 }
        for (number, offset) in offsets.enumerated() {
            let id = bench.arrive(offset)
            if number % 7 == 6 { bench.answer(id, 0) }
        }
        bench.pass(.seconds(2))
        bench.handle(.revoked([partition]))
        bench.pass(.seconds(15))
        let text = try #require(bench.runs.metadata[0])
        #expect((4_000...CommitMetadata.textLimit).contains(text.count))
        let metadata = try metadata(bench)
        #expect(!metadata.isClean)
        let end = try #require(metadata.highestDone?.offset)
        #expect(Offset(offsets[700]) < end && end < Offset(offsets[990]))
        let again = bench.takeOver()
        _ = bench.takeCalls()
        for offset in offsets { bench.arrive(offset, in: again) }
        let skipped = bench.machine.counters.recordsSkippedAsDone
        #expect(skipped == offsets.indices.count { $0 % 7 == 6 && Offset(offsets[$0]) <= end })
        #expect(bench.log.openCount == offsets.count - Int(skipped))
    }

    @Test(
        "brokers that take no list get limit and nonce alone, at once",
        arguments: ["OFFSET_METADATA_TOO_LARGE", "INVALID_COMMIT_OFFSET_SIZE"]
    )
    func tooLarge(error: String) throws {
        var bench = MachineBench()
        bench.assign()
        bench.arrive(0)
        bench.answer(bench.arrive(1), 0)
        bench.answersCommits = false
        bench.pass(.seconds(1))
        _ = bench.takeEffects()
        bench.answerCommit(refused: [partition: error])
        #expect(bench.takeReports().count == 1)
        #expect(bench.isCommitUnanswered, "repeated at once")
        bench.answerCommit()
        let metadata = try metadata(bench)
        #expect(metadata.open == [])
        #expect(metadata.highestDone == nil)
        #expect(metadata.admissionLimit == Offset(1_002))
        bench.forget([partition])
        bench.answersCommits = true
        let again = bench.takeOver()
        for offset in Int64(0)...1 { bench.answer(bench.arrive(offset, in: again), 0) }
        #expect(bench.reply(0)?.facts.invocationsPossible == 2)
        #expect(bench.reply(1)?.facts.invocationsPossible == 2, "done, but no list says so")
    }

    @Test("one commit carries 512 KiB of metadata at most, and the next one the rest")
    func manyPartitions() {
        let count = 6_000
        let policy = Policy(apps: [AppPolicy(name: "app")], pipelines: [.bench()])
        var machine = RelayMachine(policy: policy, timing: MachineTiming(), seed: 1)
        let now = MachineBench().now
        var effects: [Effect] = []
        let assigned = (0..<count).map { slot in
            AssignedPartition(
                id: PartitionID(slot: slot, epoch: 1),
                topic: "requests",
                partition: Int32(slot),
                pipeline: 0,
                start: Offset(0)
            )
        }
        machine.handle(.assigned(assigned), now: now, into: &effects)
        var committed: [Int] = []
        while !machine.commitsUnderWay.isEmpty, committed.count < 2 * count {
            let commits = machine.commitsUnderWay
            #expect(commits.map(\.metadata.count).reduce(0, +) <= 512 << 10)
            committed += commits.map(\.id.slot)
            machine.handle(.committed(refused: [:]), now: now, into: &effects)
        }
        #expect(committed.sorted() == Array(0..<count))
    }
}
