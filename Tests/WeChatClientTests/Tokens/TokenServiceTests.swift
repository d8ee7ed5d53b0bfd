import RelayCore
import Testing
import WeChatClient

@Suite("Token source url, with a token service of its own", .timeLimit(.minutes(10)))
struct TokenServiceTests {
    /// A keeper that asks the server; what it reads from the test's secret is the bearer.
    private static func bench(
        port: Int,
        target: String = "/wx",
        name: String = "http://tokens.internal/wx",
        bearer: String? = nil,
        path: String? = nil
    ) throws -> TokenBench {
        try TokenBench(
            baseURL: "http://127.0.0.1:\(port)",
            secret: bearer,
            source: { secret in
                .service(
                    TokenService(
                        name: name,
                        target: Secret(target),
                        bearer: bearer == nil ? nil : secret,
                        path: path.flatMap { TokenPath($0) }
                    )
                )
            }
        )
    }

    private static func ready(_ generation: UInt64, _ value: String, seconds: Int64? = nil) -> TokenUpdate {
        let expires = seconds.map { MonotonicTime(nanoseconds: $0 * 1_000_000_000) }
        return .ready(AccessToken(generation: generation, value: Secret(value), expires: expires))
    }

    @Test("the token is got by GET from the URL with its query, with the bearer in its header and no body")
    func request() async throws {
        let server = try await ScriptedServer.start { _ in
            [.send(answer("{\"access_token\":\"TOKEN\",\"expires_in\":7200}"))]
        }
        let bench = try Self.bench(port: server.port, target: "/wx/?app=main&key=k", bearer: "b-e.a_r/e+r=")
        var updates = bench.updates.makeAsyncIterator()
        bench.keeper.start()
        #expect(await updates.next() == Self.ready(1, "TOKEN", seconds: 7_200))
        let request = try #require(server.requests.first)
        #expect(request.head.hasPrefix("GET /wx/?app=main&key=k HTTP/1.1\r\n"))
        #expect(request.head.contains("\r\nAuthorization: Bearer b-e.a_r/e+r=\r\n"))
        #expect(!request.head.lowercased().contains("content-type"))
        #expect(request.body.isEmpty)
        bench.keeper.stop()
        try await server.stop()
    }

    @Test("without a bearer there is no such header")
    func noBearer() async throws {
        let server = try await ScriptedServer.start { _ in [.send(answer("TOKEN\n"))] }
        let bench = try Self.bench(port: server.port)
        var updates = bench.updates.makeAsyncIterator()
        bench.keeper.start()
        #expect(await updates.next() == Self.ready(1, "TOKEN"))
        #expect(server.requests.map { $0.head.contains("Authorization") } == [false])
        bench.keeper.stop()
        try await server.stop()
    }

    @Test("the token may stand deeper in the answer")
    func path() async throws {
        let document = "{\"code\":0,\"data\":{\"token\":\"TOKEN\",\"expires_in\":600}}"
        let server = try await ScriptedServer.start { _ in [.send(answer(document))] }
        let bench = try Self.bench(port: server.port, path: "data.token")
        var updates = bench.updates.makeAsyncIterator()
        bench.keeper.start()
        #expect(await updates.next() == Self.ready(1, "TOKEN", seconds: 600))
        bench.keeper.stop()
        try await server.stop()
    }

    @Test("a refused token is asked for again, whether the service has another one or not")
    func refused() async throws {
        let server = try await ScriptedServer.start { request in [.send(answer(request.number < 2 ? "old" : "new"))] }
        let bench = try Self.bench(port: server.port)
        var updates = bench.updates.makeAsyncIterator()
        bench.keeper.start()
        #expect(await updates.next() == Self.ready(1, "old"))
        bench.keeper.refresh(refused: 1)
        #expect(await updates.next() == Self.ready(2, "old"))
        bench.keeper.refresh(refused: 2)
        bench.keeper.refresh(refused: 2)
        #expect(await updates.next() == Self.ready(3, "new"))
        #expect(server.requests.count == 3)
        bench.keeper.stop()
        try await server.stop()
    }

    @Test(
        "what is wrong is told with the service's name, as refused or as away",
        arguments: [
            ("401 Unauthorized", "not you", .refused(.status(401)), ": not you"),
            ("403 Forbidden", "", .refused(.status(403)), ""),
            ("404 Not Found", "<html>nothing</html>", .refused(.status(404)), ": <html>nothing</html>"),
            ("302 Found", "", .refused(.status(302)), ""),
            ("200 OK", "<html>log in</html>", .refused(.status(200)), ": the answer is an HTML page"),
            ("200 OK", "", .refused(.status(200)), ": the answer is empty"),
            ("200 OK", String(repeating: "x", count: 70_000), .refused(.transport(.answerTooLarge)), nil),
            (
                "200 OK", "{\"errcode\":40125,\"errmsg\":\"invalid appsecret\"}", .refused(.errcode(40125)),
                ": invalid appsecret"
            ),
            ("503 Busy", "come later", .away(.status(503)), ": come later"),
            ("429 Slow", "", .refused(.status(429)), ""),
        ] as [(String, String, Trouble, String?)]
    )
    func trouble(status: String, body: String, expected: Trouble, words: String?) async throws {
        let server = try await ScriptedServer.start { _ in [.send(answer(body, status: status))] }
        let bench = try Self.bench(port: server.port)
        var updates = bench.updates.makeAsyncIterator()
        bench.keeper.start()
        let (found, text) = Trouble.of(await updates.next())
        #expect(found == expected)
        #expect(text.hasPrefix("the token service http://tokens.internal/wx"))
        if let words { #expect(text == "the token service http://tokens.internal/wx\(words)") }
        bench.keeper.stop()
        try await server.stop()
    }

    enum Trouble: Equatable, Sendable {
        case refused(OutcomeCode)
        case away(OutcomeCode)

        static func of(_ update: TokenUpdate?) -> (Trouble?, String) {
            switch update {
            case .refused(let code, let errmsg, _, _): (.refused(code), errmsg)
            case .away(let code, let detail, _): (.away(code), detail)
            case .ready, nil: (nil, "")
            }
        }
    }

    @Test("a service that does not listen is away, and a bearer that is none is never sent")
    func unsent() async throws {
        let nobody = try Self.bench(port: ScriptedServer.deadPort)
        var updates = nobody.updates.makeAsyncIterator()
        nobody.keeper.start()
        #expect(Trouble.of(await updates.next()).0 == .away(.transport(.connectRefused)))
        nobody.keeper.stop()

        let server = try await ScriptedServer.start { _ in [.send(answer("TOKEN"))] }
        let bench = try Self.bench(port: server.port, bearer: "two\r\nlines")
        var others = bench.updates.makeAsyncIterator()
        bench.keeper.start()
        let (trouble, text) = Trouble.of(await others.next())
        #expect(trouble == .refused(.errcode(41001)))
        #expect(text.contains("its bearer holds") && !text.contains("lines"))
        bench.set(secret: nil)
        bench.keeper.retry()
        #expect(Trouble.of(await others.next()).1.contains("its bearer cannot be read: NoSecret()"))
        #expect(server.requests.isEmpty)
        bench.set(secret: "mended")
        bench.keeper.retry()
        #expect(await others.next() == Self.ready(1, "TOKEN"))
        bench.keeper.stop()
        try await server.stop()
    }

    @Test("neither token nor bearer nor the query reaches the log or an update's text")
    func nothingLeaks() async throws {
        let echoed = "you asked /wx?app=main&key=K3Y-VALUE with B3ARER-VALUE for T0KEN-VALUE"
        let server = try await ScriptedServer.start { request in
            switch request.number {
            case 0: [.send(answer("{\"data\":\"T0KEN-VALUE\"}"))]
            case 1: [.send(answer("{\"access_token\":\"T0KEN-VALUE\"}"))]
            case 2: [.send(answer(echoed, status: "401 No"))]
            case 3: [.send(answer("{\"errcode\":40001,\"errmsg\":\"\(echoed)\"}"))]
            default: [.send(answer("T0KEN-VALUE and more"))]
            }
        }
        let bench = try Self.bench(
            port: server.port,
            target: "/wx?app=main&key=K3Y-VALUE",
            name: "http://tokens.internal/wx?***",
            bearer: "B3ARER-VALUE"
        )
        var updates = bench.updates.makeAsyncIterator()
        bench.keeper.start()
        var shown: [String] = []
        for _ in 0..<5 {
            shown.append("\(String(describing: await updates.next()))")
            bench.keeper.retry()
        }
        shown += bench.log.text
        #expect(bench.log.text.contains { $0.contains("you asked /wx?*** with *** for ***") })
        for text in shown {
            for hidden in ["T0KEN-VALUE", "B3ARER-VALUE", "K3Y-VALUE"] { #expect(!text.contains(hidden), "\(text)") }
        }
        bench.keeper.stop()
        try await server.stop()
    }
}
