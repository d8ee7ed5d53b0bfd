import NIOCore
import RelayCore
import Testing
import WeChatClient

@Suite("HTTP client, its connections", .timeLimit(.minutes(10)))
struct HTTPClientPoolTests {
    @Test("one after the other, requests share one connection")
    func keepAlive() async throws {
        let server = try await ScriptedServer.start { request in [.send(answer("\(request.number)"))] }
        let client = try await TestClient.start("http://127.0.0.1:\(server.port)")
        for number in 0..<50 { #expect(try await client.outcome() == .answered(200, body: "\(number)")) }
        #expect(server.connectionCount == 1)
        let counts = try await client.counts
        #expect(counts.connectionsOpen == 1)
        #expect(counts.connectionsIdle == 1)
        try await client.with { $0.client.dropConnections() }
        try await server.closed(connection: 0)
        #expect(try await client.counts.connectionsOpen == 0)
        #expect(try await client.outcome() == .answered(200, body: "0"))
        #expect(server.connectionCount == 2)
        try await client.with { $0.client.shutDown() }
        try await server.stop()
    }

    @Test("a connection that is dropped within its exchange ends behind it, one that is being opened begins anew")
    func dropped() async throws {
        let listener = try RawListener()
        let client = try await TestClient.start("http://127.0.0.1:\(listener.port)")
        let outcome = client.send("", method: .get)
        let peer = try listener.accept()
        _ = try peer.receiveHead()
        try await client.with { $0.client.dropConnections() }
        try peer.send(answer("whole"))
        #expect(try await outcome.get() == .answered(200, body: "whole"))
        #expect(try await client.counts.connectionsOpen == 0)
        listener.close()

        // Nobody ends its handshakes.
        let silent = try await ScriptedServer.start { _ in [] }
        let second = try await TestClient.start("https://127.0.0.1:\(silent.port)", tls: try TLSSettings())
        let waiting = second.send()
        while silent.connectionCount < 1 { await Task.yield() }
        try await second.with { $0.client.dropConnections() }
        while silent.connectionCount < 2 { await Task.yield() }
        try await silent.closed(connection: 0)
        #expect(try await second.counts.connectionsOpening == 1)
        try await silent.stop()
        #expect(try await waiting.get() == .failed(.tls))
    }

    @Test("never more than the maximum of connections; the rest waits and is answered")
    func maximum() async throws {
        let server = try await ScriptedServer.start { request in [.send(answer(request.body))] }
        let client = try await TestClient.start("http://127.0.0.1:\(server.port)") { $0.maximumConnections = 4 }
        let outcomes = (0..<200).map { client.send("\($0)") }
        for (number, outcome) in outcomes.enumerated() {
            #expect(try await outcome.get() == .answered(200, body: "\(number)"))
        }
        #expect(server.connectionCount <= 4)
        #expect(Set(server.requests.map(\.body)).count == 200)
        #expect(server.requests.count == 200)
        try await client.with { $0.client.shutDown() }
        try await server.stop()
    }

    @Test("requests that wait survive the failures of those before them")
    func waitingGoesOn() async throws {
        let server = try await ScriptedServer.start { request in
            switch Int(request.body).map({ $0 % 4 }) {
            case 0: [.close]
            case 1: [.send("garbage\r\n\r\n")]
            case 2: [.send(answer("last", headers: "Connection: close\r\n")), .close]
            default: [.send(answer("ok"))]
            }
        }
        let client = try await TestClient.start("http://127.0.0.1:\(server.port)") { $0.maximumConnections = 2 }
        let outcomes = (0..<40).map { client.send("\($0)") }
        let expected: [Outcome] = [
            .failed(.resetAfterWrite), .failed(.shortAnswer), .answered(200, body: "last"), .answered(200, body: "ok"),
        ]
        for (number, outcome) in outcomes.enumerated() { #expect(try await outcome.get() == expected[number % 4]) }
        #expect(server.requests.count == 40)
        try await client.with { $0.client.shutDown() }
        try await server.stop()
    }

    @Test("a second answer to one request ends the connection and is given to nobody")
    func answeredTwice() async throws {
        let server = try await ScriptedServer.start { request in
            [.send(answer("right \(request.connection)") + answer("stray"))]
        }
        let client = try await TestClient.start("http://127.0.0.1:\(server.port)")
        for number in 0..<5 { #expect(try await client.outcome() == .answered(200, body: "right \(number)")) }
        try await server.stop()
    }

    @Test("a connection beyond its age is closed after its answer")
    func aged() async throws {
        let server = try await ScriptedServer.start { request in [.send(answer("\(request.connection)"))] }
        let client = try await TestClient.start("http://127.0.0.1:\(server.port)") {
            $0.connectionAge = .nanoseconds(1)
        }
        for number in 0..<3 { #expect(try await client.outcome() == .answered(200, body: "\(number)")) }
        #expect(try await client.counts.connectionsOpen == 0)
        try await server.stop()
    }

    @Test("a connection that nobody uses is closed")
    func idle() async throws {
        let server = try await ScriptedServer.start { _ in [.send(answer("ok"))] }
        let client = try await TestClient.start("http://127.0.0.1:\(server.port)") { $0.idleTimeout = .milliseconds(1) }
        #expect(try await client.outcome() == .answered(200, body: "ok"))
        try await server.closed(connection: 0)
        #expect(try await client.counts.connectionsOpen == 0)
        try await server.stop()
    }

    @Test("a cancelled exchange ends its connection, is told nothing, and lets the next one on")
    func cancel() async throws {
        let server = try await ScriptedServer.start { request in request.body == "hang" ? [] : [.send(answer("ok"))] }
        let client = try await TestClient.start("http://127.0.0.1:\(server.port)") { $0.maximumConnections = 1 }
        let hanging = client.send("hang")
        let waiting = client.send("waits and is cancelled")
        let next = client.send("next")
        try await client.with {
            $0.cancel(2, replacement: .answered(0, body: "cancelled"))
            $0.cancel(77, replacement: .answered(0, body: "nobody"))
        }
        while server.requests.isEmpty { await Task.yield() }
        try await client.with { $0.cancel(1, replacement: .answered(0, body: "cancelled")) }
        for outcome in [hanging, waiting] { #expect(try await outcome.get() == .answered(0, body: "cancelled")) }
        #expect(try await next.get() == .answered(200, body: "ok"))
        try await server.closed(connection: 0)
        #expect(server.requests.map(\.body) == ["hang", "next"])
        try await client.with { $0.client.shutDown() }
        try await server.stop()
    }
}
