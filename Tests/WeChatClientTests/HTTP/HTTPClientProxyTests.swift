import FakeWeChat
import Logging
import NIOCore
import RelayCore
import Testing
import WeChatClient

@Suite("HTTP client behind a proxy", .timeLimit(.minutes(10)))
struct HTTPClientProxyTests {
    private static let credentials = "http://us%40er:hunter%3A2@127.0.0.1"

    @Test("plain http goes through a tunnel, too, and the proxy resolves the name")
    func plain() async throws {
        let server = try await ScriptedServer.start { request in [.send(answer(request.body))] }
        let proxy = try await TestProxy.start(.tunnel(to: server.port))
        let client = try await TestClient.start("http://wechat.invalid/base", proxy: "http://127.0.0.1:\(proxy.port)")
        for body in ["one", "two"] { #expect(try await client.outcome(body) == .answered(200, body: body)) }
        #expect(proxy.heads == ["CONNECT wechat.invalid:80 HTTP/1.1\r\nHost: wechat.invalid:80\r\n\r\n"])
        #expect(server.requests.count == 2)
        #expect(server.requests[0].head.hasPrefix("POST /base/call HTTP/1.1\r\nHost: wechat.invalid\r\n"))
        #expect(!server.requests[0].head.contains("Proxy"))
        try await client.with { $0.client.shutDown() }
        try await proxy.stop()
        try await server.stop()
    }

    @Test(
        "an answer opens the tunnel however it is written",
        arguments: [
            "HTTP/1.0 200 Connection established\r\nProxy-agent: tinyproxy/1.11.1\r\n\r\n",
            "HTTP/1.1 200\r\nContent-Length: 7\r\nTransfer-Encoding: chunked\r\n\r\n",
            "HTTP/1.1 204 No Content\n\n", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\n",
        ]
    )
    func opened(text: String) async throws {
        let server = try await ScriptedServer.start(tls: HTTPClientTLSTests.server()) { request in
            [.send(answer(request.body))]
        }
        let proxy = try await TestProxy.start(.tunnel(to: server.port, saying: text))
        let tls = try TLSSettings(caFile: HTTPClientTLSTests.fixture("ca.pem"))
        let client = try await TestClient.start("https://localhost", proxy: "http://127.0.0.1:\(proxy.port)", tls: tls)
        #expect(try await client.outcome("one") == .answered(200, body: "one"))
        #expect(proxy.heads == ["CONNECT localhost:443 HTTP/1.1\r\nHost: localhost:443\r\n\r\n"])
        try await client.with { $0.client.shutDown() }
        try await proxy.stop()
        try await server.stop()
    }

    @Test("user and password go to the proxy alone, and wrong ones are a refusal")
    func credentials() async throws {
        let server = try await ScriptedServer.start { request in [.send(answer("ok"))] }
        let proxy = try await TestProxy.start(.tunnelFor("us@er:hunter:2", to: server.port))
        let base = "http://127.0.0.1:\(server.port)"
        let client = try await TestClient.start(base, proxy: "\(Self.credentials):\(proxy.port)")
        #expect(try await client.outcome() == .answered(200, body: "ok"))
        #expect(server.requests.count == 1)
        #expect(server.requests.allSatisfy { !$0.head.contains("Basic") })
        for wrong in ["", "us%40er:other@"] {
            let client = try await TestClient.start(base, proxy: "http://\(wrong)127.0.0.1:\(proxy.port)")
            #expect(try await client.outcome() == .failed(.proxyRefused))
            #expect(try await client.details.first?.hasSuffix("the answer is HTTP 407") == true)
        }
        #expect(server.requests.count == 1)
        try await client.with { $0.client.shutDown() }
        try await proxy.stop()
        try await server.stop()
    }

    static let refusals: [(TestProxy.Manner, TransportOutcome)] =
        [302, 400, 401, 403, 404, 405, 407, 451].map { (.say("HTTP/1.1 \($0) No\r\n\r\n<html>"), .proxyRefused) }
        + [101, 408, 425, 429, 500, 502, 503, 504, 600].map { (.say("HTTP/1.1 \($0) No\r\n\r\n"), .tunnelFailed) }
        + [
            // Bytes that come before the host was spoken to.
            (.say("HTTP/1.1 200 OK\r\n\r\n<html>login</html>"), .tunnelFailed),
            (.say("HTTP/1.1 200 OK\r\n\r\n" + String(repeating: "x", count: 40_000)), .tunnelFailed),
            (.say("<html><body>It works!</body></html>"), .tunnelFailed),
            (.say("HTTP/1.1 OK\r\n\r\n"), .tunnelFailed),
            (.say("HTTP/2 200 OK\r\n\r\n"), .tunnelFailed),
            (
                .say("HTTP/1.1 200 OK\r\n" + String(repeating: "X-Flood: aaaaaaaaaaaaaaaaaa\r\n", count: 1_000)),
                .tunnelFailed
            ),
            (.sayAndClose("HTTP/1.1 200 OK\r\nX: half"), .tunnelFailed),
            (.sayAndClose(""), .tunnelFailed), (.reset, .tunnelFailed),
            (.tunnel(to: 1), .tunnelFailed),
        ]

    @Test(
        "whatever else the proxy answers, nothing was sent: a refusal, or a trouble that may pass",
        arguments: refusals
    )
    func refused(manner: TestProxy.Manner, expected: TransportOutcome) async throws {
        let proxy = try await TestProxy.start(manner)
        let client = try await TestClient.start("http://host.example", proxy: "\(Self.credentials):\(proxy.port)")
        #expect(try await client.outcome() == .failed(expected))
        #expect(ErrcodeTable.row(for: .transport(expected))?.ran == .no)
        let detail = try #require(try await client.details.first)
        #expect(detail.hasPrefix("the proxy http://***@127.0.0.1:\(proxy.port), asked for host.example:80: "))
        #expect(proxy.heads.count == 1)
        #expect(try await client.counts == HTTPClientCounts())
        try await proxy.stop()
    }

    @Test("a proxy that is not there, has no such name, or says nothing is told by its name")
    func away() async throws {
        let port = ScriptedServer.deadPort
        let dead = try await TestClient.start("http://host.example", proxy: "\(Self.credentials):\(port)")
        #expect(try await dead.outcome() == .failed(.connectRefused))
        #expect(try await dead.details.first?.hasPrefix("the proxy http://***@127.0.0.1:\(port): ") == true)

        let nameless = try await TestClient.start("http://host.example", proxy: "http://u:hunter2@no..such..name")
        #expect(try await nameless.outcome() == .failed(.dns))
        #expect(try await nameless.details.first?.hasPrefix("the proxy http://***@no..such..name:80: ") == true)

        let silent = try await TestProxy.start(.say("HTTP/1.1 200"))
        let waiting = try await TestClient.start("http://host.example", proxy: "\(Self.credentials):\(silent.port)") {
            $0.connectTimeout = .milliseconds(40)
        }
        #expect(try await waiting.outcome() == .failed(.connectTimeout))
        #expect(try await waiting.details.first?.contains("the proxy http://***@127.0.0.1:\(silent.port)") == true)
        let details = try await dead.details + nameless.details + waiting.details
        #expect(details.count == 3 && details.allSatisfy { !$0.contains("hunter") })
        try await silent.stop()
    }

    @Test("the tunnel is TLS to the host itself: what answers for it must have its certificate")
    func inspected() async throws {
        let server = try await ScriptedServer.start { request in [.send(answer(request.body))] }
        let inspecting = try await TestProxy.start(.inspect(HTTPClientTLSTests.server(), to: server.port))
        let url = "http://127.0.0.1:\(inspecting.port)"
        let trusting = try TLSSettings(caFile: HTTPClientTLSTests.fixture("ca.pem"))
        let client = try await TestClient.start("https://localhost", proxy: url, tls: trusting)
        #expect(try await client.outcome("seen") == .answered(200, body: "seen"))
        try await client.with { $0.client.shutDown() }

        let strict = try await TestClient.start("https://localhost", proxy: url, tls: try TLSSettings())
        #expect(try await strict.outcome() == .failed(.certificateRefused))
        let other = try await TestClient.start("https://other.example", proxy: url, tls: trusting)
        #expect(try await other.outcome() == .failed(.certificateRefused))
        #expect(server.requests.count == 1)
        try await inspecting.stop()

        // What stands at the end of the tunnel speaks no TLS.
        let plain = try await TestProxy.start(.tunnel(to: server.port))
        let third = try await TestClient.start(
            "https://localhost",
            proxy: "http://127.0.0.1:\(plain.port)",
            tls: trusting
        ) {
            $0.connectTimeout = .milliseconds(200)
        }
        guard case .failed(let outcome) = try await third.outcome() else {
            Issue.record("an answer without TLS")
            return
        }
        #expect(outcome == .tls || outcome == .connectTimeout)
        try await plain.stop()
        try await server.stop()
    }

    @Test("tokens go through the proxy as well, and its refusal is a refusal of the token")
    func tokens() async throws {
        let fake = try await FakeWeChatServer.start(logger: Logger(label: "fake") { _ in SwiftLogNoOpLogHandler() })
        let proxy = try await TestProxy.start(.tunnelFor("us@er:hunter:2", to: fake.port))
        let bench = try TokenBench(
            baseURL: "http://127.0.0.1:\(fake.port)",
            secret: "fake-secret",
            appID: "wx0123456789abcdef",
            proxy: "\(Self.credentials):\(proxy.port)"
        )
        var updates = bench.updates.makeAsyncIterator()
        bench.keeper.start()
        guard case .ready = await updates.next() else {
            Issue.record("no token through the proxy")
            return
        }
        #expect(proxy.heads.count == 1)
        bench.keeper.stop()

        let wrong = try TokenBench(
            baseURL: "http://127.0.0.1:\(fake.port)",
            secret: "fake-secret",
            proxy: "http://u:hunter2@127.0.0.1:\(proxy.port)"
        )
        var refusals = wrong.updates.makeAsyncIterator()
        wrong.keeper.start()
        guard case .refused(.transport(.proxyRefused), let errmsg, _, false) = await refusals.next() else {
            Issue.record("the proxy's refusal is none of the token")
            return
        }
        #expect(errmsg.hasSuffix("the answer is HTTP 407"))
        wrong.keeper.stop()
        let said = bench.log.text + wrong.log.text
        #expect(said.contains { $0.contains("***@127.0.0.1") } && !said.contains { $0.contains("hunter") })
        try await proxy.stop()
        try await fake.stop()
    }
}
