import Testing

extension EndToEnd {
    @Suite("Round trip") struct RoundTripTests {
        @Test("a request comes back as a reply with the function's bytes")
        func one() async throws {
            try await RelayBench.run { bench in
                try await bench.send([.directed("a")])
                let replies = try await bench.replies(1)
                #expect(replies.map(\.id) == ["a"])
                #expect(replies.first?.isOK == true)
                try await bench.everythingCommitted()
                let relay = try bench.relay
                #expect(try await relay.stop() == .exit(0))
            }
        }
    }
}
