import FakeWeChat
import Testing

extension EndToEnd {
    @Suite("Request record") struct RequestFormTests {
        @Test("an envelope's data goes out as it stands, its members go before headers")
        func envelope() async throws {
            var settings = RelaySettings(pipeline: ["allow": "{functions: [directed], envs: [stage]}"])
            settings.request = ["format: envelope"]
            try await RelayBench.run(settings, scenario: .plain { $0.environments.insert("stage") }) { bench in
                let data = #"{ "b" : 1,"a":[1, 2 ], "b":1.50, "s":"\u4f60\/" }"#
                try await bench.send([
                    Request(
                        #"{"correlationId":"a","function":"directed","env":"stage","x":1,"data":\#(data)}"#,
                        headers: [("correlation-id", "not this"), ("wxrelay-function", "nor this")]
                    ),
                    Request(#"{"data":"text","correlationId":"b","ttl":"60s"}"#),
                    Request(#"{"data":17}"#, headers: [("correlation-id", "c")]),
                    Request(#"{"correlationId":"d","data":"#),
                    Request("[]", headers: [("correlation-id", "e")]),
                    Request(#"{"correlationId":"f"}"#),
                ])
                let replies = try await bench.replies(6)
                let ok = Dictionary(uniqueKeysWithValues: replies.filter(\.isOK).map { ($0.id, $0.text) })
                #expect(ok == ["a": data, "b": #""text""#, "c": "17"])
                for reply in replies where !reply.isOK {
                    #expect(try reply.document.reason == "invalid_request", "\(reply)")
                }
                #expect(Set(replies.filter { !$0.isOK }.map(\.id)) == ["d", "e", "f"])
                let a = try #require(replies.first { $0.id == "a" })
                #expect(a["wxrelay-env"] == "stage")
                #expect(a["wxrelay-function"] == "directed")
            }
        }

        @Test("a record may name only what the allow-list admits, and is answered without a call")
        func allowLists() async throws {
            let settings = RelaySettings(pipeline: ["allow": "{functions: [get*], envs: [], reply-topics: [ok-*]}"])
            try await RelayBench.run(settings) { bench in
                let refused: [String: (header: String, value: String)] = [
                    "function": ("wxrelay-function", "deleteAll"),
                    "environment": ("wxrelay-env", "prod"),
                    "topic": ("reply-topic", "other"),
                    "internal": ("reply-topic", "__consumer_offsets"),
                    // A topic that the relay itself consumes would make a loop.
                    "loop": ("reply-topic", bench.names.requests),
                ]
                try await bench.send(
                    refused.map {
                        Request("x", headers: [("correlation-id", $0.key), ($0.value.header, $0.value.value)])
                    }
                )
                let replies = try await bench.replies(refused.count)
                #expect(Set(replies.map(\.id)) == Set(refused.keys))
                for reply in replies {
                    let document = try reply.document
                    #expect(document.reason == "not_allowed", "\(reply)")
                    #expect(document["attempts"] == .number(0))
                    #expect(document["invocationsPossible"] == .number(0))
                    let value = refused[reply.id]?.value ?? "?"
                    #expect(document.text("errmsg")?.contains(value) == true, "\(reply)")
                }
                #expect(try await bench.fake.statistics().calls == 0)
            }
        }

        @Test("on-null decides what a tombstone is")
        func nulls() async throws {
            async let failed = Self.repliesToNull(rule: "fail")
            async let skipped = Self.repliesToNull(rule: "skip")
            async let empty = Self.repliesToNull(rule: "empty-object")
            let (onFail, onSkip, onEmpty) = try await (failed, skipped, empty)
            #expect(onFail == ["null: failed invalid_request", "after: ok x"])
            #expect(onSkip == ["after: ok x"])
            #expect(onEmpty == ["null: ok {}", "after: ok x"])
        }

        private static func repliesToNull(rule: String) async throws -> Set<String> {
            var settings = RelaySettings()
            settings.request = ["on-null: \(rule)"]
            return try await RelayBench.run(settings, partitions: 1) { bench in
                try await bench.send([
                    Request(value: nil, headers: [("correlation-id", "null")]),
                    Request("x", headers: [("correlation-id", "after")]),
                ])
                // A skipped one is committed as well, so that nothing more can come.
                try await bench.everythingCommitted()
                let replies = try await bench.replies(rule == "skip" ? 1 : 2)
                return Set(
                    try replies.map { reply in
                        "\(reply.id): "
                            + (reply.isOK ? "ok \(reply.text)" : "failed \(try reply.document.reason ?? "")")
                    }
                )
            }
        }

        @Test("bad records between good ones are answered, and stop nobody")
        func badOnes() async throws {
            let bad: [String: Request] = [
                "empty": Request(value: []),
                "deadline": Request("x", headers: [("wxrelay-deadline", "tomorrow")]),
                "ttl": Request("x", headers: [("wxrelay-ttl", "-1s")]),
                "partition": Request("x", headers: [("wxrelay-reply-partition", "two")]),
                "function": Request("x", headers: [("wxrelay-function", "a&env=b")]),
                "env": Request("x", headers: [("wxrelay-env", "UPPER")]),
            ]
            let settings = RelaySettings(pipeline: ["allow": "{functions: ['*'], envs: ['*']}"])
            try await RelayBench.run(settings, partitions: 1) { bench in
                var requests: [Request] = []
                for (name, request) in bad {
                    var named = request
                    named.headers.append(("correlation-id", Array(name.utf8)))
                    requests += [named, Request("good", headers: [("correlation-id", "after \(name)")])]
                }
                try await bench.send(requests)
                let replies = try await bench.replies(requests.count)
                for reply in replies where bad[reply.id] != nil {
                    #expect(try reply.document.reason == "invalid_request", "\(reply)")
                }
                #expect(Set(replies.filter(\.isOK).map(\.id)) == Set(bad.keys.map { "after \($0)" }))
                #expect(Set(replies.map(\.id)).count == requests.count)
                #expect(try await bench.deadLetters(bad.count).count == bad.count)
                #expect(try await bench.fake.statistics().calls == bad.count)
                try await bench.everythingCommitted()
            }
        }

        @Test("the injected member tells the function the request's id, attempt and place")
        func inject() async throws {
            let settings = RelaySettings(pipeline: [
                "function": "directed", "inject": "{member: _wxrelay}", "retry": "{initial: 10ms}",
            ])
            try await RelayBench.run(settings) { bench in
                let object = Request.directed("a", ["-1", "0"])
                let list = Request("[1]", headers: [("correlation-id", "b")])
                let places = try await bench.send([object, list])
                let replies = try await bench.replies(2)
                let body = String(decoding: object.value ?? [], as: UTF8.self).dropLast()
                let member = #""_wxrelay":{"correlationId":"a","attempt":2,"source":"\#(places[0])"}"#
                #expect(replies.first { $0.id == "a" }?.text == "\(body),\(member)}")
                // Only an object has members.
                #expect(replies.first { $0.id == "b" }?.text == "[1]")
            }
        }
    }
}
