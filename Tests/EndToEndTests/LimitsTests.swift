import FakeWeChat
import Testing

extension EndToEnd {
    @Suite("Limits") struct LimitsTests {
        private static let slow = Scenario.plain {
            $0.functions["echo"] = FunctionScenario(latency: .fixed(.milliseconds(40)))
        }

        private static func requests(_ count: Int) -> [Request] {
            (1...count).map { Request("{\"id\":\"\($0)\"}", key: "\($0)") }
        }

        @Test("calls under way are limited for the app, two pipelines together")
        func inFlight() async throws {
            var settings = RelaySettings()
            settings.app["limits"] = "{in-flight: 3}"
            let other = TestBroker.freshName("others")
            let group = TestBroker.freshName("replies")
            settings.pipelines["other"] =
                "{app: main, env: demo-env, function: echo, request: {topic: \(other)}, reply: {topic: \(group)}}"
            try await RelayBench.run(settings, scenario: Self.slow, alsoReading: [other, group]) { bench in
                let writer = try bench.broker.writer()
                try await writer.write(Self.requests(20), to: other)
                try await bench.send(Self.requests(20))
                _ = try await bench.replies(20)
                _ = try await bench.records(in: group, 20)
                #expect(try await bench.fake.statistics().highestConcurrency == 3)
            }
        }

        @Test("two members of a group keep to one limit together, by the shares of their partitions")
        func group() async throws {
            var settings = RelaySettings()
            settings.app["limits"] = "{in-flight: 4}"
            try await RelayBench.run(settings, scenario: Self.slow, partitions: 4, startsRelay: false) { bench in
                try bench.start()
                let second = try bench.start()
                try await second.logs("its partitions") { $0.message == "partitions assigned" }
                try await bench.send(Self.requests(80))
                _ = try await bench.replies(80)
                #expect(try await bench.fake.statistics().highestConcurrency == 4)
            }
        }
    }
}
