import FakeWeChat
import RelayCore
import Testing

@Suite("Functions over a socket") struct ServerAnswerTests {
    private let opening = #"{"errcode":0,"errmsg":"ok","resp_data":"#

    @Test("an echo is the request's bytes as one JSON string, whatever they are")
    func echo() async throws {
        try await ServedFake.run { fake in
            var body = (0...255).map { UInt8($0) }
            body += Array("\"\\ 你好 /".utf8)
            try fake.connection.send(RawConnection.request("POST", fake.target("echo"), body: body))
            let answer = try fake.connection.receive()
            var expected = Array(opening.utf8) + [UInt8(ascii: "\"")]
            for byte in body {
                switch byte {
                case 0x09: expected += Array(#"\t"#.utf8)
                case 0x0A: expected += Array(#"\n"#.utf8)
                case 0x0D: expected += Array(#"\r"#.utf8)
                case 0x22: expected += Array(#"\""#.utf8)
                case 0x5C: expected += Array(#"\\"#.utf8)
                case 0x00...0x0F: expected += Array((#"\u000"# + String(byte, radix: 16)).utf8)
                case 0x10...0x1F: expected += Array((#"\u00"# + String(byte, radix: 16)).utf8)
                default: expected.append(byte)
                }
            }
            #expect(answer.body == expected + Array("\"}".utf8))
        }
    }

    @Test("a megabyte goes through in both directions", arguments: [65_536, 1_048_576])
    func large(size: Int) async throws {
        try await ServedFake.run({ $0.functions["big"] = .init(answer: .init(.size(size))) }) { fake in
            let body = String(repeating: "y", count: size)
            let echo = try fake.connection.post(fake.target("echo"), body)
            #expect(echo.text == opening + "\"\(body)\"}")
            let big = try fake.connection.post(fake.target("big"), "{}")
            #expect(big.body.count == opening.utf8.count + size + 3)
            #expect(try await fake.server.calls().map(\.byteCount) == [size, 2])
        }
    }

    @Test("a body over the scenario's limit is HTTP 413")
    func tooLarge() async throws {
        try await ServedFake.run({ $0.maxBody = 10 }) { fake in
            try await fake.server.changeScenario { $0.maxBody = 4 }
            #expect(try fake.connection.post(fake.target("echo"), "12345").status == 413)
            #expect(try fake.connection.post(fake.target("echo"), "1234").status == 200)
        }
    }

    @Test("hostile answers come byte for byte as they are scripted")
    func hostile() async throws {
        let answers: [(content: ScriptedAnswer.Content, value: [UInt8])] = [
            (.text("a\"b"), Array(#""a\"b""#.utf8)),
            (.controlCharacters, Array("\"first line\nsecond line\twith a tab \u{1} and a control character\"".utf8)),
            (.gbk, Array("\"GBK: ".utf8) + [0xC4, 0xE3, 0xBA, 0xC3] + Array(".\"".utf8)),
            (.literal("null"), Array("null".utf8)),
            (.literal("17"), Array("17".utf8)),
        ]
        try await ServedFake.run { fake in
            for (content, value) in answers {
                try await fake.server.changeScenario { $0.functions["hostile"] = .init(answer: .init(content)) }
                let answer = try fake.connection.post(fake.target("hostile"), "{}")
                #expect(answer.body == Array(opening.utf8) + value + Array("}".utf8))
            }
            try await fake.server.changeScenario { $0.functions["hostile"] = .init(answer: .init(.absent)) }
            #expect(try fake.connection.post(fake.target("hostile"), "{}").text == #"{"errcode":0,"errmsg":"ok"}"#)
            let page = ScriptedAnswer(.raw("<html>"), status: 201, contentType: "text/html")
            try await fake.server.changeScenario { $0.functions["hostile"] = .init(answer: page) }
            let answer = try fake.connection.post(fake.target("hostile"), "{}")
            #expect(answer.text == "<html>")
            #expect(answer.status == 201)
            #expect(answer.headers["content-type"] == "text/html")
            #expect(try await fake.server.calls().last?.outcome == .status(201))
        }
    }

    @Test("a directed request gets its errcodes, HTTP statuses and lost connections in order")
    func directed() async throws {
        let body = #"{"id":"a","fake":{"errcodes":[-1,45011,"http 502","close","cut",0]}}"#
        try await ServedFake.run { fake in
            let target = fake.target("directed")
            #expect(
                try fake.connection.post(target, body).text.hasPrefix(#"{"errcode":-1,"errmsg":"system error rid: "#)
            )
            #expect(
                try fake.connection.post(target, body).text.hasPrefix(#"{"errcode":45011,"errmsg":"api minute-quota"#)
            )
            #expect(try fake.connection.post(target, body).status == 502)
            #expect(throws: RawConnection.Failure.closed(after: 0)) { try fake.connection.post(target, body) }
            let second = try RawConnection(port: fake.server.port)
            #expect {
                try second.post(target, body)
            } throws: { error in
                guard case RawConnection.Failure.closed(let count) = error else { return false }
                return count > 100
            }
            let third = try RawConnection(port: fake.server.port)
            #expect(try third.post(target, body).text.hasPrefix(opening))
            #expect(try third.post(target, body).text.hasPrefix(opening))
            let calls = try await fake.server.calls()
            #expect(
                calls.compactMap { $0.outcome?.description } == ["-1", "45011", "http 502", "closed", "cut", "0", "0"]
            )
            let counts = try await fake.server.countsByID()
            #expect(counts["a"].map { [$0.calls, $0.ran, $0.succeeded] } == [7, 5, 2])
        }
    }

    @Test("a directed HTTP 429 says when to come again")
    func retryAfter() async throws {
        try await ServedFake.run { fake in
            let body = #"{"fake":{"errcodes":["http 429"],"retry-after":3}}"#
            let answer = try fake.connection.post(fake.target("directed"), body)
            #expect(answer.status == 429)
            #expect(answer.headers["retry-after"] == "3")
        }
    }

    @Test("a call that takes more than its limit is -504003")
    func timeLimit() async throws {
        let slow = FunctionScenario(latency: .fixed(.seconds(600)), timeLimit: .milliseconds(1))
        try await ServedFake.run({ $0.functions["slow"] = slow }) { fake in
            let answer = try fake.connection.post(fake.target("slow"), "{}")
            #expect(
                answer.text.contains(#""errcode":-504003,"errmsg":"Invoking task timed out after 0.001 seconds rid: "#)
            )
            #expect(try await fake.server.calls().map(\.ran) == [true])
        }
    }

    @Test("a hanging call occupies its function until its caller goes away")
    func concurrency() async throws {
        let silent = FunctionScenario(
            concurrency: 1,
            steps: StepSequence([.init(.fault(Fault(.hang))), .init(.answer(.echo))])
        )
        try await ServedFake.run({ $0.functions["silent"] = silent }) { fake in
            try await hang(fake)
            _ = try await fake.statistics { $0.connectionsOpen == 1 && $0.functions["silent"]?.underWay == 0 }
            #expect(try fake.connection.post(fake.target("silent"), "{}").text.hasPrefix(opening))
            let calls = try await fake.server.calls()
            #expect(calls.map(\.outcome) == [.disconnected, .errcode(-501_004), .errcode(0)])
            #expect(calls.map(\.ran) == [true, false, true])
        }
    }

    /// Leaves a call hanging, looks at it, has another one refused, and goes away.
    private func hang(_ fake: ServedFake) async throws {
        let waiting = try RawConnection(port: fake.server.port)
        try waiting.send(RawConnection.request("POST", fake.target("silent"), body: Array("{}".utf8)))
        let statistics = try await fake.statistics { $0.functions["silent"]?.underWay == 1 }
        #expect(statistics.connectionsOpen == 2)
        #expect(try await fake.server.calls().map(\.outcome) == [nil])
        #expect(try fake.connection.post(fake.target("silent"), "{}").text.contains(#""errcode":-501004"#))
        withExtendedLifetime(waiting) {}
    }
}
