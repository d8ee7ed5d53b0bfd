import FakeWeChat
import Foundation
import Testing

extension EndToEnd.Accidents {
    /// Each with a broker of its own, which the suite's other tests are not to miss.
    @Suite("Broker away") struct BrokerAbsenceTests {
        private static let count = 4_000
        private static let settings = RelaySettings(pipeline: ["in-flight": "{max: 16}"])
        private static let scenario = Scenario.slow(.fixed(.milliseconds(20)))

        @Test("the broker stands still for ten seconds under load: every request is called once and answered once")
        func suspended() async throws {
            try await Self.withBench { bench in
                try await bench.send(Request.numbered(Self.count))
                try await bench.callsReach(600)
                bench.broker.suspend()
                // How long it is away is what the test is about, not a wait for something.
                try await Task.sleep(for: .seconds(10))
                bench.broker.resume()
                try await bench.everythingCommitted(within: .seconds(180))
                let replies = try await bench.allReplies()
                #expect(replies.count == Self.count)
                #expect(replies.ids.count == Self.count)
                #expect(replies.allSatisfy { $0.isOK })
                #expect(try await bench.fake.statistics().calls == Self.count)
                #expect(try bench.relay.holdsOpened == 0)
                #expect(try await bench.relay.stop() == .exit(0))
                #expect(try bench.relay.stalls == [])
            }
        }

        @Test("the broker is restarted after ten seconds under load: nothing is lost, nothing committed is repeated")
        func restarted() async throws {
            try await Self.withBench { bench in
                let places = try await bench.send(Request.numbered(Self.count))
                try await bench.callsReach(600)
                let committed = try await bench.committed()
                let relay = try bench.relay
                relay.child.send(SIGSTOP)
                try await bench.broker.stop()
                relay.child.send(SIGCONT)
                try await relay.logs("that the brokers are away") {
                    $0.message.hasPrefix("the brokers cannot be reached")
                        || $0.message.hasPrefix("replies wait for the brokers")
                }
                try await Task.sleep(for: .seconds(10))
                try await bench.broker.start()
                try await bench.everythingCommitted(within: .seconds(180))
                let replies = try await bench.allReplies()
                #expect(replies.ids.count == Self.count)
                #expect(replies.allSatisfy { $0.isOK })
                let repeated = try await bench.repeatedCalls()
                #expect(repeated.below(committed, places) == [])

                // Either may happen: what the broker forgets over a restart is its own affair.
                let log = try relay.log
                let deaths = log.count { $0.message.hasPrefix("the producer has died") }
                let losses = try relay.losses
                // Without either, there is nothing to be written or called again for.
                if losses == 0 { #expect(repeated.isEmpty) }
                if deaths == 0 { #expect(replies.repeatedIDs.isSubset(of: repeated)) }
                #expect(try await relay.stop() == .exit(0))
                #expect(try relay.stalls == [])
                print(
                    "broker restarted: \(Self.count) ids, \(deaths) producers replaced, partitions lost \(losses) times,"
                        + " \(repeated.count) ids called more than once, \(replies.repeatedIDs.count) answered so"
                )
            }
        }

        @Test("a relay that is started while the broker is down waits for it, and can be stopped while it waits")
        func startedBefore() async throws {
            try await Self.withBench(startsRelay: false) { bench in
                try await bench.send(Request.numbered(50))
                try await bench.broker.stop()
                let relays = [try bench.start(), try bench.start()]
                for relay in relays {
                    try await relay.logs("that it waits") { $0.message.hasPrefix("waiting: the brokers do not answer") }
                }
                #expect(try await relays[0].stop() == .exit(0))
                try await bench.broker.start()
                try await bench.everythingCommitted()
                let replies = try await bench.allReplies()
                #expect(replies.count == 50)
                #expect(replies.ids.count == 50)
                #expect(try await bench.fake.statistics().calls == 50)
                #expect(try await relays[1].stop() == .exit(0))
            }
        }

        private static func withBench(
            startsRelay: Bool = true,
            _ body: (RelayBench) async throws -> Void
        ) async throws {
            try await TestBroker.withBroker { broker in
                try await RelayBench.run(
                    settings,
                    scenario: scenario,
                    broker: broker,
                    startsRelay: startsRelay,
                    isRecorded: true,
                    body
                )
            }
        }
    }
}
