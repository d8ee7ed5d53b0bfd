import FakeWeChat
import Foundation
import Testing

extension EndToEnd.Accidents {
    @Suite("SIGTERM") struct TerminationTests {
        @Test("under load the relay ends with 0, and after a restart nothing is called or answered twice")
        func underLoad() async throws {
            let count = 6_000
            let scenario = Scenario.slow(.uniform(.milliseconds(10), .milliseconds(30)))
            try await RelayBench.run(RelaySettings(), scenario: scenario, partitions: 4, isRecorded: true) { bench in
                try await bench.send(Request.numbered(count))
                try await bench.callsReach(1_500)
                #expect(try await bench.relay.stop() == .exit(0))
                let called = try await bench.fake.statistics().calls
                #expect(called < count)
                // All that was begun is committed, and nothing else.
                #expect(try await bench.committedCount() == called)
                #expect(try await bench.allReplies().count == called)

                try bench.start()
                try await bench.everythingCommitted()
                #expect(try await bench.relay.stop() == .exit(0))
                let replies = try await bench.allReplies()
                #expect(replies.count == count)
                #expect(replies.ids.count == count)
                #expect(try await bench.fake.statistics().calls == count)
                #expect(try await bench.repeatedCalls() == [])
                #expect(try bench.relay.stalls == [])
            }
        }

        @Test("a function slower than stop.drain is cut: 75, and the restarted relay answers")
        func slowerThanDrain() async throws {
            var settings = RelaySettings()
            settings.root["stop"] = "{drain: 1s}"
            try await RelayBench.run(settings, scenario: .slow(.fixed(.seconds(6))), isRecorded: true) { bench in
                try await bench.send(Request.numbered(5))
                try await bench.callsReach(5)
                #expect(try await bench.relay.stop() == .exit(75))
                try await bench.relay.logs("that not all was finished") {
                    $0.message == "stopped" && $0["clean"] == "false"
                }
                #expect(try await bench.committedCount() == 0)

                try await bench.fake.changeScenario { $0.functions["echo"]?.latency = .fixed(.zero) }
                try bench.start()
                try await bench.everythingCommitted()
                let replies = try await bench.allReplies()
                #expect(replies.count == 5)
                #expect(replies.ids.count == 5)
                #expect(try await bench.fake.countsByID().values.allSatisfy { $0.calls == 2 })
                #expect(try await bench.relay.stop() == .exit(0))
            }
        }

        @Test("a second SIGTERM ends the relay at once")
        func twice() async throws {
            try await RelayBench.run(scenario: .plain, isRecorded: true) { bench in
                try await bench.send([.directed("a", ["hang"])])
                try await bench.callsReach(1)
                let relay = try bench.relay
                relay.child.send(SIGTERM)
                try await relay.logs("that it stops") { $0.message == "stopping" }
                #expect(try await relay.stop() == .exit(75))
                // An orderly end would have said so.
                #expect(try relay.log.last?.message == "stopping")
                #expect(try await bench.allReplies().isEmpty)
            }
        }
    }
}
