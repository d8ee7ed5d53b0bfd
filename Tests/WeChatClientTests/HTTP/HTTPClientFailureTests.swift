import NIOCore
import RelayCore
import Testing
import WeChatClient

@Suite("HTTP client, what goes wrong", .timeLimit(.minutes(10)))
struct HTTPClientFailureTests {
    @Test("nobody listens: connect_refused, and the next request tries again")
    func refused() async throws {
        let client = try await TestClient.start("http://127.0.0.1:\(ScriptedServer.deadPort)")
        #expect(try await client.outcome() == .failed(.connectRefused))
        #expect(try await client.outcome() == .failed(.connectRefused))
        #expect(try await client.counts == HTTPClientCounts())
    }

    @Test("each of many requests that wait for a connection gets its own refusal")
    func refusedTogether() async throws {
        let client = try await TestClient.start("http://127.0.0.1:\(ScriptedServer.deadPort)") {
            $0.maximumConnections = 3
        }
        let outcomes = (0..<20).map { _ in client.send() }
        for outcome in outcomes { #expect(try await outcome.get() == .failed(.connectRefused)) }
        #expect(try await client.counts == HTTPClientCounts())
    }

    @Test("a name that is none: dns")
    func dns() async throws {
        let client = try await TestClient.start("http://no..such..name:80")
        #expect(try await client.outcome() == .failed(.dns))
    }

    static let cutAnswers: [(String, TransportOutcome)] = [
        ("", .resetAfterWrite),
        ("HTTP/1.1 100 Continue\r\n\r\n", .resetAfterWrite),
        ("H", .shortAnswer),
        ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n", .shortAnswer),
        ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", .shortAnswer),
        ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabcd", .shortAnswer),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nabcd\r\n", .shortAnswer),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nabcd\r\n0\r\n", .shortAnswer),
        ("SSH-2.0-OpenSSH_9.2\r\n\r\n", .shortAnswer),
        ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef", .shortAnswer),
    ]

    @Test("a connection that ends without an answer, or within one, is told apart", arguments: cutAnswers)
    func cut(text: String, expected: TransportOutcome) async throws {
        let server = try await ScriptedServer.start { _ in text.isEmpty ? [.close] : [.send(text), .close] }
        let client = try await TestClient.start("http://127.0.0.1:\(server.port)")
        #expect(try await client.outcome() == .failed(expected))
        // Written once, and never again by the client itself.
        #expect(server.requests.count == 1)
        try await server.stop()
    }

    @Test("a reset instead of an answer: reset_after_write")
    func reset() async throws {
        let server = try await ScriptedServer.start { _ in [.reset] }
        let client = try await TestClient.start("http://127.0.0.1:\(server.port)")
        #expect(try await client.outcome() == .failed(.resetAfterWrite))
        try await server.stop()
    }

    @Test("no answer, or half of one: request_timeout, and the connection is closed")
    func timeout() async throws {
        let server = try await ScriptedServer.start { request in
            request.connection == 0 ? [] : [.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab")]
        }
        let client = try await TestClient.start("http://127.0.0.1:\(server.port)") {
            $0.requestTimeout = .milliseconds(40)
        }
        for connection in 0..<2 {
            #expect(try await client.outcome() == .failed(.requestTimeout))
            try await server.closed(connection: connection)
        }
        try await server.stop()
    }

    @Test(
        "more than the maximum: answer_too_large, however the length is told",
        arguments: [
            "HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3E9\r\n",
            "HTTP/1.1 200 OK\r\n\r\n" + String(repeating: "x", count: 1_001),
            "HTTP/1.1 200 OK\r\n" + String(repeating: "X-Flood: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n", count: 2_000),
        ]
    )
    func tooLarge(text: String) async throws {
        let server = try await ScriptedServer.start { _ in [.send(text)] }
        let client = try await TestClient.start("http://127.0.0.1:\(server.port)") {
            $0.maximumAnswerByteCount = 1_000
        }
        #expect(try await client.outcome() == .failed(.answerTooLarge))
        try await server.closed(connection: 0)
        try await server.stop()
    }

    @Test("an answer that comes before the request is sent to its end counts, and the connection does not")
    func early() async throws {
        let tooLarge = answer("no", status: "413 Content Too Large")
        let server = try await ScriptedServer.start { _ in
            [.stopReading, .send(tooLarge)]
        } script: { _ in
            [.send(answer("ok"))]
        }
        let client = try await TestClient.start("http://127.0.0.1:\(server.port)")
        let body = String(repeating: "x", count: 32 << 20)
        #expect(try await client.outcome(body) == .answered(413, body: "no"))
        #expect(try await client.counts.connectionsOpen == 0)
        try await server.stop()
    }

    @Test("what is sent after the shut-down fails as never written, and nothing is told of what went before")
    func shutDown() async throws {
        let server = try await ScriptedServer.start { _ in [] }
        let client = try await TestClient.start("http://127.0.0.1:\(server.port)") { $0.maximumConnections = 1 }
        _ = client.send()
        _ = client.send()
        try await client.with { $0.client.shutDown() }
        #expect(try await client.outcome() == .failed(.resetBeforeWrite))
        #expect(try await client.with { $0.openExchanges } == [1, 2])
        #expect(try await client.counts.connectionsOpen == 0)
        try await server.stop()
    }
}
