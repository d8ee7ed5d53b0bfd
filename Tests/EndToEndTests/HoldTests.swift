import FakeWeChat
import Testing

extension EndToEnd {
    @Suite("Holds") struct HoldTests {
        @Test("a hold ends by its own probe once its cause is mended, and not one request has failed")
        func mended() async throws {
            async let environment: Void = Self.misconfiguration()
            async let quota: Void = Self.quota()
            async let application: Void = Self.application()
            _ = try await (environment, quota, application)
        }

        /// The environment is suspended, and comes back.
        private static func misconfiguration() async throws {
            let refused = Scenario.plain {
                $0.functions["echo"] = FunctionScenario(errors: [ErrorShare(Fault(.errcode(-501_005)), share: 1)])
            }
            try await relaysAfterMending("misconfiguration", scope: "env", RelaySettings(), scenario: refused) { fake in
                try await fake.changeScenario { $0.functions["echo"] = FunctionScenario() }
            }
        }

        /// The day's calls are used up, and more are bought.
        private static func quota() async throws {
            let used = Scenario.plain { $0.quota.perDay = 0 }
            try await relaysAfterMending("quota", scope: "app", RelaySettings(), scenario: used) { fake in
                try await fake.changeScenario { $0.quota.perDay = 1_000 }
            }
        }

        /// Another app was configured at WeChat: the token endpoint says 40013.
        private static func application() async throws {
            let other = Scenario.plain { $0.app.id = "wxffffffffffffffff" }
            try await relaysAfterMending("misconfiguration", scope: "app", RelaySettings(), scenario: other) { fake in
                try await fake.changeScenario { $0.app.id = "wx0123456789abcdef" }
            }
        }

        private static func relaysAfterMending(
            _ cause: String,
            scope: String,
            _ settings: RelaySettings,
            scenario: Scenario,
            mend: (FakeWeChatServer) async throws -> Void
        ) async throws {
            try await RelayBench.run(settings, scenario: scenario) { bench in
                try await bench.send((1...30).map { Request("\($0)", headers: [("correlation-id", "\($0)")]) })
                let hold = try await bench.relay.opensHold(cause)
                #expect(hold["scope"] == scope)
                try await mend(bench.fake)
                let replies = try await bench.replies(30)
                #expect(replies.count { $0.isOK } == 30)
                #expect(Set(replies.map(\.id)).count == 30)
                try await bench.everythingCommitted()
                #expect(try await bench.recordsNow().count == 30)
                let relay = try bench.relay
                // One event for the hold, not one for each request.
                #expect(try relay.holdsOpened == 1)
                try await relay.logs("the hold is closed") {
                    $0.message.hasPrefix("hold closed") && $0["cause"] == cause
                }
            }
        }

        @Test("HTTP 429 holds for as long as it says, then all goes on")
        func throttled() async throws {
            try await RelayBench.run { bench in
                let requests = (1...20).map { number in
                    Request.directed("\(number)", number == 1 ? ["http 429", "0"] : [], more: #""retry-after":1"#)
                }
                try await bench.send(requests)
                let replies = try await bench.replies(20)
                #expect(replies.count { $0.isOK } == 20)
                let hold = try await bench.relay.opensHold("throttled")
                #expect(hold["code"] == "HTTP 429")
                #expect(replies.first { $0.id == "1" }?["wxrelay-attempts"] == "2")
            }
        }

        @Test("a full minute's quota opens one hold that ends with the minute, and nothing fails for it")
        func minute() async throws {
            let scenario = Scenario.plain { $0.quota.perMinute = 5 }
            try await RelayBench.run(RelaySettings(), scenario: scenario) { bench in
                try await bench.send((1...40).map { Request("\($0)") })
                let hold = try await bench.relay.opensHold("throttled")
                #expect(hold["code"] == "45011")
                let window = try #require(hold["next-probe-ms"].flatMap { Int($0) })
                // To the next full minute and up to two seconds more.
                #expect((0...62_000).contains(window))
                let replies = try await bench.replies(5)
                // Another five, if a minute began meanwhile.
                #expect((5...10).contains(replies.count))
                #expect(replies.allSatisfy { $0.isOK })
            }
        }

        @Test("a stop under a hold leaves with 75, and the next process answers what was held")
        func stopped() async throws {
            var settings = RelaySettings()
            settings.root["stop"] = "{drain: 1s}"
            try await RelayBench.run(settings, scenario: .plain { $0.quota.perDay = 0 }) { bench in
                try await bench.send((1...20).map { Request("\($0)", headers: [("correlation-id", "\($0)")]) })
                try await bench.relay.opensHold("quota")
                #expect(try await bench.relay.stop() == .exit(75))
                #expect(try await bench.recordsNow().isEmpty)
                try await bench.fake.changeScenario { $0.quota.perDay = 1_000 }
                try bench.start()
                let replies = try await bench.replies(20)
                #expect(replies.count { $0.isOK } == 20)
                #expect(Set(replies.map(\.id)).count == 20)
                try await bench.everythingCommitted()
            }
        }

        @Test("a hold of one function leaves the other functions of its pipeline alone")
        func scope() async throws {
            let scenario = Scenario.plain {
                $0.functions["echo"] = FunctionScenario(errors: [ErrorShare(Fault(.errcode(-501_009)), share: 1)])
            }
            let settings = RelaySettings(pipeline: ["allow": "{functions: [directed]}"])
            try await RelayBench.run(settings, scenario: scenario) { bench in
                try await bench.send((1...4).map { Request("held \($0)") })
                let hold = try await bench.relay.opensHold("misconfiguration")
                #expect(hold["scope"] == "function")
                #expect(hold["name"] == "demo-env/echo")
                try await bench.send(
                    (1...10).map { .directed("\($0)", headers: [("wxrelay-function", "directed")]) }
                )
                let replies = try await bench.replies(10)
                #expect(replies.count { $0.isOK } == 10)
                #expect(try await bench.recordsNow().count == 10)
            }
        }
    }
}
