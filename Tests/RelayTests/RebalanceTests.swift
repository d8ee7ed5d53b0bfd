import Kafka
import Relay
import Testing

@Suite("What the group takes back") struct RebalanceTests {
    private static let partitions = (0..<4).map { TopicPartition(topic: "requests", partition: $0) }
    private let first = Self.partitions[0]
    private let second = Self.partitions[1]
    private let third = Self.partitions[2]

    @Test("a revocation is answered once")
    func once() {
        var rebalance = Rebalance()
        #expect(rebalance.letGo() == nil, "nobody asked")
        rebalance.revoke([first, second])
        #expect(rebalance.letGo() == [first, second])
        #expect(rebalance.letGo() == nil)
        rebalance.revoke([])
        #expect(rebalance.letGo() == [], "an empty list has to be answered as well")
    }

    @Test("a second revocation before the answer to the first is answered together with it")
    func secondRevocation() {
        var rebalance = Rebalance()
        rebalance.revoke([first])
        rebalance.revoke([second, third])
        #expect(rebalance.letGo() == [first, second, third])
        #expect(rebalance.letGo() == nil)
    }

    @Test("a loss during a revocation takes its partitions along, each once, and is the answer to both")
    func lostWhileRevoked() {
        var rebalance = Rebalance()
        rebalance.revoke([first, second])
        let lost = rebalance.lose([second, third])
        #expect(lost.partitions == [second, third, first])
        #expect(lost.toUnassign == [second, third, first])
        #expect(rebalance.letGo() == nil, "another unassignment would answer the next event, which nobody has seen")
    }

    @Test("one that is looked up again is not unassigned when it is revoked, and does not return")
    func revokedWhileReturning() {
        var rebalance = Rebalance()
        rebalance.beginReturn(of: first)
        #expect(rebalance.isReturning([first]))
        rebalance.revoke([first, second])
        #expect(!rebalance.isReturning([first]))
        #expect(rebalance.letGo() == [second])
    }

    @Test("one that is looked up again is lost like the others, without being unassigned")
    func lostWhileReturning() {
        var rebalance = Rebalance()
        rebalance.beginReturn(of: first)
        rebalance.beginReturn(of: third)
        let lost = rebalance.lose([first, second])
        #expect(lost.partitions == [first, second])
        #expect(lost.toUnassign == [second])
        #expect(!rebalance.isReturning([first]))
        #expect(rebalance.isReturning([third]), "nobody has taken this one back")
    }

    @Test("what has returned is taken back like any other")
    func returned() {
        var rebalance = Rebalance()
        rebalance.beginReturn(of: first)
        rebalance.endReturn(of: [first])
        #expect(!rebalance.isReturning([first]))
        rebalance.revoke([first])
        #expect(rebalance.letGo() == [first])
    }
}
