import FakeWeChat
import Testing

extension EndToEnd.Accidents {
    @Suite("WeChat away") struct WeChatAbsenceTests {
        @Test("WeChat is away for a minute under load, and not one request fails for it")
        func oneMinute() async throws {
            let count = 3_000
            let scenario = Scenario.slow(.uniform(.milliseconds(5), .milliseconds(20)))
            try await RelayBench.run(RelaySettings(), scenario: scenario, isRecorded: true) { bench in
                let requests = Request.numbered(count)
                try await bench.send(Array(requests[..<2_000]))
                try await bench.callsReach(500)
                try await bench.fake.goAway()
                let relay = try bench.relay
                try await relay.opensHold("outage")
                try await bench.send(Array(requests[2_000...]))
                // How long it is away is what the test is about, not a wait for something.
                try await Task.sleep(for: .seconds(60))
                let called = try await bench.fake.statistics().calls
                #expect(called < count)
                try await bench.fake.comeBack()

                try await bench.everythingCommitted(within: .seconds(180))
                let replies = try await bench.allReplies()
                #expect(replies.count == count)
                #expect(replies.ids.count == count)
                #expect(replies.allSatisfy { $0.isOK })
                try await relay.logs("that the hold is closed") {
                    $0.message.hasPrefix("hold closed") && $0["cause"] == "outage"
                }
                #expect(try await relay.stop() == .exit(0))
                #expect(try relay.stalls == [])

                // Those under way, the ten that opened the hold, and a probe now and then: a minute without a hold would
                // make thousands.
                let attempts = replies.reduce(0) { $0 + (Int($1["wxrelay-attempts"] ?? "") ?? 0) }
                #expect(attempts - count < 200)
                let counts = try await bench.fake.countsByID()
                let understated = replies.filter {
                    Int($0["wxrelay-invocations-possible"] ?? "") ?? 0 < counts[$0.id]?.ran ?? 0
                }
                #expect(understated.map(\.id) == [])
                print(
                    "WeChat away: \(count) ids, \(called) called before, \(attempts - count) attempts too many,"
                        + " \(try relay.holdsOpened) holds"
                )
            }
        }

        @Test("a token that expires while the token endpoint is away holds the app, and nothing fails for it")
        func expiredToken() async throws {
            let scenario = Scenario.plain { $0.app.tokenLifetime = .seconds(5) }
            try await RelayBench.run(RelaySettings(), scenario: scenario, isRecorded: true) { bench in
                try await bench.send(Request.numbered(1))
                _ = try await bench.replies(1)
                let away = ErrorShare(Fault(.status(503)), share: 1)
                try await bench.fake.setTokenEndpoint(Scenario.TokenEndpointScenario(errors: [away]))
                let hold = try await bench.relay.opensHold("outage")
                #expect(hold["scope"] == "app")
                try await bench.send(Array(Request.numbered(31)[1...]))
                try await bench.fake.setTokenEndpoint(Scenario.TokenEndpointScenario())
                try await bench.everythingCommitted()
                let replies = try await bench.allReplies()
                #expect(replies.count == 31)
                #expect(replies.ids.count == 31)
                #expect(replies.allSatisfy { $0.isOK })
                try await bench.relay.logs("that the hold is closed") { $0.message.hasPrefix("hold closed") }
                #expect(try await bench.relay.stop() == .exit(0))
            }
        }
    }
}
