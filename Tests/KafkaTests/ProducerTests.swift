import Kafka
import Testing

@Suite("Producer", .timeLimit(.minutes(10))) struct ProducerTests {
    @Test("each record taken gets one report, with its tag and place")
    func reports() async throws {
        let cluster = try MockCluster(brokers: 1, logger: .silent)
        let bell = Bell()
        try cluster.createTopic("replies", partitions: 1)
        let producer = try TestProducer(cluster.properties(), bell: bell)
        for tag in [0, 1, UInt64.max] { try producer.produce("replies", partition: 0, tag: tag) }
        #expect(producer.outstanding == 3)
        try await producer.untilEmpty()
        #expect(
            producer.reports
                == zip([0, 1, UInt64.max], 0...).map { tag, offset in
                    DeliveryReport(tag: tag, error: nil, persistence: .yes, partition: 0, offset: Offset(offset))
                }
        )
    }

    @Test("headers whose names are known beforehand arrive in order, an empty value as an empty one")
    func knownHeaders() async throws {
        let cluster = try MockCluster(brokers: 1, logger: .silent)
        let bell = Bell()
        try cluster.createTopic("replies", partitions: 1)
        let headers = HeaderList(capacity: 1)
        headers.append(name: "status", value: "ok".utf8.span.bytes)
        headers.append(name: "empty", value: RawSpan())
        headers.append(name: "none".utf8.span.bytes, value: nil)
        let producer = try TestProducer(cluster.properties(), bell: bell)
        try producer.producer?.produce(topic: "replies", key: nil, value: nil, headers: headers, tag: 0)
        try await producer.untilEmpty()
        let member = try Member(cluster.properties(), topics: ["replies"], bell: bell)
        try await bell.turns {
            try member.turn()
            return member.records.count == 1
        }
        let sent = [Header("status", Array("ok".utf8)), Header("empty", []), Header("none", nil)]
        #expect(member.records.first?.headers.list == sent)
        try await member.close(bell)
    }

    @Test("keys choose partitions as Java's partitioner does")
    func partitioner() async throws {
        let cluster = try MockCluster(brokers: 1, logger: .silent)
        let bell = Bell()
        try cluster.createTopic("replies", partitions: 1_000)
        let producer = try TestProducer(cluster.properties(), bell: bell)
        // org.apache.kafka.common.utils.UtilsTest, testMurmur2: toPositive(hash) % 1000.
        let hashes: [(String, Int32)] = [
            ("21", -973_932_308), ("foobar", -790_332_482), ("a-little-bit-long-string", -985_981_536),
        ]
        for (tag, key) in hashes.enumerated() {
            try producer.produce("replies", key: Array(key.0.utf8), tag: UInt64(tag))
        }
        try await producer.untilEmpty()
        for (tag, key) in hashes.enumerated() {
            let report = producer.reports.first { $0.tag == UInt64(tag) }
            #expect(report?.partition == (key.1 & 0x7FFF_FFFF) % 1_000)
        }
    }

    @Test("what cannot be taken is refused at once and leaves no report")
    func refused() async throws {
        let cluster = try MockCluster(brokers: 1, logger: .silent)
        let bell = Bell()
        var properties = try cluster.properties()
        try properties.set("queue.buffering.max.messages", to: "2")
        try properties.set("linger.ms", to: "100000")
        try properties.set("message.max.bytes", to: "1000")
        let producer = try TestProducer(properties, bell: bell)
        var headers = HeaderBlock()
        headers.append("name", "value")
        #expect(throws: KafkaError(code: .topicException)) { try producer.produce("replies\0x", headers: headers) }
        let tooLarge = #expect(throws: KafkaError.self) {
            try producer.produce("replies", value: Array(repeating: 0, count: 1_001), headers: headers)
        }
        #expect(tooLarge?.code == .messageTooLarge)
        try producer.produce("replies", headers: headers, tag: 1)
        try producer.produce("replies", headers: headers, tag: 2)
        let full = #expect(throws: KafkaError.self) { try producer.produce("replies", headers: headers, tag: 3) }
        #expect(full?.code == .queueFull)
        #expect(full?.isRetriable == true)
        producer.producer?.purge()
        try await producer.untilEmpty()
        #expect(Set(producer.reports.map(\.tag)) == [1, 2])
        #expect(producer.reports.allSatisfy { $0.error?.code == .purgedFromQueue && $0.persistence == .no })
    }

    @Test("after a fatal error everything comes back, and a new producer delivers it")
    func fatal() async throws {
        let cluster = try MockCluster(brokers: 1, logger: .silent)
        let bell = Bell()
        try cluster.createTopic("replies", partitions: 1)
        let producer = try TestProducer(cluster.properties(), bell: bell)
        try producer.produce("replies", tag: 1_000)
        try await producer.untilEmpty()
        cluster.refuse(.produce, with: [.outOfOrderSequence])
        // The refusal may come while this thread waits for its turn: nothing is taken from then on, nor reported.
        var untaken: [UInt64] = []
        for tag in UInt64(0)..<100 {
            do {
                try producer.produce("replies", tag: tag)
            } catch let error as KafkaError where error.isFatal {
                untaken.append(tag)
            }
        }
        try await producer.untilEmpty()
        let fatal = try #require(producer.errors.first { $0.isFatal })
        #expect(fatal.code == .outOfOrderSequence)
        let failed = producer.reports.filter { $0.error != nil }
        #expect(producer.reports.count + untaken.count == 101)
        #expect(!failed.isEmpty)
        let refused = #expect(throws: KafkaError.self) { try producer.produce("replies") }
        #expect(refused?.isFatal == true)
        producer.producer = nil
        let next = try TestProducer(cluster.properties(), bell: bell)
        for tag in failed.map(\.tag) + untaken { try next.produce("replies", tag: tag) }
        try await next.untilEmpty()
        #expect(Set(producer.delivered + next.delivered) == Set(0..<100).union([1_000]))
    }

    @Test("records wait out a broker that is away")
    func outage() async throws {
        let cluster = try MockCluster(brokers: 1, logger: .silent)
        let bell = Bell()
        try cluster.createTopic("replies", partitions: 1)
        let producer = try TestProducer(cluster.properties(), bell: bell)
        try producer.produce("replies", tag: 0)
        try await producer.untilEmpty()
        try cluster.stopBroker(1)
        try producer.produce("replies", tag: 1)
        try await bell.turns {
            producer.turn()
            return producer.errors.contains { $0.code == .allBrokersDown }
        }
        #expect(producer.errors.allSatisfy { !$0.isFatal })
        #expect(producer.reports.map(\.tag) == [0])
        // The one record, and perhaps an error that has come since.
        #expect(producer.outstanding >= 1)
        try cluster.startBroker(1)
        try await producer.untilEmpty()
        #expect(producer.delivered == [0, 1])
    }

    @Test("a topic that the broker refuses is in the report")
    func refusedTopic() async throws {
        let cluster = try MockCluster(brokers: 1, logger: .silent)
        let bell = Bell()
        cluster.setError(.topicException, ofTopic: "replies")
        let producer = try TestProducer(cluster.properties(), bell: bell)
        try producer.produce("replies", tag: 9)
        try await producer.untilEmpty()
        #expect(producer.reports.map(\.tag) == [9])
        #expect(producer.reports.first?.error?.code == .topicException)
    }
}
