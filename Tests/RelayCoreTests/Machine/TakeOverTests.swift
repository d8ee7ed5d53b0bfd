import RelayCore
import Testing

@Suite("Taking a partition over") struct TakeOverTests {
    private let first = PartitionID(slot: 0, epoch: 1)
    private let second = PartitionID(slot: 0, epoch: 2)

    /// What a record of the log is when its owner dies.
    private enum Fate: CaseIterable {
        case absent
        /// Called.
        case open
        /// Behind another of its key, not called yet.
        case waiting
        case done
    }

    /// Every log of `count` offsets.
    private static func logs(_ count: Int) -> [[Fate]] {
        (0..<count).reduce([[]]) { logs, _ in logs.flatMap { log in Fate.allCases.map { log + [$0] } } }
    }

    private func metadata(_ bench: MachineBench) throws -> CommitMetadata {
        try CommitMetadata.decode(#require(bench.runs.metadata[0])).get()
    }

    /// Records with these offsets come to the new owner.
    private func arrive(_ bench: inout MachineBench, _ offsets: some Sequence<Int64>) -> [RequestID: Int64] {
        var ids: [RequestID: Int64] = [:]
        for offset in offsets { ids[bench.arrive(offset, in: second)] = offset }
        return ids
    }

    @Test(
        "whatever is done and open, a new owner calls what is open and passes over what is done",
        arguments: [true, false]
    )
    func everySmallLog(isLost: Bool) throws {
        for rest in Self.logs(4) {
            let log = [Fate.open] + rest
            var bench = MachineBench()
            bench.assign()
            var expected: [Int64: Int] = [:]
            for (index, fate) in log.enumerated() where fate != .absent {
                let id = bench.arrive(Int64(index), key: index == 0 || fate == .waiting ? 1 : nil)
                switch fate {
                case .absent: continue
                case .done: bench.answer(id, 0)
                case .open: expected[Int64(index)] = 2
                // Who dies says nothing of it; who lets go says that it was not called.
                case .waiting: expected[Int64(index)] = isLost ? 2 : 1
                }
            }
            bench.pass(.seconds(2))
            if isLost {
                bench.forget([first])
            } else {
                bench.handle(.revoked([first]))
                bench.pass(.seconds(15))
            }
            #expect(bench.log.committed[0] == Offset(0), "\(log)")
            bench.takeOver()
            _ = bench.takeCalls()
            let present = log.indices.filter { log[$0] != .absent }.map { Int64($0) }
            let ids = arrive(&bench, present)
            let calls = bench.takeCalls()
            #expect(calls.compactMap { ids[$0] } == expected.keys.sorted(), "\(log)")
            #expect(bench.machine.counters.recordsSkippedAsDone == present.count - expected.count, "\(log)")
            for id in calls { bench.answer(id, 0) }
            for (offset, runs) in expected {
                #expect(bench.reply(offset)?.facts.invocationsPossible == runs, "\(offset) of \(log)")
            }
            bench.pass(.seconds(2))
            #expect(bench.log.committed[0] == present.last.map { Offset($0 + 1) }, "\(log)")
        }
    }

    @Test("after a crash the records within the admission limit may have run once more, those beyond it not")
    func limit() throws {
        var bench = MachineBench(.bench(window: WindowPolicy(open: 10)))
        bench.assign()
        bench.forget([first])
        bench.takeOver()
        let ids = arrive(&bench, 0..<13)
        for id in bench.takeCalls() { bench.answer(id, 0) }
        bench.pass(.seconds(1))
        for id in bench.takeCalls() { bench.answer(id, 0) }
        #expect(bench.writings.count == ids.count)
        let told = (Int64(0)..<13).compactMap { bench.reply($0)?.facts.invocationsPossible }
        #expect(told == [Int](repeating: 2, count: 11) + [1, 1])
    }

    @Test("where a run must not be risked, a record that may have run is answered and not called")
    func maybeRan() {
        var bench = MachineBench(.bench(window: WindowPolicy(open: 4), retry: RetryPolicy(maybeRan: .fail)))
        bench.assign()
        bench.arrive(0, key: 1)
        bench.forget([first])
        bench.takeOver()
        _ = bench.takeCalls()
        bench.arrive(0, in: second, key: 1)
        let next = bench.arrive(7, in: second, key: 1)
        #expect(bench.reason(0) == .maybeRan)
        #expect(bench.reply(0)?.facts.invocationsPossible == 1)
        #expect(bench.reply(0)?.facts.attempts == 0)
        #expect(bench.takeCalls() == [next], "it is beyond the limit")
    }

    @Test("after a drained hand-over nothing is suspected")
    func clean() throws {
        var bench = MachineBench(.bench(inFlight: InFlightPolicy(min: 1, max: 1), retry: RetryPolicy(maybeRan: .fail)))
        bench.assign()
        let id = bench.arrive(0)
        bench.arrive(1)
        bench.handle(.revoked([first]))
        bench.answer(id, 0)
        #expect(try metadata(bench).isClean)
        bench.takeOver()
        let again = bench.arrive(1, in: second)
        bench.answer(again, 0)
        #expect(bench.reply(1)?.facts.invocationsPossible == 1)
        #expect(bench.reason(1) == nil)
    }

    @Test("a call that a hand-over cut counts, with its attempts, and no other record does")
    func cut() throws {
        var bench = MachineBench()
        bench.assign()
        let id = bench.arrive(0, key: 1)
        bench.arrive(1, key: 1)
        _ = bench.takeCalls()
        bench.answer(id, -1)
        #expect(bench.passUntilCall(within: .seconds(5)) != nil)
        bench.handle(.revoked([first]))
        bench.pass(.seconds(20))
        #expect(try metadata(bench).isClean)
        bench.takeOver()
        for offset in Int64(0)...1 { bench.answer(bench.arrive(offset, in: second), 0) }
        #expect(bench.reply(0)?.facts.invocationsPossible == 3)
        #expect(bench.reply(0)?.facts.attempts == 3)
        #expect(bench.reply(1)?.facts.invocationsPossible == 1)
        #expect(bench.reply(1)?.facts.attempts == 1)
    }

    @Test(
        "owners that die one after the other each count once, also those that never said of a record",
        arguments: 1...30
    )
    func manyDeaths(deaths: Int) {
        var bench = MachineBench(.bench(window: WindowPolicy(open: 4)))
        bench.assign()
        for death in 0..<deaths {
            bench.forget([PartitionID(slot: 0, epoch: UInt64(death + 1))])
            bench.takeOver(epoch: UInt64(death + 2))
        }
        let last = PartitionID(slot: 0, epoch: UInt64(deaths + 1))
        bench.answer(bench.arrive(0, in: last), 0)
        bench.answer(bench.arrive(100, in: last), 0)
        #expect(bench.reply(0)?.facts.invocationsPossible == deaths + 1)
        #expect(bench.reply(100)?.facts.invocationsPossible == 1)
    }

    @Test("limits that differ at each death count up to the limit of each, or more, never less")
    func manyLimits() {
        var bench = MachineBench(.bench(window: WindowPolicy(open: 4)))
        bench.assign()
        var epoch: UInt64 = 1
        // The first record stays open; each owner gets further than the one before.
        for death in Int64(0)..<20 {
            let id = PartitionID(slot: 0, epoch: epoch)
            bench.arrive(0, in: id)
            for offset in 1..<(2 + death * 5) { bench.answer(bench.arrive(offset, in: id), 0) }
            bench.pass(.seconds(2))
            bench.forget([id])
            epoch += 1
            bench.takeOver(epoch: epoch)
        }
        let id = PartitionID(slot: 0, epoch: epoch)
        bench.answer(bench.arrive(0, in: id), 0)
        #expect(bench.reply(0)?.facts.invocationsPossible == 21)
    }

    @Test("where retention passed the group's offset, what is left and within the limit may have run all the same")
    func retention() {
        for rule in [MaybeRanRule.retry, .fail] {
            var bench = MachineBench(.bench(window: WindowPolicy(open: 8), retry: RetryPolicy(maybeRan: rule)))
            bench.assign()
            for offset in Int64(0)..<4 { bench.arrive(offset) }
            bench.forget([first])
            bench.takeOver(low: 2)
            _ = bench.takeCalls()
            let ids = arrive(&bench, [2, 5, 20])
            for id in bench.takeCalls() where ids[id] != nil { bench.answer(id, 0) }
            #expect(bench.reply(2)?.facts.invocationsPossible == (rule == .retry ? 2 : 1))
            #expect(bench.reply(5)?.facts.invocationsPossible == (rule == .retry ? 2 : 1), "admitted, if it never came")
            #expect(bench.reason(2) == (rule == .retry ? nil : .maybeRan))
            #expect(bench.reply(20)?.facts.invocationsPossible == 1)
        }
    }

    @Test("metadata that cannot be used makes every record there was doubtful, in words only")
    func doubtful() {
        var bench = MachineBench(.bench(retry: RetryPolicy(maybeRan: .fail)))
        bench.assign(start: 5, committed: 5, inheritance: .doubtful(below: Offset(8)))
        for offset in Int64(5)..<10 { bench.answer(bench.arrive(offset), 0) }
        let told = (Int64(5)..<10).compactMap { bench.reply($0)?.facts.invocationsPossible }
        #expect(told == [2, 2, 2, 1, 1])
        #expect(bench.machine.counters.repliesFailed == 0)
    }

    @Test("a doubt outlives its owner, and is still no reason not to call")
    func doubtHandedOn() {
        var bench = MachineBench(.bench(window: WindowPolicy(open: 1), retry: RetryPolicy(maybeRan: .fail)))
        bench.assign(start: 5, committed: 5, inheritance: .doubtful(below: Offset(20)))
        bench.forget([first])
        bench.takeOver()
        bench.arrive(5, in: second)
        bench.answer(bench.arrive(15, in: second), 0)
        #expect(bench.reason(5) == .maybeRan, "within the limit of the owner that died")
        #expect(bench.reason(15) == nil)
        #expect(bench.reply(15)?.facts.invocationsPossible == 2)
    }

    @Test("what the owner before left is still told when the next one dies before any of it came")
    func diesAtOnce() throws {
        var bench = MachineBench()
        bench.assign()
        let open = bench.arrive(0)
        for offset in Int64(1)..<50 { bench.answer(bench.arrive(offset), 0) }
        bench.answer(open, -1)
        bench.pass(.seconds(2))
        bench.forget([first])
        bench.takeOver()
        bench.forget([second])
        let third = bench.takeOver(epoch: 3)
        _ = bench.takeCalls()
        for offset in Int64(0)..<50 { bench.arrive(offset, in: third) }
        #expect(bench.takeCalls().count == 1)
        #expect(bench.machine.counters.recordsSkippedAsDone == 49)
    }

    @Test("listed records that are no longer in the log are not waited for")
    func compacted() throws {
        var bench = MachineBench()
        bench.assign()
        bench.arrive(0)
        bench.answer(bench.arrive(1), 0)
        bench.arrive(2)
        bench.answer(bench.arrive(9), 0)
        bench.pass(.seconds(2))
        bench.forget([first])
        bench.takeOver()
        bench.reachEnd(12, in: second)
        bench.pass(.seconds(2))
        #expect(bench.log.committed[0] == Offset(12))
        #expect(try metadata(bench).open == [])
    }
}
