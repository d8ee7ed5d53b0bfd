import FakeWeChat
import Foundation
import Testing

extension EndToEnd.Accidents {
    @Suite("Membership") struct MembershipTests {
        /// The shortest session that the configuration takes with calls of this length, and quick joins.
        private static func settings(call seconds: Int) -> RelaySettings {
            RelaySettings(
                root: ["rebalance": "{drain: \(seconds + 2)s}"],
                kafka: ["session.timeout.ms": "\((seconds + 2) * 2_000)", "heartbeat.interval.ms": "100"],
                app: ["timeouts": "{request: \(seconds)s}"]
            )
        }

        /// Calls are under way whenever the group changes: the broker was seen to leave a join unanswered when another
        /// member let go within microseconds. The second process calls another function, so that its calls are known.
        ///
        /// Partitions may be lost instead of revoked: this broker answers a commit that comes between the change and the
        /// next heartbeat with ILLEGAL_GENERATION, which librdkafka takes for a loss. Apache Kafka accepts such a commit.
        @Test("a second process joins under load and leaves again, and nothing is lost")
        func secondProcess() async throws {
            let count = 5_000
            let settings = Self.settings(call: 3)
            var others = settings
            others.pipeline["function"] = "other"
            let slow = FunctionScenario(latency: .uniform(.milliseconds(50), .milliseconds(200)))
            let scenario = Scenario.plain { $0.functions = ["echo": slow, "other": slow] }
            try await RelayBench.run(settings, scenario: scenario, partitions: 4, isRecorded: true) { bench in
                try await bench.send(Request.numbered(count))
                try await bench.callsReach(500)
                let first = try bench.relay
                let second = try bench.start(others)
                _ = try await eventually("each process has half of the partitions") {
                    try first.partitionsHeld == 2 && second.partitionsHeld == 2 ? true : nil
                }
                try await bench.callsReach(500, of: "other")
                #expect(try await second.stop() == .exit(0))
                _ = try await eventually("the first process has all partitions again") {
                    try first.partitionsHeld == 4 ? true : nil
                }
                try await bench.everythingCommitted(within: .seconds(180))
                #expect(try await first.stop() == .exit(0))

                let replies = try await bench.allReplies()
                #expect(replies.ids.count == count)
                #expect(replies.allSatisfy { $0.isOK })
                let repeated = try await bench.repeatedCalls()
                #expect(replies.repeatedIDs.isSubset(of: repeated))
                #expect(try first.stalls + second.stalls == [])
                let calls = try await bench.fake.statistics().functions.mapValues(\.calls)
                print(
                    "a second process: \(count) ids, calls \(calls), \(repeated.count) ids called more than once,"
                        + " \(replies.repeatedIDs.count) answered so, partitions lost \(try first.losses + second.losses) times"
                )
            }
        }

        @Test("a relay that has nothing to do for longer than max.poll.interval.ms is still a member")
        func idle() async throws {
            var settings = Self.settings(call: 1)
            settings.kafka["max.poll.interval.ms"] = "6000"
            try await RelayBench.run(settings, isRecorded: true) { bench in
                try await bench.send(Request.numbered(1))
                _ = try await bench.replies(1)
                // That nothing happens for so long is what the test is about.
                try await Task.sleep(for: .seconds(10))
                try await bench.send(Array(Request.numbered(2)[1...]))
                #expect(try await bench.replies(2).ids == ["0", "1"])
                let log = try bench.relay.log
                #expect(log.count { $0.message == "partitions assigned" } == 1)
                #expect(log.filter { $0.level != "info" && $0.level != "notice" }.map(\.description) == [])
                #expect(try await bench.relay.stop() == .exit(0))
            }
        }

        /// With `instance-id`: the broker never evicts the member that its client gives up, and a dynamic one that comes
        /// anew would wait for it without end. So this shows the doubt, the loss that the client itself declares (the
        /// broker may even fence it, which ends the consumer), and the way back; not that others took over meanwhile.
        @Test("a relay that stood still for longer than its session asks the group first, and loses nothing")
        func stoodStill() async throws {
            let count = 1_500
            var settings = Self.settings(call: 1)
            settings.root["instance-id"] = "relay"
            settings.pipeline["in-flight"] = "{max: 16}"
            let scenario = Scenario.slow(.fixed(.milliseconds(50)))
            try await RelayBench.run(settings, scenario: scenario, isRecorded: true) { bench in
                let places = try await bench.send(Request.numbered(count))
                try await bench.callsReach(600)
                let committed = try await bench.committed()
                let relay = try bench.relay
                relay.child.send(SIGSTOP)
                // Longer than the session.
                try await Task.sleep(for: .seconds(8))
                relay.child.send(SIGCONT)
                try await relay.logs("that it stood still") { $0.message.hasPrefix("the process stood still") }
                try await bench.everythingCommitted(within: .seconds(120))
                let replies = try await bench.allReplies()
                #expect(replies.ids.count == count)
                #expect(replies.allSatisfy { $0.isOK })
                let repeated = try await bench.repeatedCalls()
                #expect(repeated.below(committed, places) == [])
                #expect(replies.repeatedIDs.isSubset(of: repeated))
                #expect(try await relay.stop() == .exit(0))
                #expect(try relay.stalls == [])
                print(
                    "stood still: \(count) ids, partitions lost \(try relay.losses) times, \(repeated.count) ids called more"
                        + " than once, \(replies.repeatedIDs.count) answered so"
                )
            }
        }
    }
}
