import RelayCore
import Testing

@Suite("Windows and positions") struct WindowTests {
    private let partition = PartitionID(slot: 0, epoch: 1)

    private func readOns(_ bench: inout MachineBench) -> [PartitionID] {
        bench.takeEffects().compactMap { if case .readOn(let id) = $0 { id } else { nil } }
    }

    @Test("a partition holds window.open records, and is read on once an eighth is free")
    func openRecords() {
        var bench = MachineBench(.bench(window: WindowPolicy(open: 16)))
        bench.assign()
        #expect(bench.machine.room(in: partition) == 16)
        let ids = (Int64(0)..<16).map { bench.arrive($0) }
        #expect(bench.machine.room(in: partition) == 0)
        bench.answer(ids[3], 0)
        #expect(readOns(&bench).isEmpty)
        bench.answer(ids[5], 0)
        #expect(readOns(&bench) == [partition])
        #expect(bench.machine.room(in: partition) == 2)
    }

    @Test("reading rests while enough wait to be called, and goes on with the partition that has waited longest")
    func line() {
        var bench = MachineBench(.bench(inFlight: InFlightPolicy(min: 1, max: 1)))
        bench.assign()
        let other = bench.assign(slot: 1)
        // One is called, 15 wait for it.
        let ids = (Int64(0)...15).map { bench.arrive($0) }
        // The other's first record stands in line like those.
        #expect(bench.machine.room(in: other) > 1)
        #expect(bench.machine.room(in: partition) > 1)
        bench.arrive(16)
        #expect(bench.machine.room(in: other) == 1)
        bench.arrive(0, in: other)
        #expect(bench.machine.room(in: partition) == 0)
        #expect(bench.machine.room(in: other) == 0)
        for id in ids.prefix(9) { bench.answer(id, 0) }
        #expect(readOns(&bench).isEmpty)
        bench.answer(ids[9], 0)
        #expect(readOns(&bench) == [partition])
        // What it will read counts already, until it asks.
        bench.answer(ids[10], 0)
        #expect(readOns(&bench).isEmpty)
        #expect(bench.machine.room(in: partition) == 8)
        bench.arrive(17)
        #expect(readOns(&bench).isEmpty)
        // Its turn is over: the other has waited longer.
        #expect(bench.machine.room(in: partition) == 0)
        bench.answer(ids[11], 0)
        #expect(readOns(&bench) == [other])
        #expect(bench.machine.room(in: other) == 8)
    }

    @Test("of many partitions that wait each reads eight records in its turn, and one with nothing open one at once")
    func turns() {
        var bench = MachineBench(.bench(inFlight: InFlightPolicy(min: 64, max: 64)))
        let all = (0..<200).map { bench.assign(slot: $0) }
        let ids = (Int64(0)..<192).map { bench.arrive($0, in: all[0]) }
        for id in all.dropFirst() {
            #expect(bench.machine.room(in: id) == 1)
            bench.arrive(0, in: id)
            #expect(bench.machine.room(in: id) == 0)
        }
        #expect(bench.takeCalls().count == 64)
        // 327 wait in line, of which 64 are left.
        var called = ids.prefix(64) + []
        var answered = 0
        while answered < 263 {
            bench.answer(called[answered], 0)
            answered += 1
            called += bench.takeCalls()
        }
        #expect(readOns(&bench).isEmpty)
        bench.answer(called[answered], 0)
        let told = Array(all[1...8])
        #expect(readOns(&bench) == told)
        for id in told { #expect(bench.machine.room(in: id) == 8) }
        #expect(bench.machine.room(in: all[9]) == 1)
    }

    @Test("a partition that was told to read on and is gone keeps nobody from being read")
    func toldAndGone() {
        var bench = MachineBench(.bench(inFlight: InFlightPolicy(min: 1, max: 1)))
        bench.assign()
        let other = bench.assign(slot: 1)
        let ids = (Int64(0)...16).map { bench.arrive($0, in: other) }
        bench.arrive(0)
        #expect(bench.machine.room(in: partition) == 0)
        #expect(bench.machine.room(in: other) == 0)
        for id in ids.prefix(11) { bench.answer(id, 0) }
        #expect(readOns(&bench) == [partition])
        bench.handle(.revoked([partition]))
        bench.answer(ids[11], 0)
        #expect(readOns(&bench) == [other])
    }

    @Test("once a call could be made and nobody waits for it all are read, each as far as it can")
    func emptyLine() {
        var bench = MachineBench(.bench(inFlight: InFlightPolicy(min: 1, max: 1)))
        bench.assign()
        let others = (1..<6).map { bench.assign(slot: $0) }
        for offset in Int64(0)..<17 { bench.arrive(offset) }
        for id in others {
            bench.arrive(0, in: id)
            #expect(bench.machine.room(in: id) == 0)
        }
        var called = bench.takeCalls()
        while let id = called.popLast() {
            bench.answer(id, 0)
            called += bench.takeCalls()
        }
        // The first of them when half a line was left.
        #expect(readOns(&bench) == others)
        #expect(bench.machine.room(in: others[1]) > 64)
    }

    @Test("a line is no longer than 256 records, however many may be called at once")
    func longestLine() {
        let window = WindowPolicy(open: 2_000, bytes: 1 << 30)
        var bench = MachineBench(.bench(inFlight: InFlightPolicy(min: 1, max: 1_000), window: window))
        bench.assign()
        let called = (Int64(0)..<1_000).map { bench.arrive($0) }
        for offset in Int64(1_000)..<1_255 { bench.arrive(offset) }
        #expect(bench.machine.room(in: partition) > 1)
        bench.arrive(1_255)
        #expect(bench.machine.room(in: partition) == 0)
        #expect(bench.takeCalls() == called)
        for id in called.prefix(128) { bench.answer(id, 0) }
        #expect(readOns(&bench).isEmpty)
        bench.answer(called[128], 0)
        #expect(readOns(&bench) == [partition])
    }

    @Test("who waits behind its key or under a hold keeps nobody from being read")
    func notInLine() {
        var bench = MachineBench(.bench(inFlight: InFlightPolicy(min: 1, max: 1)), hasToken: false)
        bench.assign()
        for offset in Int64(0)..<40 { bench.arrive(offset, key: 1) }
        #expect(bench.machine.room(in: partition) > 0)
        for offset in Int64(40)..<80 { bench.arrive(offset) }
        #expect(bench.machine.room(in: partition) > 0)
    }

    @Test("no more than a line is read before the first commit is acknowledged")
    func lineBeforeCommit() {
        var bench = MachineBench(.bench(inFlight: InFlightPolicy(min: 1, max: 1)))
        bench.answersCommits = false
        bench.assign()
        let ids = (Int64(0)..<16).map { bench.arrive($0) }
        #expect(bench.machine.room(in: partition) == 0)
        bench.answerCommit()
        // The first is called, 15 wait.
        #expect(bench.takeCalls() == [ids[0]])
        #expect(readOns(&bench) == [partition])
    }

    @Test("a window of one is read on")
    func windowOfOne() {
        var bench = MachineBench(.bench(window: WindowPolicy(open: 1)))
        bench.assign()
        let id = bench.arrive(0)
        #expect(bench.machine.room(in: partition) == 0)
        bench.answer(id, 0)
        #expect(readOns(&bench) == [partition])
    }

    @Test("a stuck record stops its partition at window.distance, not before")
    func distance() {
        var bench = MachineBench(.bench(window: WindowPolicy(open: 10, distance: 20)))
        bench.assign()
        let stuck = bench.arrive(0)
        for offset in Int64(1)..<20 {
            #expect(bench.machine.room(in: partition) > 0)
            bench.answer(bench.arrive(offset), 0)
        }
        #expect(bench.machine.room(in: partition) == 0)
        bench.answer(stuck, 0)
        #expect(readOns(&bench) == [partition])
        bench.pass(.seconds(2))
        #expect(bench.log.committed[0] == Offset(20))
    }

    @Test("window.bytes is shared by a pipeline's partitions, each of which may hold one record")
    func bytes() {
        var bench = MachineBench(.bench(window: WindowPolicy(bytes: 1_000_000)))
        bench.assign()
        let other = bench.assign(slot: 1)
        bench.arrive(0, bytes: 1_200_000)
        #expect(bench.machine.room(in: partition) == 0)
        #expect(bench.machine.room(in: other) == 1)
        bench.arrive(0, in: other, bytes: 50_000)
        #expect(bench.machine.room(in: other) == 0)
    }

    @Test("a partition that others starved of bytes is read on when they free them")
    func bytesFreedByOthers() {
        var bench = MachineBench(.bench(window: WindowPolicy(bytes: 1_000_000)))
        bench.assign()
        let other = bench.assign(slot: 1)
        let big = bench.arrive(0, bytes: 1_000_000)
        bench.arrive(0, in: other, bytes: 100_000)
        #expect(bench.machine.room(in: other) == 0)
        _ = bench.takeEffects()
        bench.answer(big, 0)
        #expect(readOns(&bench) == [other])
    }

    @Test("records so large that few fit do not keep a partition from being read on")
    func largeRecords() {
        var bench = MachineBench(
            .bench(inFlight: InFlightPolicy(min: 1, max: 4), window: WindowPolicy(bytes: 1_000_000))
        )
        bench.assign()
        let ids = (Int64(0)..<3).map { bench.arrive($0, bytes: 250_000) }
        #expect(bench.machine.room(in: partition) == 0)
        bench.answer(ids[2], 0)
        #expect(readOns(&bench) == [partition])
    }

    @Test("offsets that never come are not waited for, and the end of the partition is committed")
    func gapsAndEnd() {
        var bench = MachineBench()
        bench.assign()
        let first = bench.arrive(3)
        let second = bench.arrive(9)
        bench.reachEnd(12)
        bench.answer(second, 0)
        bench.pass(.seconds(2))
        #expect(bench.log.committed[0] == Offset(3))
        bench.answer(first, 0)
        bench.pass(.seconds(2))
        #expect(bench.log.committed[0] == Offset(12))
    }

    @Test("a skipped tombstone is counted and committed, without a reply")
    func skipped() {
        var bench = MachineBench()
        bench.assign()
        bench.skip(0)
        bench.skip(1)
        bench.pass(.seconds(2))
        #expect(bench.log.committed[0] == Offset(2))
        #expect(bench.machine.counters.skipped == 2)
        #expect(bench.writings.isEmpty)
    }

    @Test("a record that comes again is not called again")
    func repeated() {
        var bench = MachineBench()
        bench.assign()
        let first = bench.arrive(0)
        bench.arrive(0)
        #expect(bench.takeCalls() == [first])
        #expect(bench.machine.counters.repeatedRecords == 1)
    }

    @Test("a ledger commits its lowest open offset, and its position when nothing is open")
    func ledger() throws {
        var ledger = OffsetLedger(position: Offset(10))
        #expect(ledger.commitPosition == Offset(10))
        let admitted = [ledger.admit(Offset(12)), ledger.admit(Offset(20))]
        let first = try #require(admitted[0])
        let second = try #require(admitted[1])
        #expect(ledger.admit(Offset(20)) == nil)
        #expect(ledger.admit(Offset(4)) == nil)
        #expect(ledger.commitPosition == Offset(12))
        #expect(ledger.distance == 9)
        ledger.complete(second)
        #expect(ledger.commitPosition == Offset(12))
        #expect(ledger.highestDone == Offset(20))
        ledger.complete(first)
        #expect(ledger.commitPosition == Offset(21))
        ledger.advance(to: Offset(15))
        #expect(ledger.position == Offset(21))
        ledger.advance(to: Offset(30))
        #expect(ledger.commitPosition == Offset(30))
        #expect(ledger.openCount == 0)
    }

    @Test("a record that waits for more than a second is copied out of its fetch buffer, once")
    func copiedOut() {
        var bench = MachineBench(.bench(inFlight: InFlightPolicy(min: 1, max: 1)))
        bench.assign()
        let busy = bench.arrive(0)
        let waiting = bench.arrive(1)
        let behind = bench.arrive(2, key: 1)
        bench.pass(.milliseconds(900))
        #expect(!bench.effects.contains(.copyOut(waiting)))
        bench.pass(.seconds(4))
        let copied = bench.takeEffects().filter { if case .copyOut = $0 { true } else { false } }
        #expect(copied == [.copyOut(busy), .copyOut(waiting), .copyOut(behind)])
        bench.answer(busy, 45009)
        #expect(!bench.takeEffects().contains(.copyOut(busy)))
    }

    @Test("a record that waits for its delivery report is copied out as well, a refused one too")
    func copiedOutUnreported() {
        var bench = MachineBench()
        bench.acknowledges = false
        bench.assign()
        let answered = bench.arrive(0)
        let refused = bench.arrive(1, rejection: .bench)
        bench.answer(answered, 0)
        let young = bench.arrive(2)
        bench.answer(young, 0)
        bench.report(bench.unreported[2], .acknowledged)
        bench.pass(.seconds(2))
        let copied = bench.takeEffects().filter { if case .copyOut = $0 { true } else { false } }
        #expect(copied == [.copyOut(answered), .copyOut(refused)])
    }

    @Test("answers count until they are written: nothing is read, and no call starts, without room for them")
    func answers() {
        var bench = MachineBench(
            .bench(inFlight: InFlightPolicy(min: 1, max: 4), window: WindowPolicy(bytes: 1_000_000))
        )
        bench.acknowledges = false
        bench.assign()
        let ids = (Int64(0)..<8).map { bench.arrive($0) }
        #expect(bench.takeCalls() == Array(ids[..<4]))
        bench.answer(ids[0], .errcode(0), answerBytes: 700_000)
        #expect(bench.takeCalls() == [ids[4]], "1,000,000 less 700,000 are four calls' 64 KiB")
        bench.answer(ids[1], .errcode(0), answerBytes: 290_000)
        #expect(bench.takeCalls().isEmpty)
        #expect(bench.machine.room(in: partition) == 0)
        for id in ids[2...4] { bench.answer(id, 0) }
        #expect(bench.takeCalls() == [ids[5]], "one call may always be under way")
        bench.acknowledgeAll()
        #expect(bench.takeCalls() == Array(ids[6...]))
        #expect(readOns(&bench) == [partition])
    }

    @Test("a backlog that has read its window full leaves room for the calls to come")
    func roomForCalls() {
        var bench = MachineBench(
            .bench(inFlight: InFlightPolicy(min: 1, max: 4), window: WindowPolicy(bytes: 1 << 20)),
            hasToken: false
        )
        bench.assign()
        var offset: Int64 = 0
        while bench.machine.room(in: partition) > 0 {
            bench.arrive(offset, bytes: 8 << 10)
            offset += 1
        }
        #expect(offset == 96)
        bench.renewToken()
        #expect(bench.underWay.count == 4)
    }
}
