import FakeWeChat
import Logging
import RelayCore
import Testing
import WeChatClient

@Suite("Token source token, with the fake WeChat", .timeLimit(.minutes(10)))
struct ClassicTokenTests {
    /// `replacedAtOnce`: as reported, a former token is no good as soon as another one is given.
    private static func run(
        replacedAtOnce: Bool = false,
        _ body: (FakeWeChatServer, TokenBench) async throws -> Void
    ) async throws {
        var scenario = Scenario()
        scenario.functions = ["echo": FunctionScenario()]
        if replacedAtOnce { scenario.app.tokenOverlap = .zero }
        let server = try await FakeWeChatServer.start(
            scenario: scenario,
            logger: Logger(label: "fake") { _ in SwiftLogNoOpLogHandler() }
        )
        let bench = try Self.bench(server)
        do {
            try await body(server, bench)
        } catch {
            bench.keeper.stop()
            try await server.stop()
            throw error
        }
        bench.keeper.stop()
        try await server.stop()
    }

    private static func bench(_ server: FakeWeChatServer, secret: String = "fake-secret") throws -> TokenBench {
        try TokenBench(
            baseURL: "http://127.0.0.1:\(server.port)",
            secret: secret,
            source: { secret in
                .classic(appID: "wx0123456789abcdef", secret: secret)
            }
        )
    }

    private static func token(_ update: TokenUpdate?) throws -> AccessToken {
        guard case .ready(let token) = update else { throw NoToken(update: update) }
        return token
    }

    struct NoToken: Error {
        let update: TokenUpdate?
    }

    /// The errcode of a call with the token.
    private static func errcode(_ server: FakeWeChatServer, _ token: AccessToken) async throws -> OutcomeCode {
        let client = try await TestClient.start("http://127.0.0.1:\(server.port)")
        var target: [UInt8] = []
        CallCodec().appendCallTarget(
            token: token.value,
            environment: "demo-env",
            function: "echo",
            into: &target
        )
        let outcome = try await client.outcome("{}", target: String(decoding: target, as: UTF8.self))
        try await client.with { $0.client.shutDown() }
        guard case .answered(let status, let body, _) = outcome else { return .status(0) }
        var respData: [UInt8] = []
        return AnswerReader.read(status: status, body: Array(body.utf8).span.bytes, respData: &respData).code
    }

    @Test("each request makes a new token, and calls go through with it")
    func fetched() async throws {
        try await Self.run { server, bench in
            var updates = bench.updates.makeAsyncIterator()
            bench.keeper.start()
            let first = try Self.token(await updates.next())
            #expect(first.expires == MonotonicTime(nanoseconds: 7_200_000_000_000))
            #expect(try await Self.errcode(server, first) == .errcode(0))
            bench.keeper.retry()
            let second = try Self.token(await updates.next())
            #expect(second.value != first.value && second.generation == 2)
            // Both are good for five minutes.
            #expect(try await Self.errcode(server, first) == .errcode(0))
            #expect(try await server.statistics().tokensIssued == 2)
        }
    }

    @Test("a wrong secret is refused, and never shown")
    func wrongSecret() async throws {
        try await Self.run { server, _ in
            let bench = try Self.bench(server, secret: "wr0ng-secret")
            var updates = bench.updates.makeAsyncIterator()
            bench.keeper.start()
            guard case .refused(.errcode(40125), let errmsg, _, false) = await updates.next() else {
                Issue.record("a wrong secret is not told as refused")
                return
            }
            #expect(errmsg.hasPrefix("invalid appsecret"))
            #expect(bench.log.text.allSatisfy { !$0.contains("wr0ng-secret") })
            bench.keeper.stop()
        }
    }

    @Test("when another process ends the token, one new one is fetched at once and the likely cause is logged")
    func ended() async throws {
        try await Self.run(replacedAtOnce: true) { server, bench in
            var updates = bench.updates.makeAsyncIterator()
            bench.keeper.start()
            let first = try Self.token(await updates.next())
            let other = try Self.bench(server)
            var others = other.updates.makeAsyncIterator()
            other.keeper.start()
            _ = try Self.token(await others.next())
            #expect(try await Self.errcode(server, first) == .errcode(40001))
            for _ in 0..<10 { bench.keeper.refresh(refused: first.generation) }
            let second = try Self.token(await updates.next())
            #expect(try await Self.errcode(server, second) == .errcode(0))
            #expect(try await server.statistics().tokensIssued == 3)
            #expect(bench.log.text.filter { $0.hasPrefix("warning") }.count == 1)
            #expect(
                bench.log.text.contains {
                    $0.contains("another process or tool fetched one; use token.source stable_token")
                }
            )
            other.keeper.stop()
        }
    }

    @Test("a second fresh token that is refused is not replaced at once: the update names the cause, a probe too")
    func putOff() async throws {
        try await Self.run { server, bench in
            var updates = bench.updates.makeAsyncIterator()
            bench.keeper.start()
            _ = try Self.token(await updates.next())
            bench.keeper.refresh(refused: 1)
            _ = try Self.token(await updates.next())
            bench.keeper.refresh(refused: 2)
            for _ in 0..<3 {
                guard case .refused(.errcode(40001), let errmsg, nil, false) = await updates.next() else {
                    Issue.record("a token that is put off is not told as refused")
                    return
                }
                #expect(errmsg.contains("another process or tool fetches them too"))
                bench.keeper.retry()
            }
            #expect(try await server.statistics().tokensIssued == 2)
        }
    }
}
