import RelayCore
import Testing

@Suite("Order of keys") struct KeyOrderTests {
    @Test("one call at a time for a key, in the order of the offsets; other keys and no key go on")
    func oneAtATime() {
        var bench = MachineBench()
        bench.assign()
        let first = bench.arrive(0, key: 1)
        let second = bench.arrive(1, key: 1)
        let third = bench.arrive(2, key: 1)
        let other = bench.arrive(3, key: 2)
        let free = [bench.arrive(4), bench.arrive(5)]
        #expect(bench.takeCalls() == [first, other] + free)
        bench.answer(first, 0)
        #expect(bench.takeCalls() == [second])
        bench.answer(second, -504_002)
        #expect(bench.takeCalls() == [third])
    }

    @Test("a key waits in place while its first is tried again")
    func retryInPlace() {
        var bench = MachineBench()
        bench.assign()
        let first = bench.arrive(0, key: 1)
        let second = bench.arrive(1, key: 1)
        _ = bench.takeCalls()
        for _ in 0..<3 {
            bench.answer(first, -504_001)
            #expect(bench.passUntilCall(within: .seconds(5)) != nil)
            #expect(bench.takeCalls() == [first])
        }
        bench.answer(first, 0)
        #expect(bench.takeCalls() == [second])
    }

    @Test("a key waits in place while its first waits for a token or under a hold")
    func holdInPlace() {
        var bench = MachineBench()
        bench.assign()
        let first = bench.arrive(0, key: 1)
        let second = bench.arrive(1, key: 1)
        bench.answer(first, 42001)
        bench.renewToken()
        bench.answer(first, 45009)
        _ = bench.takeCalls()
        #expect(bench.passUntilCall(within: .seconds(20)) != nil)
        #expect(bench.takeCalls() == [first])
        bench.answer(first, 0)
        #expect(bench.takeCalls() == [second])
    }

    @Test("the next of a key goes on when its first fails for good, not when that is written")
    func promotedByFailure() {
        var bench = MachineBench()
        bench.assign()
        bench.acknowledges = false
        let first = bench.arrive(0, key: 1)
        let second = bench.arrive(1, key: 1)
        _ = bench.takeCalls()
        bench.answer(first, 0)
        #expect(bench.takeCalls() == [second])
    }

    @Test("a record that is no request stands in nobody's way")
    func rejectedInTheMiddle() {
        var bench = MachineBench()
        bench.assign()
        let first = bench.arrive(0, key: 1)
        bench.arrive(1, key: 1, rejection: .bench)
        let third = bench.arrive(2, key: 1)
        #expect(bench.reason(1) == .invalidRequest)
        #expect(bench.takeCalls() == [first])
        bench.answer(first, 0)
        #expect(bench.takeCalls() == [third])
    }

    @Test("a deadline that passes at the head, in the middle or at the end of a key's chain leaves the others in order")
    func deadlinesInTheChain() {
        var bench = MachineBench()
        bench.assign()
        let ids = (Int64(0)..<6).map { offset in
            bench.arrive(offset, key: 1, deadline: [2, 3, 5].contains(offset) ? .seconds(5) : nil)
        }
        #expect(bench.takeCalls() == [ids[0]])
        bench.pass(.seconds(6))
        for offset in [Int64(2), 3, 5] { #expect(bench.reason(offset) == .deadlineExceeded) }
        bench.answer(ids[0], 0)
        #expect(bench.takeCalls() == [ids[1]])
        bench.answer(ids[1], 0)
        #expect(bench.takeCalls() == [ids[4]])
        let last = bench.arrive(6, key: 1)
        #expect(bench.takeCalls().isEmpty)
        bench.answer(ids[4], 0)
        #expect(bench.takeCalls() == [last])
    }

    @Test("a head whose deadline passes while it waits makes room for the next of its key")
    func deadlineOfWaitingHead() {
        var bench = MachineBench(.bench(inFlight: InFlightPolicy(min: 1, max: 1)))
        bench.assign()
        let busy = bench.arrive(0)
        bench.arrive(1, key: 1, deadline: .seconds(2))
        let next = bench.arrive(2, key: 1)
        _ = bench.takeCalls()
        bench.pass(.seconds(3))
        bench.answer(busy, 0)
        #expect(bench.takeCalls() == [next])
    }

    @Test("functions take turns, so that one with much work does not starve another")
    func turns() {
        var bench = MachineBench(.bench(inFlight: InFlightPolicy(min: 1, max: 1)))
        bench.assign()
        for offset in Int64(0)..<50 { bench.arrive(offset) }
        let rare = bench.arrive(50, function: "rare")
        for _ in 0..<2 { bench.underWay.first.map { bench.answer($0, 0) } }
        #expect(bench.underWay == [rare])
    }

    @Test("ordering partition: one call at a time of each partition, with a key or without")
    func partitionOrder() {
        var bench = MachineBench(.bench(ordering: .partition))
        bench.assign()
        let other = bench.assign(slot: 1)
        let first = bench.arrive(0, key: 1)
        let second = bench.arrive(1)
        let third = bench.arrive(2, key: 2)
        let beside = bench.arrive(0, in: other, key: 1)
        #expect(bench.takeCalls() == [first, beside])
        bench.answer(first, -504_001)
        #expect(bench.passUntilCall(within: .seconds(5)) != nil)
        #expect(bench.takeCalls() == [first], "the partition waits while its first is tried again")
        bench.answer(first, 0)
        #expect(bench.takeCalls() == [second])
        bench.answer(second, -504_002)
        #expect(bench.takeCalls() == [third])
    }

    @Test("ordering none: nobody waits for a key")
    func noOrder() {
        var bench = MachineBench(.bench(ordering: .none))
        bench.assign()
        let ids = (Int64(0)..<3).map { bench.arrive($0, key: 1) }
        #expect(bench.takeCalls() == ids)
    }

    @Test("keys with work take turns: many records of one do not keep the others waiting")
    func roundRobin() {
        var bench = MachineBench(.bench(inFlight: InFlightPolicy(min: 1, max: 1)))
        bench.assign()
        let busy = (Int64(0)..<4).map { bench.arrive($0, key: 1) }
        let others = (Int64(4)..<6).map { bench.arrive($0, key: UInt64($0)) }
        var order: [RequestID] = []
        while let id = bench.takeCalls().first {
            order.append(id)
            bench.answer(id, 0)
        }
        #expect(order == [busy[0], others[0], others[1], busy[1], busy[2], busy[3]])
    }
}
