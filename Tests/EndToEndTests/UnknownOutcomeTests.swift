import FakeWeChat
import Testing

extension EndToEnd {
    @Suite("Unknown outcomes") struct UnknownOutcomeTests {
        /// What may happen to a call that WeChat has taken in.
        static let accidents = ["http 502", "cut", "close", "hang"]

        @Test("a call that may have run is made again, and the reply says how often the function may have run")
        func retried() async throws {
            try await RelayBench.run(Self.settings(maybeRan: "retry")) { bench in
                try await bench.send(Self.accidents.map { .directed($0, [$0, "0"]) })
                for reply in try await bench.replies(Self.accidents.count) {
                    #expect(reply.isOK, "\(reply)")
                    #expect(reply["wxrelay-attempts"] == "2", "\(reply)")
                    #expect(reply["wxrelay-invocations-possible"] == "2", "\(reply)")
                }
                for id in Self.accidents { #expect(try await bench.fake.countsByID()[id]?.ran == 2, "\(id)") }
            }
        }

        @Test("with maybe-ran: fail it is answered maybe_ran after the one call")
        func failed() async throws {
            try await RelayBench.run(Self.settings(maybeRan: "fail")) { bench in
                try await bench.send(Self.accidents.map { .directed($0, [$0, "0"]) })
                for reply in try await bench.replies(Self.accidents.count) {
                    let document = try reply.document
                    #expect(document.reason == "maybe_ran", "\(reply)")
                    #expect(document.text("class") == "unknown_outcome")
                    #expect(document["retryable"] == .flag(true))
                    #expect(document["invocationsPossible"] == .number(1))
                    #expect(document.errcode == nil)
                }
                for id in Self.accidents { #expect(try await bench.calls(id) == 1, "\(id)") }
                #expect(try await bench.deadLetters(Self.accidents.count).count == Self.accidents.count)
            }
        }

        @Test("a call that cannot have run is made again with maybe-ran: fail, too")
        func notRun() async throws {
            try await RelayBench.run(Self.settings(maybeRan: "fail")) { bench in
                try await bench.send([.directed("a", ["http 408", "-501004", "0"])])
                let replies = try await bench.replies(1)
                #expect(replies.map(\.isOK) == [true])
                #expect(replies.first?["wxrelay-attempts"] == "3")
                #expect(replies.first?["wxrelay-invocations-possible"] == "1")
            }
        }

        @Test("the function's own time-out is tried twice and no more")
        func functionTimeOut() async throws {
            try await RelayBench.run(Self.settings(maybeRan: "retry")) { bench in
                try await bench.send([.directed("a", ["-504003"])])
                let document = try #require(try await bench.replies(1).first).document
                #expect(document.reason == "attempts_exhausted")
                #expect(document["attempts"] == .number(2))
                #expect(document["invocationsPossible"] == .number(2))
            }
        }

        private static func settings(maybeRan: String) -> RelaySettings {
            var settings = RelaySettings.directed
            settings.app["timeouts"] = "{request: 1s}"
            settings.pipeline["retry"] = "{initial: 10ms, maybe-ran: \(maybeRan)}"
            return settings
        }
    }
}
