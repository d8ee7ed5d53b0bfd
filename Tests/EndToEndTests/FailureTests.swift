import FakeWeChat
import Foundation
import Testing

extension EndToEnd {
    @Suite("Failures") struct FailureTests {
        @Test("a failure is a document with the members of the contract, and a dead letter with the original record")
        func documentAndDeadLetter() async throws {
            try await RelayBench.run { bench in
                var request = Request.directed("a", ["-504002"], key: "key")
                request.headers += [
                    ("own", [0, 0xFF]), ("own", Array("again".utf8)), ("empty", []), ("null", nil),
                    ("traceparent", Array("00-1-2-3".utf8)),
                ]
                let place = try #require(try await bench.send([request]).first)
                let reply = try #require(try await bench.replies(1).first)
                #expect(reply["wxrelay-status"] == "failed")
                #expect(reply["wxrelay-errcode"] == "-504002")
                #expect(reply["wxrelay-class"] == "function_failed")
                #expect(reply["content-type"] == "application/json")
                #expect(reply["traceparent"] == "00-1-2-3")
                let document = try reply.document
                #expect(
                    document.members == [
                        "app", "attempts", "class", "correlationId", "env", "errcode", "errmsg", "failedAt", "function",
                        "invocationsPossible", "reason", "receivedAt", "retryable", "rid", "source", "status",
                    ]
                )
                #expect(document.text("status") == "failed")
                #expect(document.text("correlationId") == "a")
                #expect(document.text("class") == "function_failed")
                #expect(document.reason == "permanent")
                #expect(document.errcode == -504002)
                #expect(document.text("errmsg")?.contains("the scripted function threw") == true)
                #expect(document.text("rid")?.isEmpty == false)
                #expect(document.text("app") == "main")
                #expect(document.text("env") == "demo-env")
                #expect(document.text("function") == "directed")
                #expect(document["attempts"] == .number(1))
                #expect(document["invocationsPossible"] == .number(1))
                #expect(document["retryable"] == .flag(false))
                #expect(
                    document["source"]
                        == .object([
                            "topic": .text(place.topic), "partition": .number(Int(place.partition)),
                            "offset": .number(Int(place.offset)),
                        ])
                )

                let letter = try #require(try await bench.deadLetters(1).first)
                #expect(letter.key == request.key)
                #expect(letter.value == request.value)
                let own = letter.headers.prefix(request.headers.count)
                #expect(own.map(\.name) == request.headers.map(\.name))
                #expect(own.map(\.value) == request.headers.map(\.value))
                #expect(
                    letter.headerNames.dropFirst(own.count) == [
                        "wxrelay-dlq-reason", "wxrelay-dlq-class", "wxrelay-dlq-errcode", "wxrelay-dlq-errmsg",
                        "wxrelay-dlq-rid", "wxrelay-dlq-attempts", "wxrelay-dlq-invocations-possible",
                        "wxrelay-dlq-source", "wxrelay-dlq-timestamp", "wxrelay-dlq-failed-at", "wxrelay-dlq-group",
                    ]
                )
                #expect(letter["wxrelay-dlq-reason"] == "permanent")
                #expect(letter["wxrelay-dlq-class"] == "function_failed")
                #expect(letter["wxrelay-dlq-errcode"] == "-504002")
                #expect(letter["wxrelay-dlq-rid"] == document.text("rid"))
                #expect(letter["wxrelay-dlq-attempts"] == "1")
                #expect(letter["wxrelay-dlq-source"] == place.description)
                #expect(letter["wxrelay-dlq-failed-at"] == document.text("failedAt"))
                #expect(letter["wxrelay-dlq-group"] == bench.names.group)
                try await bench.everythingCommitted()
            }
        }

        @Test("an id that is no text is given in base64, and the start of a foreign answer is kept")
        func foreign() async throws {
            let page = "<html>Welcome to the hotel's network</html>"
            var settings = RelaySettings(pipeline: ["retry": "{max-attempts: 1}"])
            settings.pipeline["function"] = "page"
            let scenario = Scenario.plain {
                $0.functions["page"] = FunctionScenario(answer: ScriptedAnswer(.raw(page), contentType: "text/html"))
            }
            try await RelayBench.run(settings, scenario: scenario) { bench in
                var request = Request("x")
                request.headers = [("correlation-id", [0xFF, 0xFE, 0x00])]
                try await bench.send([request])
                let reply = try #require(try await bench.replies(1).first)
                #expect(reply.key == [0xFF, 0xFE, 0x00])
                #expect(reply["wxrelay-errcode"] == nil)
                let document = try reply.document
                #expect(document.text("correlationIdBase64") == "//4A")
                #expect(document.text("correlationId") == nil)
                #expect(document.text("class") == "unknown_outcome")
                #expect(document.text("excerpt") == page)
                #expect(document.errcode == nil)
                #expect(document.text("rid") == nil)
            }
        }

        @Test("without a dead-letter topic the reply alone is the answer")
        func noDeadLetter() async throws {
            var settings = RelaySettings.directed
            settings.hasDeadLetters = false
            try await RelayBench.run(settings) { bench in
                try await bench.send([.directed("a", ["-504002"])])
                #expect(try await bench.replies(1).map(\.isOK) == [false])
                try await bench.everythingCommitted()
                #expect(try await bench.recordsNow().count == 1)
            }
        }

        @Test("attempts, budget and deadline end a request, each with its own reason and as often as it says")
        func limits() async throws {
            async let attempts = Self.document("{initial: 10ms, max-attempts: 3}", outcomes: ["http 502"])
            // -1 is not counted, so only the budget ends it.
            async let budget = Self.document("{initial: 200ms, max: 400ms, budget: 1s}", outcomes: ["-1"])
            async let deadline = Self.document(
                "{initial: 200ms, max: 400ms}",
                outcomes: ["-1"],
                headers: [("wxrelay-ttl", "1s")]
            )
            let ends = try await (attempts, budget, deadline)
            #expect(ends.0.reason == "attempts_exhausted")
            #expect(ends.0.text("class") == "unknown_outcome")
            #expect(ends.0["attempts"] == .number(3))
            #expect(ends.0["invocationsPossible"] == .number(3))
            #expect(ends.1.reason == "budget_exhausted")
            #expect(ends.1.text("class") == "transient")
            #expect(ends.2.reason == "deadline_exceeded")
            for end in [ends.0, ends.1, ends.2] { #expect(end["retryable"] == .flag(true)) }
        }

        private static func document(
            _ retry: String,
            outcomes: [String],
            headers: [(String, String)] = []
        ) async throws -> FailureDocument {
            var settings = RelaySettings.directed
            settings.pipeline["retry"] = retry
            return try await RelayBench.run(settings) { bench in
                try await bench.send([.directed("a", outcomes, headers: headers)])
                let document = try #require(try await bench.replies(1).first).document
                // As many calls as it says.
                #expect(document["attempts"] == .number(try await bench.calls("a")))
                return document
            }
        }

        @Test("a request past its deadline is not called, one that ends past it is late, and neither is lost")
        func deadlines() async throws {
            try await RelayBench.run { bench in
                let past = Int64(Date().timeIntervalSince1970 * 1_000) - 1_000
                try await bench.send([
                    .directed("past", headers: [("wxrelay-deadline", "\(past)")]),
                    .directed("far", headers: [("wxrelay-deadline", "2100-01-31T12:00:00Z")]),
                ])
                _ = try await bench.replies(2)
                // The relay is at work by now, so this call begins at once.
                try await bench.send([.directed("late", more: #""latency-ms":4500"#, headers: [("wxrelay-ttl", "3s")])])
                let replies = try await bench.replies(3)
                let passed = try #require(replies.first { $0.id == "past" })
                let document = try passed.document
                #expect(document.reason == "deadline_exceeded")
                #expect(document.errcode == nil)
                #expect(document["attempts"] == .number(0))
                #expect(passed["wxrelay-late"] == "true")
                #expect(try await bench.calls("past") == 0)
                let far = try #require(replies.first { $0.id == "far" })
                #expect(far.isOK)
                #expect(far["wxrelay-late"] == nil)
                let late = try #require(replies.first { $0.id == "late" })
                #expect(late.isOK)
                #expect(late["wxrelay-late"] == "true")
            }
        }

        @Test("a deadline passes during a hold as well, and is answered at once")
        func deadlineUnderHold() async throws {
            try await RelayBench.run { bench in
                try await bench.send([.directed("first", ["45009"])])
                try await bench.relay.opensHold("quota")
                try await bench.send([.directed("second", headers: [("wxrelay-ttl", "1s")])])
                let replies = try await bench.replies(1)
                #expect(replies.map(\.id) == ["second"])
                #expect(try replies[0].document.reason == "deadline_exceeded")
                #expect(try await bench.calls("second") == 0)
            }
        }
    }
}
