import FakeWeChat
import Logging
import Testing

/// The client and the fake share no HTTP code, so each is held to the same bytes by itself.
@Suite("One captured exchange of each kind", .timeLimit(.minutes(10)))
struct ExchangeTests {
    @Test(
        "the client still writes the request, byte for byte, and reads the answer",
        arguments: Exchange.all.filter { $0.client != nil }
    )
    func client(exchange: Exchange) async throws {
        let recorded = try exchange.answer()
        let server = try await ScriptedServer.start { request in
            // What follows a tunnel's opening is another exchange.
            [.send(request.number == 0 ? recorded : answer("through the tunnel"))]
        }
        #expect(try await exchange.client?(server.port) == exchange.reading)
        let request = try #require(server.requests.first)
        let written = "\(request.head)\r\n\r\n\(request.body)"
        #expect(written.replacing("127.0.0.1:\(server.port)", with: "127.0.0.1:8088") == (try exchange.request()))
        try await server.stop()
    }

    @Test("the fake still answers the request so", arguments: Exchange.all.filter(\.isFakes))
    func fake(exchange: Exchange) async throws {
        var scenario = Scenario()
        scenario.functions = ["echo": FunctionScenario(answer: .echo)]
        let fake = try await FakeWeChatServer.start(
            scenario: scenario,
            logger: Logger(label: "fake") { _ in SwiftLogNoOpLogHandler() }
        )
        let stable = try #require(Exchange.all.first { $0.name == "stable-token" })
        let given = try RawExchange.answer(port: fake.port, to: stable.request())
        let token = try #require(given.firstMatch(of: Self.token)).output
        let request = try exchange.request().replacing(Exchange.recordedToken, with: token)
        let answer = try RawExchange.answer(port: fake.port, to: request)
        #expect(masked(answer) == masked(try exchange.answer()))
        try await fake.stop()
    }

    private static var token: Regex<Substring> { /[0-9]{2}_[A-Za-z0-9_-]{100,}/ }

    /// Without what differs from time to time: tokens, their rest of life, what was used of a quota, and the lengths of
    /// such answers.
    private func masked(_ answer: String) -> String {
        let masked = answer.replacing(Self.token, with: "…")
            .replacing(/"(expires_in|used|remain)":[0-9]+/) { "\"\($0.1)\":…" }
        return masked == answer ? answer : masked.replacing(/Content-Length: [0-9]+/, with: "Content-Length: …")
    }
}
