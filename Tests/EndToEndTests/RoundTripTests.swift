import FakeWeChat
import Testing

extension EndToEnd {
    @Suite("Raw format") struct RoundTripTests {
        @Test("a request comes back with the function's bytes, is committed, and the relay leaves with 0")
        func one() async throws {
            try await RelayBench.run { bench in
                try await bench.send([.directed("a")])
                let replies = try await bench.replies(1)
                #expect(replies.map(\.id) == ["a"])
                #expect(replies.map(\.text) == [#"{"id":"a","fake":{}}"#])
                try await bench.everythingCommitted()
                #expect(try await bench.relay.stop() == .exit(0))
                #expect(try await bench.recordsNow().count == 1)
            }
        }

        @Test("bodies go to the function and come back byte for byte")
        func bodies() async throws {
            let bodies: [String: [UInt8]] = [
                "binary": Array(0...255) + Array((0...255).reversed()),
                "zeros": Array("{\"a\":\"".utf8) + [0, 0] + Array("b\"}".utf8),
                "emoji": Array(#"{"text":"你好 👩‍👩‍👧‍👦 \ud83d\ude00"}"#.utf8),
                "lone surrogate": Array(#"{"text":"\ud83d and \ude00"}"#.utf8),
                "no JSON": Array("plain = text & 100%".utf8),
                "one byte": [0],
                "large": (0..<(512 << 10)).map { UInt8(truncatingIfNeeded: $0 &* 7) },
            ]
            try await RelayBench.run(RelaySettings()) { bench in
                try await bench.send(
                    bodies.map { Request(value: $0.value, key: $0.key, headers: [("correlation-id", $0.key)]) }
                )
                let replies = try await bench.replies(bodies.count)
                for reply in replies { #expect(reply.value == bodies[reply.id], "\(reply.id)") }
                #expect(Set(replies.map(\.id)) == Set(bodies.keys))
                let hashes = try await bench.fake.calls().map(\.hash)
                #expect(Set(hashes) == Set(bodies.values.map { CallLog.hash($0) }))
            }
        }

        @Test("answers that are hardly JSON reach the reply with the bytes they stand for")
        func answers() async throws {
            let large = [UInt8](repeating: UInt8(ascii: "x"), count: 512 << 10)
            let answers: [String: (ScriptedAnswer, [UInt8])] = [
                "zeros": (Self.raw(#""a\u0000b""#), [0x61, 0, 0x62]),
                "emoji": (Self.raw(#""\ud83d\ude00 \u4f60好""#), Array("😀 你好".utf8)),
                // Half a pair has no UTF-8; what Java's encoder would make of it is a replacement as well.
                "surrogate": (Self.raw(#""a\ud83dz\ude00""#), Array("a\u{FFFD}z\u{FFFD}".utf8)),
                "slashes": (Self.raw(#""a\/b\\\"\t""#), Array("a/b\\\"\t".utf8)),
                "controls": (ScriptedAnswer(.controlCharacters), ScriptedAnswer.controlBytes),
                "gbk": (ScriptedAnswer(.gbk), ScriptedAnswer.gbkBytes),
                "large": (ScriptedAnswer(.size(512 << 10)), large),
                "empty": (ScriptedAnswer(.text("")), []),
                "null": (ScriptedAnswer(.literal("null")), []),
                "absent": (ScriptedAnswer(.absent), []),
            ]
            let scenario = Scenario.plain { scenario in
                for (name, answer) in answers { scenario.functions[name] = FunctionScenario(answer: answer.0) }
            }
            let settings = RelaySettings(pipeline: ["allow": "{functions: ['*']}"])
            try await RelayBench.run(settings, scenario: scenario) { bench in
                try await bench.send(
                    answers.keys.map {
                        Request("x", headers: [("correlation-id", $0), ("wxrelay-function", $0)])
                    }
                )
                let replies = try await bench.replies(answers.count)
                for reply in replies {
                    // An empty value, never null.
                    #expect(reply.value == answers[reply.id]?.1, "\(reply)")
                    #expect(reply.isOK)
                }
                #expect(Set(replies.map(\.id)) == Set(answers.keys))
            }
        }

        private static func raw(_ data: String) -> ScriptedAnswer {
            ScriptedAnswer(.raw(#"{"errcode":0,"errmsg":"ok","resp_data":"# + data + "}"))
        }
    }
}
