import FakeWeChat
import Testing

extension EndToEnd {
    @Suite("Load") struct LoadTests {
        /// One call in twenty goes wrong.
        private static let mix: [ErrorShare] = [
            ErrorShare(Fault(.errcode(-1)), share: 0.02),
            ErrorShare(Fault(.errcode(-501_001)), share: 0.005),
            ErrorShare(Fault(.errcode(-504_002)), share: 0.01),
            ErrorShare(Fault(.status(500)), share: 0.005),
            ErrorShare(Fault(.status(502)), share: 0.005),
            ErrorShare(Fault(.closeAfterRequest), share: 0.003),
            ErrorShare(Fault(.closeMidAnswer), share: 0.002),
        ]

        @Test(
            "20,000 requests: each answered once and counted right, all committed; after SIGTERM nothing is called again"
        )
        func twentyThousand() async throws {
            let count = 20_000
            let scenario = Scenario.plain {
                $0.functions["echo"] = FunctionScenario(latency: .uniform(.zero, .milliseconds(4)), errors: Self.mix)
            }
            var settings = RelaySettings()
            settings.pipeline["retry"] = "{initial: 20ms}"
            // No call may time out for a machine that stood still: the counts would differ from the fake's.
            settings.app["timeouts"] = "{request: 60s}"
            settings.root["rebalance"] = "{drain: 62s}"
            settings.kafka["session.timeout.ms"] = "124000"
            try await RelayBench.run(settings, scenario: scenario, partitions: 4) { bench in
                let requests = (0..<count).map { number in
                    Request(
                        "{\"id\":\"\(number)\"}",
                        key: "\(number % 997)",
                        headers: [("correlation-id", "\(number)")]
                    )
                }
                try await bench.send(requests)
                let replies = try await bench.replies(count, within: .seconds(300))
                #expect(Set(replies.map(\.id)).count == count)
                try await check(replies, against: bench.fake)

                try await bench.everythingCommitted()
                #expect(try await bench.relay.stop() == .exit(0))
                let callsBefore = try await bench.fake.statistics().calls
                try bench.start()
                try await bench.send([Request(#"{"id":"last"}"#, headers: [("correlation-id", "last")])])
                let all = try await bench.replies(count + 1)
                // Each once, the last one too: nothing came again at any time.
                #expect(all.count == count + 1)
                #expect(Set(all.map(\.id)).count == count + 1)
                let more = try await bench.fake.statistics().calls - callsBefore
                #expect(more == Int(all.first { $0.id == "last" }?["wxrelay-attempts"] ?? ""))
                #expect(try await bench.relay.stop() == .exit(0))
            }
        }

        private func check(_ replies: [ReadRecord], against fake: FakeWeChatServer) async throws {
            let statistics = try await fake.statistics()
            let outcomes = try #require(statistics.functions["echo"]).outcomes
            let byID = try await fake.countsByID()
            var attempts = 0
            var understated: [String] = []
            var wrongStatus: [String] = []
            for reply in replies {
                attempts += Int(reply["wxrelay-attempts"] ?? "") ?? 0
                if Int(reply["wxrelay-invocations-possible"] ?? "") ?? 0 < byID[reply.id]?.ran ?? 0 {
                    understated.append(reply.id)
                }
                if reply.isOK != (byID[reply.id]?.succeeded == 1) { wrongStatus.append(reply.id) }
            }
            #expect(attempts == statistics.calls)
            #expect(understated == [])
            #expect(wrongStatus == [])
            #expect(replies.count { $0.isOK } == outcomes["0"])
            #expect(replies.count { $0["wxrelay-class"] == "function_failed" } == outcomes["-504002"])
            #expect(replies.count { !$0.isOK } == outcomes["-504002"])
            // The mix did happen, else its absence would prove nothing.
            for outcome in ["-1", "-501001", "-504002", "http 500", "http 502", "closed", "cut"] {
                #expect(outcomes[outcome] ?? 0 > 0, "\(outcome)")
            }
            #expect(statistics.tokenRequests == 1)
        }
    }
}
