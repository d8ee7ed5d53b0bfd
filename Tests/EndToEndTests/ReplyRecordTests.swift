import FakeWeChat
import Testing

extension EndToEnd {
    @Suite("Reply record") struct ReplyRecordTests {
        @Test("a success has the headers of the contract, in order, and no other")
        func headers() async throws {
            try await RelayBench.run { bench in
                let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
                let springID: [UInt8] = [0x00, 0xFF, 0x10, 0x80]
                var request = Request.directed("a", ["-1", "0"], key: "k")
                request.headers += [
                    ("TraceParent", Array(trace.utf8)), ("tracestate", Array("a=1".utf8)),
                    ("kafka_correlationId", springID), ("my-own", Array("not copied".utf8)),
                ]
                let place = try await bench.send([request]).first
                let reply = try #require(try await bench.replies(1).first)
                #expect(reply.key == Array("a".utf8))
                #expect(
                    reply.headerNames == [
                        "wxrelay-status", "wxrelay-correlation-id", "wxrelay-errcode", "wxrelay-class",
                        "wxrelay-attempts", "wxrelay-invocations-possible", "wxrelay-duration-ms", "wxrelay-source",
                        "wxrelay-function", "wxrelay-env", "traceparent", "tracestate", "kafka_correlationId",
                    ]
                )
                #expect(reply["wxrelay-status"] == "ok")
                #expect(reply["wxrelay-errcode"] == "0")
                #expect(reply["wxrelay-class"] == "success")
                #expect(reply["wxrelay-attempts"] == "2")
                // -1 does not say that the function did not run.
                #expect(reply["wxrelay-invocations-possible"] == "2")
                #expect(reply["wxrelay-duration-ms"].flatMap { Int($0) } != nil)
                #expect(reply["wxrelay-source"] == place?.description)
                #expect(reply["wxrelay-function"] == "directed")
                #expect(reply["wxrelay-env"] == "demo-env")
                #expect(reply["traceparent"] == trace)
                #expect(reply["tracestate"] == "a=1")
                #expect(reply.headers.last?.value == springID)
            }
        }

        @Test(
            "the correlation id is the record's place when no header names one, and Spring's raw bytes when that does"
        )
        func correlation() async throws {
            try await RelayBench.run(RelaySettings()) { bench in
                var spring = Request("s")
                spring.headers = [("kafka_correlationId", [0, 1, 0xFE])]
                let places = try await bench.send([Request("a", partition: 1), spring])
                let replies = try await bench.replies(2)
                let own = try #require(replies.first { $0.text == "a" })
                #expect(own.key == Array("\(bench.names.requests)-1-0".utf8))
                #expect(own["wxrelay-source"] == places[0].description)
                #expect(own["kafka_correlationId"] == nil)
                let other = try #require(replies.first { $0.text == "s" })
                #expect(other.key == [0, 1, 0xFE])
            }
        }

        @Test("a reply lies in the partition that Java's default partitioner gives its key")
        func partition() async throws {
            // Apache Kafka, UtilsTest.testMurmur2: key and hash.
            let hashes: [String: Int32] = [
                "21": -973_932_308, "foobar": -790_332_482, "a-little-bit-long-string": -985_981_536,
                "a-little-bit-longer-string": -1_486_304_829,
                "lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8": -58_897_971, "abc": 479_470_107,
            ]
            try await RelayBench.run(RelaySettings(), partitions: 7) { bench in
                try await bench.send(hashes.keys.map { Request("x", headers: [("correlation-id", $0)]) })
                for reply in try await bench.replies(hashes.count) {
                    let hash = try #require(hashes[reply.id])
                    #expect(reply.place.partition == (hash & 0x7FFF_FFFF) % 7, "\(reply.id)")
                }
            }
        }

        @Test("a header names the reply's topic and partition, in this text and in Spring's four bytes")
        func place() async throws {
            let other = TestBroker.freshName("other")
            let settings = RelaySettings(pipeline: ["allow": "{reply-topics: ['\(other)']}"])
            try await RelayBench.run(settings, partitions: 6, alsoReading: [other]) { bench in
                var spring = Request("spring", headers: [("kafka_replyTopic", other)])
                spring.headers.append(("kafka_replyPartition", [0, 0, 0, 4]))
                try await bench.send([
                    Request("text", headers: [("reply-topic", other), ("wxrelay-reply-partition", "5")]),
                    spring,
                    Request("own topic", headers: [("wxrelay-reply-partition", "3")]),
                ])
                let there = try await bench.records(in: other, 2)
                #expect(
                    Set(there.map { "\($0.text) in \($0.place.partition)" }) == ["text in 5", "spring in 4"]
                )
                let here = try await bench.replies(1)
                #expect(here.map(\.place.partition) == [3])
                #expect((there + here).allSatisfy { $0["wxrelay-reply-error"] == nil })
            }
        }

        @Test("two requests that name two functions and environments reach them, and the reply says so")
        func names() async throws {
            let settings = RelaySettings(pipeline: ["allow": "{functions: [direct*], envs: [stage-?]}"])
            let scenario = Scenario.plain { $0.environments.insert("stage-1") }
            try await RelayBench.run(settings, scenario: scenario) { bench in
                try await bench.send([
                    Request("a", headers: [("wxrelay-function", "directed"), ("correlation-id", "a")]),
                    Request("b", headers: [("wxrelay-env", "stage-1"), ("correlation-id", "b")]),
                ])
                let replies = try await bench.replies(2)
                let called = Set(replies.map { "\($0.id) \($0["wxrelay-env"] ?? "") \($0["wxrelay-function"] ?? "")" })
                #expect(called == ["a demo-env directed", "b stage-1 echo"])
                let calls = try await bench.fake.calls().map { "\($0.environment) \($0.function)" }
                #expect(Set(calls) == ["demo-env directed", "stage-1 echo"])
            }
        }
    }
}
