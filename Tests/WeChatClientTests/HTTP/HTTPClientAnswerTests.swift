import RelayCore
import Testing
import WeChatClient

@Suite("HTTP client, answers over real sockets", .timeLimit(.minutes(10)))
struct HTTPClientAnswerTests {
    @Test("a request goes out byte for byte as documented, and its answer comes back")
    func oneExchange() async throws {
        let server = try await ScriptedServer.start { _ in [.send(answer("{\"errcode\":0}"))] }
        let client = try await TestClient.start("http://127.0.0.1:\(server.port)")
        let outcome = try await client.outcome("{\"a\":1}", target: "/tcb/invokecloudfunction?name=f", pieces: 3)
        #expect(outcome == .answered(200, body: "{\"errcode\":0}"))
        let expected = """
            POST /tcb/invokecloudfunction?name=f HTTP/1.1\r
            Host: 127.0.0.1:\(server.port)\r
            User-Agent: wxrelay\r
            Content-Type: application/json\r
            Content-Length: 7
            """
        #expect(server.requests == [.init(connection: 0, number: 0, head: expected, body: "{\"a\":1}")])
        try await client.with { $0.client.shutDown() }
        try await server.stop()
    }

    @Test("an empty body and a GET still carry Content-Length")
    func emptyBody() async throws {
        let server = try await ScriptedServer.start { _ in [.send(answer("ok"))] }
        let client = try await TestClient.start("http://127.0.0.1:\(server.port)")
        #expect(try await client.outcome("", method: .get) == .answered(200, body: "ok"))
        let head = try #require(server.requests.first?.head)
        #expect(head.hasPrefix("GET /call HTTP/1.1\r\n"))
        #expect(head.hasSuffix("\r\nContent-Length: 0"))
        #expect(!head.contains("Content-Type"))
        try await client.with { $0.client.shutDown() }
        try await server.stop()
    }

    static let wholeAnswers: [(String, Outcome)] = [
        (answer("plain"), .answered(200, body: "plain")),
        (answer(""), .answered(200, body: "")),
        (
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;x=y\r\nHello\r\n6\r\n world\r\n0\r\nX: y\r\n\r\n",
            .answered(200, body: "Hello world")
        ),
        (
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hints\r\nA: b\r\n\r\n" + answer("late"),
            .answered(200, body: "late")
        ),
        ("HTTP/1.1 204 No Content\r\n\r\n", .answered(204, body: "")),
        ("HTTP/1.1 304 Not Modified\r\nContent-Length: 10\r\n\r\n", .answered(304, body: "")),
        (answer("moved", status: "302 Found", headers: "Location: /x\r\n"), .answered(302, body: "moved")),
        (answer("", status: "412"), .answered(412, body: "")),
        (
            answer("slow down", status: "429 Too Many", headers: "Retry-After: 7\r\n"),
            .answered(429, body: "slow down", retryAfter: .delay(.seconds(7)))
        ),
        (
            answer("", status: "503 Busy", headers: "retry-after: Sun, 06 Nov 1994 08:49:37 GMT\r\n"),
            .answered(503, body: "", retryAfter: .date(WallTime(milliseconds: 784_111_777_000)))
        ),
    ]

    @Test("every form of a whole answer is read, in one piece and drop by drop", arguments: wholeAnswers)
    func forms(text: String, expected: Outcome) async throws {
        let server = try await ScriptedServer.start { request in
            request.number % 2 == 0 ? [.send(text)] : [.drip(text)]
        }
        let client = try await TestClient.start("http://127.0.0.1:\(server.port)")
        for _ in 0..<4 { #expect(try await client.outcome() == expected) }
        #expect(server.connectionCount == 1)
        try await client.with { $0.client.shutDown() }
        try await server.stop()
    }

    @Test(
        "an answer that ends its connection is read and its connection is not used again",
        arguments: [
            "HTTP/1.1 200 OK\r\n\r\nuntil close", "HTTP/1.0 200 OK\r\n\r\nuntil close",
            "HTTP/1.1 200 OK\r\nConnection: x, Close\r\nContent-Length: 11\r\n\r\nuntil close",
            "HTTP/1.0 200 OK\r\nContent-Length: 11\r\n\r\nuntil close",
        ]
    )
    func closing(text: String) async throws {
        let server = try await ScriptedServer.start { _ in [.send(text), .close] }
        let client = try await TestClient.start("http://127.0.0.1:\(server.port)")
        for _ in 0..<3 { #expect(try await client.outcome() == .answered(200, body: "until close")) }
        #expect(server.connectionCount == 3)
        try await client.with { $0.client.shutDown() }
        try await server.stop()
    }

    @Test("bodies of megabytes go both ways whole")
    func large() async throws {
        let server = try await ScriptedServer.start { request in [.send(answer(request.body))] }
        let client = try await TestClient.start("http://127.0.0.1:\(server.port)")
        let body = String(repeating: "0123456789abcdef", count: 128 << 10)
        for _ in 0..<2 { #expect(try await client.outcome(body, pieces: 7) == .answered(200, body: body)) }
        let counts = try await client.counts
        #expect(counts.connectionsEstablished == 1)
        #expect(counts.bytesSent > 2 * UInt64(body.utf8.count))
        #expect(counts.bytesReceived > 2 * UInt64(body.utf8.count))
        try await client.with { $0.client.shutDown() }
        try await server.stop()
    }
}
