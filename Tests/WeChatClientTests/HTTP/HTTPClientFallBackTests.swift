import FakeWeChat
import Logging
import NIOCore
import RelayCore
import Testing
import WeChatClient

@Suite("HTTP client with fall-back hosts", .timeLimit(.minutes(10)))
struct HTTPClientFallBackTests {
    @Test("what cannot be sent to the first host goes to the second, below its own path, and the log says so once")
    func firstDown() async throws {
        let dead = ScriptedServer.deadPort
        let server = try await ScriptedServer.start { request in [.send(answer(request.body))] }
        let log = LogRecorder()
        let client = try await TestClient.start(
            "http://127.0.0.1:\(dead)/first",
            "http://127.0.0.1:\(server.port)/second/path"
        ) { $0.logger = Logger(label: "test") { _ in log } }
        for number in 0..<20 { #expect(try await client.outcome("\(number)") == .answered(200, body: "\(number)")) }
        #expect(server.requests.allSatisfy { $0.head.hasPrefix("POST /second/path/call HTTP/1.1\r\n") })
        #expect(server.requests.map(\.body) == (0..<20).map { "\($0)" })
        #expect(server.requests[0].head.contains("Host: 127.0.0.1:\(server.port)\r\n"))
        #expect(log.text.count == 1)
        #expect(log.text.first?.hasPrefix("notice another host is in use ") == true)
        #expect(log.text.first?.contains("because=connect_refused (") == true)
        #expect(log.text.first?.contains("before=http://127.0.0.1:\(dead)/first") == true)
        #expect(log.text.first?.contains(" host=http://127.0.0.1:\(server.port)/second/path") == true)
        try await client.with { $0.client.shutDown() }
        try await server.stop()
    }

    @Test("many at once reach the second host, each of them once")
    func manyAtOnce() async throws {
        let server = try await ScriptedServer.start { request in [.send(answer(request.body))] }
        let client = try await TestClient.start(
            "http://127.0.0.1:\(ScriptedServer.deadPort)",
            "http://no..such..name",
            "http://127.0.0.1:\(server.port)"
        ) { $0.maximumConnections = 5 }
        let outcomes = (0..<50).map { client.send("\($0)") }
        for (number, outcome) in outcomes.enumerated() {
            #expect(try await outcome.get() == .answered(200, body: "\(number)"))
        }
        #expect(server.requests.count == 50)
        #expect(server.connectionCount <= 5)
        try await client.with { $0.client.shutDown() }
        try await server.stop()
    }

    @Test("with all hosts down an exchange ends with the first one's failure and the words of all")
    func allDown() async throws {
        let dead = ScriptedServer.deadPort
        let client = try await TestClient.start("http://127.0.0.1:\(dead)", "http://no..such..name/b")
        for _ in 0..<3 { #expect(try await client.outcome() == .failed(.connectRefused)) }
        for detail in try await client.details {
            #expect(detail.hasPrefix("http://127.0.0.1:\(dead): "))
            #expect(detail.contains("; http://no..such..name/b: 'no..such..name' cannot be resolved"))
        }
        #expect(try await client.counts == HTTPClientCounts())
    }

    @Test("a failure of TLS or of the certificate before the request was written is none of the exchange")
    func beforeTheRequest() async throws {
        let listener = try RawListener()
        let foreign = try await ScriptedServer.start(tls: HTTPClientTLSTests.server("other.example")) { _ in [] }
        let server = try await ScriptedServer.start { request in [.send(answer(request.body))] }
        let client = try await TestClient.start(
            "https://localhost:\(listener.port)",
            "https://localhost:\(foreign.port)",
            "http://127.0.0.1:\(server.port)",
            tls: try TLSSettings(caFile: HTTPClientTLSTests.fixture("ca.pem"))
        )
        let outcome = client.send("one")
        try listener.accept().close()
        #expect(try await outcome.get() == .answered(200, body: "one"))
        #expect(server.requests.count == 1)
        try await client.with { $0.client.shutDown() }
        for server in [foreign, server] { try await server.stop() }
        listener.close()
    }

    @Test("a proxy that admits only the second host is asked for it")
    func proxyRefusal() async throws {
        let refusing = try await TestProxy.start(.say("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"))
        let client = try await TestClient.start(
            "https://a.example",
            "https://b.example",
            proxy: "http://127.0.0.1:\(refusing.port)",
            tls: try TLSSettings()
        )
        #expect(try await client.outcome() == .failed(.proxyRefused))
        #expect(refusing.heads.map { $0.prefix(21) } == ["CONNECT a.example:443", "CONNECT b.example:443"])
        try await refusing.stop()
    }

    @Test("after a minute one exchange tries the first host again, which then is used again")
    func firstBack() async throws {
        let silent = Logger(label: "fake") { _ in SwiftLogNoOpLogHandler() }
        let first = try await FakeWeChatServer.start(logger: silent)
        let second = try await ScriptedServer.start { request in [.send(answer("second"))] }
        let clock = HandClock()
        let log = LogRecorder()
        try await first.goAway()
        let client = try await TestClient.start(
            "http://127.0.0.1:\(first.port)",
            "http://127.0.0.1:\(second.port)",
            clock: clock
        ) {
            // The first host's connection takes the place of the second's.
            $0.maximumConnections = 1
            // The host goes away right behind an answer: what is written behind its unread goodbye would count as sent.
            $0.restBeforeLook = .zero
            $0.logger = Logger(label: "test") { _ in log }
        }
        #expect(try await client.outcome() == .answered(200, body: "second"))
        try await first.comeBack()
        clock.turn(.seconds(59))
        #expect(try await client.outcome() == .answered(200, body: "second"))
        #expect(try await first.statistics().requests == 0)
        clock.turn(.seconds(1))
        for number in 1...3 {
            guard case .answered(200, let body, _) = try await client.outcome(), body.contains("errcode") else {
                Issue.record("not the first host's answer")
                return
            }
            #expect(try await first.statistics().requests == number)
        }
        try await second.closed(connection: 0)
        #expect(second.requests.count == 2)
        #expect(log.text.count == 2)
        #expect(log.text.last?.contains("because=it answers again") == true)

        // Away once more: what could not be sent there is not lost.
        try await first.goAway()
        #expect(try await client.outcome() == .answered(200, body: "second"))
        try await client.with { $0.client.shutDown() }
        try await second.stop()
        try await first.stop()
    }

    @Test("what may have run is reported as it is and never sent to another host; three in a row, and others go there")
    func maybeRan() async throws {
        let first = try await ScriptedServer.start { request in
            request.body == "half" ? [.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab"), .close] : [.close]
        }
        let second = try await ScriptedServer.start { request in [.send(answer(request.body))] }
        let client = try await TestClient.start(
            "http://127.0.0.1:\(first.port)",
            "http://127.0.0.1:\(second.port)"
        )
        #expect(try await client.outcome("half") == .failed(.shortAnswer))
        #expect(try await client.outcome("cut") == .failed(.resetAfterWrite))
        #expect(try await client.outcome("cut too") == .failed(.resetAfterWrite))
        #expect(second.requests.isEmpty)
        #expect(try await client.outcome("next") == .answered(200, body: "next"))
        #expect(first.requests.map(\.body) == ["half", "cut", "cut too"])
        #expect(second.requests.map(\.body) == ["next"])
        try await client.with { $0.client.shutDown() }
        try await first.stop()
        try await second.stop()
    }

    @Test("tokens fall back as calls do")
    func tokens() async throws {
        let server = try await ScriptedServer.start { _ in
            [.send(answer("{\"access_token\":\"TOKEN\",\"expires_in\":7200}"))]
        }
        let dead = ScriptedServer.deadPort
        let bench = try TokenBench(
            baseURLs: ["http://127.0.0.1:\(dead)", "http://127.0.0.1:\(server.port)/b"],
            secret: "s"
        )
        var updates = bench.updates.makeAsyncIterator()
        bench.keeper.start()
        guard case .ready(let token) = await updates.next() else {
            Issue.record("no token from the second host")
            return
        }
        #expect(token.value == Secret("TOKEN"))
        #expect(server.requests.map { $0.head.prefix(31) } == ["POST /b/cgi-bin/stable_token HT"])
        bench.keeper.stop()
        try await server.stop()
    }
}
