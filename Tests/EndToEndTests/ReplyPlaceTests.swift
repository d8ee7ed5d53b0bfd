import FakeWeChat
import Testing

extension EndToEnd {
    @Suite("Replies that cannot be written") struct ReplyPlaceTests {
        /// librdkafka refuses 1,000,000 bytes by itself; told otherwise it leaves that to the broker.
        private static let clientLimits = ["1000000", "8000000"]

        @Test("an answer too large for client or broker becomes a document with its start", arguments: clientLimits)
        func tooLarge(clientLimit: String) async throws {
            let large = ScriptedAnswer(.size(1_200 << 10))
            var settings = RelaySettings()
            settings.kafka["message.max.bytes"] = clientLimit
            let scenario = Scenario.plain { $0.functions["echo"] = FunctionScenario(answer: large) }
            try await RelayBench.run(settings, scenario: scenario) { bench in
                try await bench.send([Request(#"{"id":"large"}"#, headers: [("correlation-id", "large")])])
                let reply = try #require(try await bench.replies(1).first)
                let document = try reply.document
                #expect(document.text("class") == "success")
                #expect(document.reason == "reply_too_large")
                #expect(document["retryable"] == .flag(false))
                #expect(document.text("respDataStart") == String(repeating: "x", count: 4_096))
                #expect(reply["wxrelay-reply-error"] == "MSG_SIZE_TOO_LARGE: \(bench.names.replies)")
                #expect(try await bench.calls("large") == 1)
                try await bench.everythingCommitted()
            }
        }

        @Test("an answer that its topic or partition keeps out is on the pipeline's own topic, and was called for once")
        func redirected() async throws {
            let unknown = TestBroker.freshName("unknown")
            let settings = RelaySettings(pipeline: ["function": "directed", "allow": "{reply-topics: ['*']}"])
            try await RelayBench.run(settings) { bench in
                try await bench.send([
                    .directed("partition", headers: [("wxrelay-reply-partition", "99")]),
                    .directed("unknown", headers: [("reply-topic", unknown)]),
                    .directed("bad name", headers: [("reply-topic", "bad/name")]),
                    .directed("failed there", ["-504002"], headers: [("reply-topic", unknown)]),
                ])
                let replies = try await bench.replies(4)
                #expect(Set(replies.map(\.id)).count == 4)
                func reply(_ id: String) throws -> ReadRecord { try #require(replies.first { $0.id == id }) }

                let partition = try reply("partition")
                #expect(partition.isOK)
                #expect(partition["wxrelay-reply-error"] == "_UNKNOWN_PARTITION: \(bench.names.replies)/99")

                let there = try reply("unknown")
                #expect(there.isOK)
                #expect(there["wxrelay-reply-error"] == "UNKNOWN_TOPIC_OR_PART: \(unknown)")

                let bad = try reply("bad name")
                #expect(bad.isOK)
                #expect(bad["wxrelay-reply-error"] == "TOPIC_EXCEPTION: bad/name")

                let failed = try reply("failed there")
                #expect(try failed.document.reason == "permanent")
                #expect(failed["wxrelay-reply-error"] == "UNKNOWN_TOPIC_OR_PART: \(unknown)")

                for id in ["partition", "unknown", "bad name", "failed there"] {
                    #expect(try await bench.calls(id) == 1, "\(id)")
                }
                try await bench.everythingCommitted()
                // Asking for a topic must not create it.
                #expect(try await bench.broker.exists(unknown) == false)
            }
        }
    }
}
