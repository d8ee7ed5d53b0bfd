import FakeWeChat
import Testing

extension EndToEnd {
    @Suite("Whose fault it is") struct RefusalTests {
        @Test("47001 is the record's fault when its body is no JSON, and the configuration's when it is JSON")
        func notJSON() async throws {
            try await RelayBench.run(scenario: .plain { $0.jsonBodiesOnly = true }) { bench in
                try await bench.send([Request("no JSON", headers: [("correlation-id", "text")])])
                let document = try #require(try await bench.replies(1).first).document
                #expect(document.reason == "permanent")
                #expect(document.errcode == 47001)
                #expect(try bench.relay.holdsOpened == 0)
                try await bench.send([.directed("a", ["47001"]), .directed("b", ["47001"])])
                let hold = try await bench.relay.opensHold("misconfiguration")
                #expect(hold["code"] == "47001")
                #expect(try await bench.recordsNow().count { $0.place.topic == bench.names.replies } == 1)
            }
        }

        @Test("a function that is not there is the record's fault when its header named it, else the configuration's")
        func missingFunction() async throws {
            async let named: Void = RelayBench.run(
                RelaySettings(pipeline: ["allow": "{functions: ['*'], envs: ['*']}"])
            ) {
                bench in
                try await bench.send([
                    Request("x", headers: [("correlation-id", "function"), ("wxrelay-function", "nowhere")]),
                    Request("x", headers: [("correlation-id", "env"), ("wxrelay-env", "nowhere")]),
                ])
                for reply in try await bench.replies(2) {
                    let document = try reply.document
                    #expect(document.reason == "invalid_request", "\(reply)")
                    #expect(document.errcode == -501000)
                    #expect(document["attempts"] == .number(1))
                }
                #expect(try bench.relay.holdsOpened == 0)
            }
            async let configured: Void = RelayBench.run(RelaySettings(pipeline: ["function": "nowhere"])) { bench in
                try await bench.send([Request("a"), Request("b")])
                let hold = try await bench.relay.opensHold("misconfiguration")
                #expect(hold["scope"] == "function")
                #expect(try await bench.recordsNow().isEmpty)
            }
            _ = try await (named, configured)
        }

        @Test("ten different requests refused alike, with no success between, hold the function")
        func tenAlike() async throws {
            try await RelayBench.run { bench in
                try await bench.send((1...12).map { .directed("\($0)", ["-501007"]) })
                let hold = try await bench.relay.opensHold("misconfiguration")
                #expect(hold["scope"] == "function")
                let replies = try await bench.replies(9)
                #expect(replies.count == 9)
                #expect(replies.allSatisfy { !$0.isOK })
            }
        }

        @Test("a request refused alone for the configuration three times, while others succeed, fails by itself")
        func aloneAmongSuccesses() async throws {
            try await RelayBench.run { bench in
                try await bench.send([.directed("refused", ["-501005"])])
                var sent = 0
                let refused = try await eventually("the request fails") {
                    sent += 1
                    try await bench.send([.directed("good \(sent)")])
                    return try await bench.recordsNow().first {
                        $0.id == "refused" && $0.place.topic == bench.names.replies
                    }
                }
                let document = try refused.document
                #expect(document.reason == "permanent")
                #expect(document.text("class") == "permanent_config")
                #expect(document["attempts"] == .number(3))
                #expect(try bench.relay.holdsOpened == 0)
            }
        }
    }
}
