import RelayCore
import Synchronization
import Testing
import WeChatClient

@Suite("Token keeper, with a token endpoint of its own", .timeLimit(.minutes(10)))
struct TokenKeeperTests {
    private static func token(_ value: String, expiresIn: Int = 7_200) -> String {
        answer("{\"access_token\":\"\(value)\",\"expires_in\":\(expiresIn)}")
    }

    private static func ready(_ generation: UInt64, _ value: String, seconds: Int64 = 7_200) -> TokenUpdate {
        let expires = MonotonicTime(nanoseconds: seconds * 1_000_000_000)
        return .ready(AccessToken(generation: generation, value: Secret(value), expires: expires))
    }

    /// `isUsable` of the refusal that the test's endpoint gives; nil for any other update.
    private static func refusedAndUsable(_ update: TokenUpdate) -> Bool? {
        guard case .refused(.status(403), _, nil, let isUsable) = update else { return nil }
        return isUsable
    }

    @Test("the token is asked for as documented, below the base URL's path, and told to all who subscribe")
    func documented() async throws {
        let server = try await ScriptedServer.start { _ in [.send(Self.token("TOKEN"))] }
        let bench = try TokenBench(baseURL: "http://127.0.0.1:\(server.port)/proxy", secret: "s3cret")
        var updates = bench.updates.makeAsyncIterator()
        bench.keeper.retry()
        bench.keeper.start()
        bench.keeper.start()
        #expect(await updates.next() == Self.ready(1, "TOKEN"))
        let late = AsyncStream { continuation in bench.keeper.subscribe { continuation.yield($0) } }
        var lateUpdates = late.makeAsyncIterator()
        #expect(await lateUpdates.next() == Self.ready(1, "TOKEN"))
        let request = try #require(server.requests.first)
        #expect(server.requests.count == 1)
        #expect(request.head.hasPrefix("POST /proxy/cgi-bin/stable_token HTTP/1.1\r\n"))
        #expect(
            request.body == """
                {"grant_type":"client_credential","appid":"wx0","secret":"s3cret","force_refresh":false}
                """
        )
        bench.keeper.stop()
        try await server.stop()
    }

    @Test("a hundred refusals at once are one token request")
    func singleFlight() async throws {
        let server = try await ScriptedServer.start { request in [.send(Self.token("token \(request.number)"))] }
        let bench = try TokenBench(baseURL: "http://127.0.0.1:\(server.port)", secret: "s3cret")
        var updates = bench.updates.makeAsyncIterator()
        bench.keeper.start()
        #expect(await updates.next() == Self.ready(1, "token 0"))
        await withTaskGroup { group in
            for _ in 0..<100 { group.addTask { bench.keeper.refresh(refused: 1) } }
        }
        let renewed = await updates.next()
        #expect(renewed == Self.ready(2, "token 1"))
        #expect(server.requests.count == 2)
        bench.keeper.stop()
        try await server.stop()
    }

    @Test("the same token refused twice is renewed by force")
    func forced() async throws {
        let server = try await ScriptedServer.start { request in
            [.send(Self.token(request.body.contains("\"force_refresh\":true") ? "new" : "old"))]
        }
        let bench = try TokenBench(baseURL: "http://127.0.0.1:\(server.port)", secret: "s3cret")
        var updates = bench.updates.makeAsyncIterator()
        bench.keeper.start()
        #expect(await updates.next() == Self.ready(1, "old"))
        bench.keeper.refresh(refused: 1)
        #expect(await updates.next() == Self.ready(2, "old"))
        bench.keeper.refresh(refused: 1)
        bench.keeper.refresh(refused: 2)
        #expect(await updates.next() == Self.ready(3, "new"))
        #expect(server.requests.count == 3)
        bench.keeper.stop()
        try await server.stop()
    }

    @Test("a wrong secret is refused with WeChat's words, and a mended one ends it without a new start")
    func mendedSecret() async throws {
        let server = try await ScriptedServer.start { request in
            guard request.body.contains("\"secret\":\"right\"") else {
                let errmsg = "invalid appsecret wrong-one, rid: 66aabbcc-11223344-55667788"
                return [.send(answer("{\"errcode\":40125,\"errmsg\":\"\(errmsg)\"}"))]
            }
            return [.send(Self.token("TOKEN"))]
        }
        let bench = try TokenBench(baseURL: "http://127.0.0.1:\(server.port)", secret: "wrong-one")
        var updates = bench.updates.makeAsyncIterator()
        bench.keeper.start()
        guard case .refused(let code, let errmsg, let rid, let isUsable) = await updates.next() else {
            Issue.record("the wrong secret was not refused")
            return
        }
        #expect(code == .errcode(40125))
        #expect(errmsg.hasPrefix("invalid appsecret ***"))
        #expect(rid == "66aabbcc-11223344-55667788")
        #expect(!isUsable)
        bench.set(secret: nil)
        bench.keeper.retry()
        let unreadable = "the app secret cannot be read: NoSecret()"
        #expect(await updates.next() == .refused(code: .errcode(41004), errmsg: unreadable, rid: nil, isUsable: false))
        bench.set(secret: "right")
        bench.keeper.retry()
        #expect(await updates.next() == Self.ready(1, "TOKEN"))
        #expect(server.requests.count == 2)
        bench.keeper.stop()
        try await server.stop()
    }

    @Test("an endpoint that is away, busy or answers nonsense is away, and back at the next try")
    func away() async throws {
        let nonsense: [[ScriptedServer.Step]] = [
            [.send(answer("{\"errcode\":-1,\"errmsg\":\"system busy\"}"))],
            [.send(answer("<html>bad gateway</html>", status: "502 Bad Gateway"))],
            [.send(answer("{\"access_token\":\"half"))],
            [.close],
        ]
        let served = Mutex(0)
        let server = try await ScriptedServer.start { _ in
            let index = served.withLock {
                $0 += 1; return $0 - 1
            }
            return index < nonsense.count ? nonsense[index] : [.send(Self.token("TOKEN"))]
        }
        let bench = try TokenBench(baseURL: "http://127.0.0.1:\(server.port)", secret: "s3cret")
        var updates = bench.updates.makeAsyncIterator()
        bench.keeper.start()
        let expected: [OutcomeCode] = [.errcode(-1), .status(502), .status(200), .transport(.resetAfterWrite)]
        for code in expected {
            guard case .away(code, _, false) = await updates.next() else {
                Issue.record("\(code) is not told as away")
                return
            }
            bench.keeper.retry()
        }
        #expect(await updates.next() == Self.ready(1, "TOKEN"))
        bench.keeper.stop()
        try await server.stop()
    }

    @Test("a renewal that fails leaves the token usable; one after a refusal does not")
    func usable() async throws {
        let server = try await ScriptedServer.start { request in
            request.number == 0 ? [.send(Self.token("TOKEN"))] : [.send(answer("", status: "403 Forbidden"))]
        }
        let bench = try TokenBench(baseURL: "http://127.0.0.1:\(server.port)", secret: "s3cret")
        var updates = bench.updates.makeAsyncIterator()
        bench.keeper.start()
        #expect(await updates.next() == Self.ready(1, "TOKEN"))
        bench.keeper.retry()
        #expect(await updates.next().flatMap(Self.refusedAndUsable) == true)
        bench.keeper.refresh(refused: 1)
        // The schedule's own next try may come in between.
        var isUsable: Bool? = true
        while isUsable == true { isUsable = await updates.next().flatMap(Self.refusedAndUsable) }
        #expect(isUsable == false)
        bench.keeper.stop()
        try await server.stop()
    }

    @Test("the token is renewed by itself when its time comes, and again after a failure")
    func renewal() async throws {
        let server = try await ScriptedServer.start { request in
            request.number == 1
                ? [.send(answer("", status: "503 Busy"))]
                : [.send(Self.token("token \(request.number)"))]
        }
        // Three hours pass whenever the keeper looks at the clock: what it plans is due at once.
        let looks = Mutex<Int64>(0)
        let now: @Sendable () -> MonotonicTime = {
            MonotonicTime(
                nanoseconds: looks.withLock {
                    $0 += 1; return $0
                } * 10_800 * 1_000_000_000
            )
        }
        let bench = try TokenBench(baseURL: "http://127.0.0.1:\(server.port)", secret: "s3cret", now: now)
        var updates = bench.updates.makeAsyncIterator()
        bench.keeper.start()
        var values: [String] = []
        while values.count < 3, let update = await updates.next() {
            switch update {
            case .ready(let token): values.append(token.value.exposed)
            case .away(let code, _, _):
                #expect(code == .status(503))
                values.append("away")
                bench.keeper.retry()
            case .refused: Issue.record("\(update)")
            }
        }
        #expect(values == ["token 0", "away", "token 2"])
        bench.keeper.stop()
        try await server.stop()
    }

    @Test("a static token is ready until it is refused, and then until another one stands in its place")
    func staticToken() async throws {
        let nobody = "http://127.0.0.1:\(ScriptedServer.deadPort)"
        let bench = try TokenBench(baseURL: nobody, secret: "first", source: { .fixed($0) })
        var updates = bench.updates.makeAsyncIterator()
        bench.keeper.start()
        #expect(await updates.next() == .ready(AccessToken(generation: 1, value: Secret("first"), expires: nil)))
        bench.keeper.refresh(refused: 0)
        // Refused again, it is told once: who asks for more retries.
        for act in [{}, { bench.keeper.retry() }] {
            bench.keeper.refresh(refused: 1)
            act()
            guard case .refused(.errcode(40001), _, nil, false) = await updates.next() else {
                Issue.record("the refused token is not told as refused")
                return
            }
        }
        bench.set(secret: nil)
        bench.keeper.retry()
        guard case .refused(.errcode(41001), _, nil, false) = await updates.next() else {
            Issue.record("the missing token is not told as refused")
            return
        }
        bench.set(secret: "second")
        bench.keeper.retry()
        #expect(await updates.next() == .ready(AccessToken(generation: 2, value: Secret("second"), expires: nil)))
        bench.keeper.stop()
    }

    @Test("neither secret nor token reaches the log or a description")
    func nothingLeaks() async throws {
        let server = try await ScriptedServer.start { request in
            request.number == 0
                ? [.send(Self.token("TOKEN-VALUE"))]
                : [.send(answer("{\"errcode\":40125,\"errmsg\":\"s3cret-value TOKEN-VALUE access_token=abc\"}"))]
        }
        let bench = try TokenBench(baseURL: "http://127.0.0.1:\(server.port)", secret: "s3cret-value")
        var updates = bench.updates.makeAsyncIterator()
        bench.keeper.start()
        var shown: [String] = []
        for _ in 0..<3 {
            shown.append("\(String(describing: await updates.next()))")
            bench.keeper.retry()
        }
        _ = await updates.next()
        shown += bench.log.text
        // Ready once, then one refusal; the rest repeats it.
        let levels = bench.log.text.map { String($0.prefix(5)) }
        #expect(levels.prefix(2) == ["info ", "error"])
        #expect(levels.count >= 4 && levels.dropFirst(2).allSatisfy { $0 == "debug" })
        for text in shown {
            #expect(!text.contains("s3cret-value") && !text.contains("TOKEN-VALUE") && !text.contains("abc"), "\(text)")
        }
        #expect(bench.log.text.contains { $0.contains("errmsg=*** *** access_token=***") })
        bench.keeper.stop()
        try await server.stop()
    }
}
