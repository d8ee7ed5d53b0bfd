import Foundation
import NIOCore
import NIOSSL
import RelayCore
import Testing
import WeChatClient

@Suite("HTTP client over TLS", .timeLimit(.minutes(10)))
struct HTTPClientTLSTests {
    static func fixture(_ name: String) throws -> String {
        try #require(Bundle.module.url(forResource: "Fixtures/\(name)", withExtension: nil)).path
    }

    static func server(_ name: String = "localhost") throws -> NIOSSLContext {
        let chain = try NIOSSLCertificate.fromPEMFile(fixture("\(name).pem")).map {
            NIOSSLCertificateSource.certificate($0)
        }
        let key = NIOSSLPrivateKeySource.privateKey(try NIOSSLPrivateKey(file: fixture("\(name).key"), format: .pem))
        return try NIOSSLContext(configuration: .makeServerConfiguration(certificateChain: chain, privateKey: key))
    }

    @Test("a certificate of the authority in ca-file is accepted, and its connection is kept")
    func accepted() async throws {
        let server = try await ScriptedServer.start(tls: Self.server()) { request in [.drip(answer(request.body))] }
        let tls = try TLSSettings(caFile: Self.fixture("ca.pem"))
        let client = try await TestClient.start("https://localhost:\(server.port)", tls: tls)
        let large = String(repeating: "large ", count: 40_000)
        for body in ["one", "two", ""] { #expect(try await client.outcome(body) == .answered(200, body: body)) }
        #expect(server.connectionCount == 1)
        try await client.with { $0.client.shutDown() }
        try await server.stop()

        let echo = try await ScriptedServer.start(tls: Self.server()) { request in [.send(answer(request.body))] }
        let second = try await TestClient.start("https://localhost:\(echo.port)", tls: tls)
        #expect(try await second.outcome(large, pieces: 3) == .answered(200, body: large))
        try await second.with { $0.client.shutDown() }
        try await echo.stop()
    }

    @Test("a request behind an answer that came with TLS's goodbye was not sent, and goes over another connection")
    func answerWithGoodbye() async throws {
        let isClientHeld = DispatchSemaphore(value: 0)
        let (asked, ask) = AsyncStream<Void>.makeStream()
        let server = try await ScriptedServer.start(tls: Self.server()) { request in
            if request.connection == 0 {
                ask.yield()
                isClientHeld.wait()
            }
            return [.send(answer(request.body)), .close]
        }
        let tls = try TLSSettings(caFile: Self.fixture("ca.pem"))
        let client = try await TestClient.start("https://localhost:\(server.port)", tls: tls) {
            $0.maximumConnections = 1
        }
        let (one, two) = (client.send("one"), client.send("two"))
        for await _ in asked { break }
        // The client reads when both lie in the kernel, and so in one piece.
        try await client.with { _ in
            isClientHeld.signal()
            try server.waitForTurn()
        }
        #expect(try await one.get() == .answered(200, body: "one"))
        #expect(try await two.get() == .answered(200, body: "two"))
        #expect(server.connectionCount == 2)
        try await client.with { $0.client.shutDown() }
        try await server.stop()
    }

    @Test(
        "a certificate of an unknown authority, for another name, or for no address is refused",
        arguments: [
            ("localhost", "localhost", false), ("localhost", "other.example", true), ("127.0.0.1", "localhost", true),
        ]
    )
    func refused(host: String, certificate: String, knowsAuthority: Bool) async throws {
        let server = try await ScriptedServer.start(tls: Self.server(certificate)) { _ in [.send(answer("ok"))] }
        let tls = try TLSSettings(caFile: knowsAuthority ? Self.fixture("ca.pem") : nil)
        let client = try await TestClient.start("https://\(host):\(server.port)", tls: tls)
        #expect(try await client.outcome() == .failed(.certificateRefused))
        #expect(server.requests.isEmpty)
        #expect(try await client.counts == HTTPClientCounts())
        try await server.stop()
    }

    @Test("a server that speaks no TLS, or hangs up on it: tls")
    func noTLS() async throws {
        let tls = try TLSSettings()
        let listener = try RawListener()
        let client = try await TestClient.start("https://127.0.0.1:\(listener.port)", tls: tls)
        let plain = client.send()
        let peer = try listener.accept()
        try peer.send("HTTP/1.1 400 Bad Request\r\n\r\n")
        #expect(try await plain.get() == .failed(.tls))
        peer.close()
        let hungUp = client.send()
        try listener.accept().close()
        #expect(try await hungUp.get() == .failed(.tls))
        listener.close()
    }

    @Test("a server that never ends the handshake: connect_timeout")
    func handshakeTimeout() async throws {
        let server = try await ScriptedServer.start { _ in [] }
        let client = try await TestClient.start("https://127.0.0.1:\(server.port)", tls: try TLSSettings()) {
            $0.connectTimeout = .milliseconds(40)
        }
        #expect(try await client.outcome() == .failed(.connectTimeout))
        try await server.stop()
    }

    @Test("an answer that lasts until the end of the connection counts only with TLS's own goodbye")
    func untilClose() async throws {
        let server = try await ScriptedServer.start(tls: Self.server()) { _ in
            [.send("HTTP/1.1 200 OK\r\n\r\nall of it"), .close]
        }
        let tls = try TLSSettings(caFile: Self.fixture("ca.pem"))
        let client = try await TestClient.start("https://localhost:\(server.port)", tls: tls)
        #expect(try await client.outcome() == .answered(200, body: "all of it"))
        try await server.stop()

        let cutting = try await ScriptedServer.start(tls: Self.server()) { _ in
            [.send("HTTP/1.1 200 OK\r\n\r\nhalf of"), .cut]
        }
        let second = try await TestClient.start("https://localhost:\(cutting.port)", tls: tls)
        #expect(try await second.outcome() == .failed(.shortAnswer))
        try await cutting.stop()
    }

    @Test("a ca-file that is none is said with its name")
    func badFile() {
        let problem = #expect(throws: TLSProblem.self) { try TLSSettings(caFile: "/no/such/file.pem") }
        #expect(problem?.description.hasPrefix("/no/such/file.pem: ") == true)
    }
}
