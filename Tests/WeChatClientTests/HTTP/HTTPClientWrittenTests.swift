import NIOCore
import RelayCore
import Testing
import WeChatClient

/// *Written* = the first byte was handed to the socket: before that a request is repeated, after that never.
@Suite("HTTP client, written or not", .timeLimit(.minutes(10)))
struct HTTPClientWrittenTests {
    enum Ending: CaseIterable, Sendable { case goodbye, reset, strayBytes }

    @Test("a keep-alive connection that ended unnoticed while it rested is not written to", arguments: Ending.allCases)
    func restedConnection(ending: Ending) async throws {
        let listener = try RawListener()
        let client = try await TestClient.start("http://127.0.0.1:\(listener.port)") { $0.restBeforeLook = .zero }
        let first = client.send("", method: .get)
        let peer = try listener.accept()
        _ = try peer.receiveHead()
        try peer.send(answer("first"))
        #expect(try await first.get() == .answered(200, body: "first"))

        // In one turn of the loop: it cannot notice by itself.
        let second = try await client.with { core in
            switch ending {
            case .goodbye: peer.close()
            case .reset: peer.reset()
            case .strayBytes: try peer.send("x")
            }
            return core.send("", target: "/second", method: .get, pieces: 1)
        }
        let other = try listener.accept()
        #expect(try other.receiveHead().hasPrefix("GET /second "))
        try other.send(answer("second"))
        #expect(try await second.get() == .answered(200, body: "second"))
        #expect(try await client.counts.connectionsEstablished == 2)
        try await client.with { $0.client.shutDown() }
        listener.close()
    }

    @Test("a write that fails with its first byte is repeated on another connection")
    func failedWrite() async throws {
        let listener = try RawListener()
        let client = try await TestClient.start("http://127.0.0.1:\(listener.port)") {
            $0.restBeforeLook = .seconds(3_600)
        }
        let second = client.loop.makePromise(of: Outcome.self)
        let first = client.send("", target: "/first", method: .get)
        // Behind it the request is handed to the loop's next turn.
        _ = try await client.counts
        try await client.with { core in
            let peer = try listener.accept()
            // The answer lies ready, and the reset comes at the moment in which it is told. Nobody looks.
            try peer.send(answer("first"))
            first.assumeIsolated().whenSuccess { _ in
                peer.reset()
                core.send("", target: "/second", method: .get, pieces: 1).cascade(to: second)
            }
        }
        let other = try listener.accept()
        #expect(try other.receiveHead().hasPrefix("GET /second "))
        try other.send(answer("second"))
        #expect(try await second.futureResult.get() == .answered(200, body: "second"))
        try await client.with { $0.client.shutDown() }
        listener.close()
    }

    @Test("a request that the kernel took counts as written, even when the peer had said goodbye")
    func takenByTheKernel() async throws {
        let listener = try RawListener()
        let client = try await TestClient.start("http://127.0.0.1:\(listener.port)") {
            $0.restBeforeLook = .seconds(3_600)
        }
        let second = client.loop.makePromise(of: Outcome.self)
        let first = client.send("", target: "/first", method: .get)
        // Behind it the request is handed to the loop's next turn.
        _ = try await client.counts
        try await client.with { core in
            let peer = try listener.accept()
            try peer.send(answer("first"))
            first.assumeIsolated().whenSuccess { _ in
                // What lies unread would make the goodbye a reset.
                #expect(throws: Never.self) { try peer.receiveHead() }
                peer.close()
                core.send("", target: "/second", method: .get, pieces: 1).cascade(to: second)
            }
        }
        #expect(try await second.futureResult.get() == .failed(.resetAfterWrite))
        listener.close()
    }
}
