import Kafka
import Testing

@Suite("Consumer", .timeLimit(.minutes(10))) struct ConsumerTests {
    private static let first = TopicPartition(topic: "orders", partition: 0)

    @Test("what is produced is read once and in order, to the end of each partition")
    func reading() async throws {
        let cluster = try MockCluster(brokers: 3, logger: .silent)
        let bell = Bell()
        try cluster.createTopic("orders", partitions: 70)
        let member = try Member(cluster.properties(), topics: ["orders"], bell: bell)
        try await TestProducer(cluster.properties(), bell: bell).fill("orders", partitions: 70, records: 700)
        try await bell.turns {
            try member.turn()
            return member.records.count >= 700 && member.ends.values.allSatisfy { $0 == Offset(10) }
                && member.ends.count == 70
        }
        #expect(Set(member.slots.keys.map(\.index)) == Set(0..<70))
        for partition in member.partitions {
            let own = member.records.filter { $0.partition == partition.partition }
            #expect(own.map(\.offset) == (0..<10).map(Offset.init))
            #expect(own.allSatisfy { $0.timestamp != nil && $0.topic == "orders" })
        }
        try await member.close(bell)
    }

    @Test("a commit's answer brings offset and metadata back, and a look-up finds them")
    func committing() async throws {
        let cluster = try MockCluster(brokers: 1, logger: .silent)
        let bell = Bell()
        try cluster.createTopic("orders", partitions: 2)
        let member = try Member(cluster.properties(), topics: ["orders"], bell: bell)
        try await untilAssigned(member, bell)
        #expect(throws: KafkaError.self) { try member.commit(Self.first, 6, metadata: [0x31, 0x00]) }
        try member.commit(Self.first, 7, metadata: [0x31, 0x0A, 0xFF])
        try await bell.turns {
            try member.turn()
            return member.commits.count == 1
        }
        let committed = CommittedOffset(
            partition: Self.first,
            offset: Offset(7),
            metadata: [0x31, 0x0A, 0xFF],
            error: nil
        )
        #expect(member.commits == [[committed]])
        let other = TopicPartition(topic: "orders", partition: 1)
        let lookups = member.lookups
        let found = try lookups.committed([Self.first, other], timeout: .seconds(60))
        #expect(found == [committed, CommittedOffset(partition: other, offset: nil, metadata: nil, error: nil)])
        try await member.close(bell)
    }

    @Test("a partition whose commit is refused has the broker's error")
    func refusedCommit() async throws {
        let cluster = try MockCluster(brokers: 1, logger: .silent)
        let bell = Bell()
        try cluster.createTopic("orders", partitions: 1)
        let member = try Member(cluster.properties(), topics: ["orders"], bell: bell)
        try await untilAssigned(member, bell)
        cluster.refuse(.offsetCommit, with: [.offsetMetadataTooLarge])
        try member.commit(Self.first, 7)
        try await bell.turns {
            try member.turn()
            return member.commits.count == 1
        }
        #expect(member.errors == [KafkaError(code: .offsetMetadataTooLarge)])
        #expect(member.commits.first?.first?.error?.code == .offsetMetadataTooLarge)
        try await member.close(bell)
    }

    @Test("the owner is woken once until it looks, however many partitions become ready")
    func wakingOnce() async throws {
        let cluster = try MockCluster(brokers: 1, logger: .silent)
        let bell = Bell()
        let quiet = Bell()
        try cluster.createTopic("orders", partitions: 8)
        let member = try Member(cluster.properties(), topics: ["orders"], bell: bell)
        try await bell.turns {
            try member.turn()
            return member.ends.count == 8
        }
        member.consumer?.takeReady { _ in }
        let before = bell.count
        try await TestProducer(cluster.properties(), bell: quiet).fill("orders", partitions: 8, records: 8)
        var arrived: Set<Int32> = []
        while arrived.count < 8 {
            for slot in member.slots.keys {
                _ = member.consumer?.read(slot, max: 1) { if $0.content == .record { arrived.insert($0.partition) } }
            }
            await Task.yield()
        }
        #expect(bell.count == before + 1)
        try await member.close(bell)
    }

    @Test("a reading that its limit ended says so, and the next one goes on")
    func limitedReading() async throws {
        let cluster = try MockCluster(brokers: 1, logger: .silent)
        let bell = Bell()
        try cluster.createTopic("orders", partitions: 1)
        try await TestProducer(cluster.properties(), bell: bell).fill("orders", partitions: 1, records: 50)
        let member = try Member(cluster.properties(), topics: ["orders"], bell: bell)
        member.isReading = false
        try await untilAssigned(member, bell)
        let slot = try #require(member.slots.keys.first)
        var offsets: [Offset] = []
        var isAtEnd = false
        try await bell.turns {
            try member.turn()
            var count = 0
            while true {
                let before = count
                let end = member.consumer?.read(slot, max: 1) {
                    count += 1
                    if $0.content == .record { offsets.append($0.offset) } else { isAtEnd = true }
                }
                #expect((end == .more) == (count > before))
                if end != .more { break }
            }
            return isAtEnd
        }
        #expect(offsets == (0..<50).map(Offset.init))
        try await member.close(bell)
    }

    @Test("a partition that is let go unread and taken again is read from the new start")
    func takenAgain() async throws {
        let cluster = try MockCluster(brokers: 1, logger: .silent)
        let bell = Bell()
        try cluster.createTopic("orders", partitions: 2)
        try await TestProducer(cluster.properties(), bell: bell).fill("orders", partitions: 2, records: 200)
        let member = try Member(cluster.properties(), topics: ["orders"], bell: bell)
        member.isReading = false
        try await bell.turns {
            try member.turn()
            return member.partitions.count == 2 && member.hasUnread
        }
        let slots = try member.lookups.logBounds([Self.first], timeout: .seconds(60))
        #expect(slots.map(\.end) == [Offset(100)])
        try member.consumer?.unassign([Self.first])
        let again = try member.consumer?.assign([(Self.first, Offset(90))])
        #expect(again?.count == 1)
        member.isReading = true
        try await bell.turns {
            try member.turn()
            return member.ends.count == 2
        }
        let own = member.records.filter { $0.partition == 0 }
        #expect(own.map(\.offset) == (90..<100).map(Offset.init))
        #expect(member.records.count == 110)
        try await member.close(bell)
    }

    @Test("members beyond the number of partitions get an empty assignment and can leave")
    func emptyAssignment() async throws {
        let cluster = try MockCluster(brokers: 1, logger: .silent)
        let bell = Bell()
        try cluster.createTopic("orders", partitions: 1)
        let members = try (0..<2).map { _ in try Member(cluster.properties(), topics: ["orders"], bell: bell) }
        try await bell.turns {
            for member in members { try member.turn() }
            // One that had to wait for its thread longer than a session joins again.
            return members.allSatisfy { $0.assignments > 0 } && members.map(\.partitions.count).sorted() == [0, 1]
        }
        for member in members { try await member.close(bell) }
    }

    @Test("the commit gate is closed from the wish to join")
    func closedGate() async throws {
        let cluster = try MockCluster(brokers: 1, logger: .silent)
        let bell = Bell()
        try cluster.createTopic("orders", partitions: 1)
        // One a second: none is taken while the test lasts, so the gate cannot have opened again when it is looked at.
        cluster.refuse(.joinGroup, with: Array(repeating: .groupAuthorizationFailed, count: 1_000))
        let member = try Member(cluster.properties(), topics: ["orders"], bell: bell)
        try await bell.turns {
            try member.turn()
            return member.errors.contains { $0.code == .groupAuthorizationFailed }
        }
        let isClosed = member.consumer?.isCommitGateClosed
        #expect(isClosed == true)
        try await member.close(bell)
    }

    @Test("the commit gate is open again when the assignment is there")
    func openGate() async throws {
        let cluster = try MockCluster(brokers: 1, logger: .silent)
        let bell = Bell()
        try cluster.createTopic("orders", partitions: 1)
        var properties = try cluster.properties()
        try properties.set("statistics.interval.ms", to: "50")
        let member = try Member(properties, topics: ["orders"], bell: bell)
        try await bell.turns {
            try member.turn()
            return !member.partitions.isEmpty && !member.statistics.isEmpty
        }
        let isClosed = member.consumer?.isCommitGateClosed
        #expect(isClosed == false)
        #expect(member.statistics.first?.hasPrefix("{") == true)
        try await member.close(bell)
    }

    @Test("a consumer without a group is refused")
    func noGroup() throws {
        let error = #expect(throws: KafkaError.self) {
            _ = try Consumer(Properties(), topics: ["orders"], logger: .silent) {}
        }
        #expect(error?.reason.contains("group.id") == true)
    }

    private func untilAssigned(_ member: Member, _ bell: Bell) async throws {
        try await bell.turns {
            try member.turn()
            return !member.partitions.isEmpty
        }
    }
}
