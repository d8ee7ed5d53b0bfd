import NIOCore
import RelayCore
import Testing
import WeChatClient

/// A session is a ring of objects that must be broken: each one that is not leaks.
@Suite("TLS sessions go with their connections", .timeLimit(.minutes(10)))
struct TLSSessionTests {
    private static let rounds = 5

    /// Counts what is left of a client whose connection has come to its end.
    private func sessions(of client: TestClient, in watch: SessionWatch) async throws -> (seen: Int, alive: Int) {
        // The peer's end may be heard of a little later.
        while try await client.with({ $0.client.counts.connectionsOpen + $0.client.counts.connectionsOpening }) > 0 {
            await Task.yield()
        }
        watch.stop()
        return try await watch.counts
    }

    @Test(
        "closed by the server, with TLS's goodbye, without it, or by a reset; or by the client",
        arguments: [[.close], [.cut], [.reset], []] as [[ScriptedServer.Step]]
    )
    func closed(ending: [ScriptedServer.Step]) async throws {
        let server = try await ScriptedServer.start(tls: HTTPClientTLSTests.server()) { _ in
            [.send(answer("ok"))] + ending
        }
        let tls = try TLSSettings(caFile: HTTPClientTLSTests.fixture("ca.pem"))
        for _ in 0..<Self.rounds {
            let client = try await TestClient.start("https://localhost:\(server.port)", tls: tls)
            let watch = try await SessionWatch.start(on: client)
            #expect(try await client.outcome() == .answered(200, body: "ok"))
            if ending.isEmpty { try await client.with { $0.client.shutDown() } }
            #expect(try await sessions(of: client, in: watch) == (seen: 1, alive: 0))
        }
        try await server.stop()
    }

    @Test("the server cuts an answer short")
    func cutShort() async throws {
        let server = try await ScriptedServer.start(tls: HTTPClientTLSTests.server()) { _ in
            [.send("HTTP/1.1 200 OK\r\n\r\nhalf of"), .cut]
        }
        let tls = try TLSSettings(caFile: HTTPClientTLSTests.fixture("ca.pem"))
        for _ in 0..<Self.rounds {
            let client = try await TestClient.start("https://localhost:\(server.port)", tls: tls)
            let watch = try await SessionWatch.start(on: client)
            #expect(try await client.outcome() == .failed(.shortAnswer))
            #expect(try await sessions(of: client, in: watch) == (seen: 1, alive: 0))
        }
        try await server.stop()
    }

    @Test("the certificate is refused")
    func certificateRefused() async throws {
        let server = try await ScriptedServer.start(tls: HTTPClientTLSTests.server()) { _ in [] }
        let tls = try TLSSettings()
        for _ in 0..<Self.rounds {
            let client = try await TestClient.start("https://localhost:\(server.port)", tls: tls)
            let watch = try await SessionWatch.start(on: client)
            #expect(try await client.outcome() == .failed(.certificateRefused))
            #expect(try await sessions(of: client, in: watch) == (seen: 1, alive: 0))
        }
        try await server.stop()
    }

    @Test(
        "the server speaks no TLS, or hangs up on it, or resets",
        arguments: ["HTTP/1.1 400 Bad Request\r\n\r\n", "", nil]
    )
    func handshakeFailed(words: String?) async throws {
        let (tls, listener) = (try TLSSettings(), try RawListener())
        for _ in 0..<Self.rounds {
            let client = try await TestClient.start("https://127.0.0.1:\(listener.port)", tls: tls)
            let watch = try await SessionWatch.start(on: client)
            let outcome = client.send()
            let peer = try listener.accept()
            // A reset before would end the opening of TCP.
            while try await watch.counts.seen == 0 { await Task.yield() }
            if let words {
                try peer.send(words)
                peer.close()
            } else {
                peer.reset()
            }
            #expect(try await outcome.get() == .failed(.tls))
            #expect(try await sessions(of: client, in: watch) == (seen: 1, alive: 0))
        }
        listener.close()
    }

    @Test("the server never ends the handshake")
    func handshakeTimeout() async throws {
        let server = try await ScriptedServer.start { _ in [] }
        // A machine that is slow may take longer than that to come as far as the handshake.
        var (connectTimeout, rounds): (Duration, Int) = (.milliseconds(40), 0)
        while rounds < Self.rounds {
            let client = try await TestClient.start("https://127.0.0.1:\(server.port)", tls: try TLSSettings()) {
                [connectTimeout] in $0.connectTimeout = connectTimeout
            }
            let watch = try await SessionWatch.start(on: client)
            #expect(try await client.outcome() == .failed(.connectTimeout))
            let (seen, alive) = try await sessions(of: client, in: watch)
            #expect(alive == 0 && seen <= 1)
            rounds += seen
            if seen == 0 {
                connectTimeout *= 2
                try #require(connectTimeout < .seconds(60))
            }
        }
        try await server.stop()
    }
}
