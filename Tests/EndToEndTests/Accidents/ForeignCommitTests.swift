import FakeWeChat
import Kafka
import Testing

extension EndToEnd.Accidents {
    @Suite("Metadata of others") struct ForeignCommitTests {
        @Test("metadata that is not the relay's is not used, said once, and every record there may have run once more")
        func foreign() async throws {
            try await RelayBench.run(RelaySettings(), partitions: 1, startsRelay: false) { bench in
                try await bench.send(Request.unordered(below: 6))
                let place = TopicPartition(topic: bench.names.requests, partition: 0)
                let words = Array("consumer-1 was here".utf8)
                try await bench.broker.commit(
                    OffsetCommit(partition: place, offset: Offset(2), metadata: words),
                    for: bench.names.group
                )
                try bench.start()
                try await bench.everythingCommitted()
                try await bench.send([.unordered(6)])
                try await bench.everythingCommitted()
                #expect(try await bench.relay.stop() == .exit(0))

                let told = try await bench.allReplies().lastByID.mapValues { $0["wxrelay-invocations-possible"] ?? "" }
                #expect(told == ["2": "2", "3": "2", "4": "2", "5": "2", "6": "1"])
                #expect(try await bench.fake.statistics().calls == 5)
                let warnings = try bench.relay.log.filter {
                    $0.message.hasPrefix("the metadata of the committed offset is not used: it is not wxrelay's")
                }
                #expect(warnings.map { $0["partition"] } == ["\(bench.names.requests)/0"])
                #expect(warnings.map { $0["offset"] } == ["2"])
            }
        }
    }
}
