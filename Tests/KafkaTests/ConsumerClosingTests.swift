import Kafka
import Testing

@Suite("Closing a consumer", .timeLimit(.minutes(10))) struct ConsumerClosingTests {
    private static let first = TopicPartition(topic: "orders", partition: 0)

    /// A message that an open request keeps.
    private final class Held {
        var message: ReceivedMessage?
    }

    @Test("records that nobody read hold nothing up")
    func unread() async throws {
        let cluster = try MockCluster(brokers: 1, logger: .silent)
        let bell = Bell()
        let member = try await filled(cluster, bell)
        member.isReading = false
        try await untilUnread(member, bell)
        try await member.close(bell)
        #expect(member.records.isEmpty)
        #expect(member.partitions.isEmpty)
    }

    @Test("dropping a consumer without closing it leaves the group")
    func dropped() async throws {
        let cluster = try MockCluster(brokers: 1, logger: .silent)
        let bell = Bell()
        let properties = try cluster.properties(session: .seconds(6))
        let member = try await filled(cluster, bell, properties)
        try await untilUnread(member, bell)
        member.consumer = nil
        // A member that had stayed would keep this one out until its session ends, and then hold its share.
        let next = try Member(properties, topics: ["orders"], bell: bell)
        try await bell.turns {
            try next.turn()
            return next.ends.count == 2
        }
        // One that had to wait for its thread longer than a session reads again.
        #expect(Set(next.records.map { "\($0.partition)/\($0.offset)" }).count == 100)
        try await next.close(bell)
    }

    @Test("an assignment that nobody answered does not keep a consumer from being dropped")
    func unansweredAssignment() async throws {
        let cluster = try MockCluster(brokers: 1, logger: .silent)
        try cluster.createTopic("orders", partitions: 2)
        let event = try await dropAtFirstEvent(cluster)
        #expect(event == .assign((0..<2).map { TopicPartition(topic: "orders", partition: $0) }))
    }

    @Test("a revoke that nobody answered does not keep a consumer from being dropped")
    func unansweredRevoke() async throws {
        let cluster = try MockCluster(brokers: 1, logger: .silent)
        let bell = Bell()
        let member = try await filled(cluster, bell)
        try await untilUnread(member, bell)
        member.isDraining = true
        try member.consumer?.beginClose()
        try await bell.turns {
            try member.turn()
            return member.revocations > 0
        }
        member.consumer = nil
    }

    @Test("a consumer that is given up with an event unanswered and a join under way leaves while its owner goes on")
    func departing() async throws {
        let cluster = try MockCluster(brokers: 1, logger: .silent)
        let bell = Bell()
        let properties = try cluster.properties(session: .seconds(6))
        let member = try await filled(cluster, bell, properties)
        try await untilUnread(member, bell)
        // A second one asks for its share: what is revoked stays unanswered.
        let next = try Member(properties, topics: ["orders"], bell: bell)
        next.start = { _ in Offset(0) }
        member.isDraining = true
        try await bell.turns {
            try member.turn()
            try next.turn()
            return member.revocations > 0
        }
        var departing: DepartingConsumer?
        if let given = member.consumer.take() { departing = DepartingConsumer(given) }
        try await bell.turns {
            if departing?.poll() ?? false { departing = nil }
            try next.turn()
            return departing == nil && next.ends.count == 2
        }
        try await next.close(bell)
    }

    /// librdkafka before 2.3 ends the process when such a consumer is destroyed.
    @Test("a consumer whose join was answered and that was assigned nothing can be dropped")
    func droppedWhileJoining() async throws {
        let cluster = try MockCluster(brokers: 1, logger: .silent)
        try cluster.createTopic("orders", partitions: 2)
        cluster.refuse(.syncGroup, with: [.rebalanceInProgress])
        // The one after that is refused for good, which rings: the first one was answered by then.
        cluster.refuse(.joinGroup, with: [KafkaError.Code(rawValue: 0), .groupAuthorizationFailed])
        let event = try await dropAtFirstEvent(cluster)
        guard case .error(let error) = event else {
            Issue.record("not an error: \(String(describing: event))")
            return
        }
        #expect(error.code == .groupAuthorizationFailed)
    }

    @Test("a message outlives its consumer, and lets the client go when it dies")
    func heldMessage() async throws {
        let cluster = try MockCluster(brokers: 1, logger: .silent)
        let bell = Bell()
        let held = Held()
        let member = try await filled(cluster, bell)
        member.isReading = false
        try await bell.turns {
            try member.turn()
            for slot in member.slots.keys where held.message == nil {
                _ = member.consumer?.read(slot, max: 1) { if $0.content == .record { held.message = consume $0 } }
            }
            return held.message != nil
        }
        try await member.close(bell)
        let kept = held.message?.copy()
        #expect(kept?.offset == Offset(0))
        #expect(kept?.value.map { String(decoding: $0, as: UTF8.self) } == kept.map { "\($0.partition)" })
        held.message = nil
    }

    @Test("a look-up after the consumer is gone fails instead of waiting")
    func lateLookup() async throws {
        let cluster = try MockCluster(brokers: 1, logger: .silent)
        let bell = Bell()
        let member = try await filled(cluster, bell)
        let lookups = member.lookups
        member.consumer = nil
        let error = #expect(throws: KafkaError.self) { try lookups.cluster(timeout: .seconds(5)) }
        #expect(error?.code == .destroyed)
    }

    @Test("a look-up under way keeps the client until its time limit")
    func concurrentLookup() async throws {
        let cluster = try MockCluster(brokers: 1, logger: .silent)
        let bell = Bell()
        let member = try await filled(cluster, bell)
        let lookups = member.lookups
        try cluster.setRoundTrip(.milliseconds(500), ofBroker: 1)
        let (started, start) = AsyncStream<Void>.makeStream()
        async let found: [CommittedOffset] = {
            start.yield()
            return try lookups.committed([Self.first], timeout: .seconds(2))
        }()
        for await _ in started { break }
        member.consumer = nil
        // It was answered, or met the end; what counts is that it returned.
        do { #expect(try await found.count == 1) } catch let error as KafkaError {
            #expect([.destroyed, .timedOut, .transport].contains(error.code))
        }
    }

    @Test("after a fatal error the consumer refuses to close and can be dropped")
    func fatal() async throws {
        let cluster = try MockCluster(brokers: 1, logger: .silent)
        let bell = Bell()
        var properties = try cluster.properties()
        try properties.set("group.instance.id", to: "reader-1")
        let member = try await filled(cluster, bell, properties)
        try await untilUnread(member, bell)
        cluster.refuse(.offsetCommit, with: [.fencedInstance])
        try member.commit(Self.first, 1)
        try await bell.turns {
            try member.turn()
            return member.errors.contains { $0.isFatal }
        }
        #expect(member.errors.first { $0.isFatal }?.code == .fencedInstance)
        let error = #expect(throws: KafkaError.self) { try member.consumer?.beginClose() }
        #expect(error?.code == .fencedInstance)
        #expect(error?.isFatal == true)
        let isClosed = member.consumer?.isClosed
        #expect(isClosed == false)
        member.consumer = nil
    }

    private func filled(
        _ cluster: borrowing MockCluster,
        _ bell: Bell,
        _ properties: Properties? = nil
    ) async throws -> Member {
        try cluster.createTopic("orders", partitions: 2)
        try await TestProducer(cluster.properties(), bell: bell).fill("orders", partitions: 2, records: 100)
        return try Member(properties ?? cluster.properties(), topics: ["orders"], bell: bell)
    }

    /// Makes a consumer and drops it with its first event unanswered.
    private func dropAtFirstEvent(_ cluster: borrowing MockCluster) async throws -> ConsumerEvent {
        let bell = Bell()
        let consumer = try Consumer(cluster.properties(), topics: ["orders"], logger: .silent) { bell.ring() }
        var event: ConsumerEvent?
        try await bell.turns {
            consumer.takeReady { _ in }
            event = consumer.nextEvent()
            return event != nil
        }
        return try #require(event)
    }

    private func untilUnread(_ member: Member, _ bell: Bell) async throws {
        member.isReading = false
        try await bell.turns {
            try member.turn()
            return member.hasUnread
        }
        // The first announcement may be the one that a new slot makes by itself, with nothing behind it.
        let bounds = try member.lookups.logBounds(Array(member.partitions), timeout: .seconds(60))
        #expect(bounds.allSatisfy { $0.end == Offset(50) })
    }
}
