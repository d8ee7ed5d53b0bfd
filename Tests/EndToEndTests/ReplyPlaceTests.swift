import FakeWeChat
import Testing

extension EndToEnd {
    @Suite("Replies that cannot be written") struct ReplyPlaceTests {
        @Test("an answer that its topic, partition or size keeps out is found where the contract says, called once")
        func redirected() async throws {
            let unknown = TestBroker.freshName("unknown")
            let settings = RelaySettings(pipeline: [
                "function": "directed", "allow": "{reply-topics: ['*'], functions: [large]}",
            ])
            let scenario = Scenario.plain {
                $0.functions["large"] = FunctionScenario(answer: ScriptedAnswer(.size(1_200 << 10)))
            }
            try await RelayBench.run(settings, scenario: scenario) { bench in
                try await bench.send([
                    .directed("partition", headers: [("wxrelay-reply-partition", "99")]),
                    .directed("unknown", headers: [("reply-topic", unknown)]),
                    .directed("bad name", headers: [("reply-topic", "bad/name")]),
                    .directed("failed there", ["-504002"], headers: [("reply-topic", unknown)]),
                    Request(#"{"id":"large"}"#, headers: [("correlation-id", "large"), ("wxrelay-function", "large")]),
                ])
                let replies = try await bench.replies(5)
                #expect(Set(replies.map(\.id)).count == 5)
                func reply(_ id: String) throws -> ReadRecord { try #require(replies.first { $0.id == id }) }

                let partition = try reply("partition")
                #expect(partition.isOK)
                #expect(partition["wxrelay-reply-error"] == "_UNKNOWN_PARTITION: \(bench.names.replies)/99")

                let there = try reply("unknown")
                #expect(there.isOK)
                #expect(there["wxrelay-reply-error"] == "UNKNOWN_TOPIC_OR_PART: \(unknown)")

                // No topic can have that name, so the record is refused before a call.
                let bad = try reply("bad name").document
                #expect(bad.reason == "invalid_request")
                #expect(bad["attempts"] == .number(0))

                let failed = try reply("failed there")
                #expect(try failed.document.reason == "permanent")
                #expect(failed["wxrelay-reply-error"] == "UNKNOWN_TOPIC_OR_PART: \(unknown)")

                let large = try reply("large")
                let document = try large.document
                #expect(document.text("class") == "success")
                #expect(document.reason == "reply_too_large")
                #expect(document["retryable"] == .flag(false))
                #expect(document.text("respDataStart") == String(repeating: "x", count: 4_096))
                #expect(large["wxrelay-reply-error"]?.hasSuffix(": \(bench.names.replies)") == true)

                for id in ["partition", "unknown", "failed there", "large"] {
                    #expect(try await bench.calls(id) == 1, "\(id)")
                }
                try await bench.everythingCommitted()
                // Asking for a topic must not create it.
                #expect(try await bench.broker.exists(unknown) == false)
            }
        }
    }
}
