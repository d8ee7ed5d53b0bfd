import FakeWeChat
import Testing

extension EndToEnd.Accidents {
    /// Partition 0 stands still before what is deleted; partition 1 goes on.
    @Suite("Deleted records") struct DeletedRecordsTests {
        /// The records of partition 0: two that are held, and a large one that keeps librdkafka from fetching on ...
        private static let fetched = (0..<3).map { number in
            placed("first-\(number)", in: 0, padding: number == 2 ? 4 << 10 : 0)
        }
        /// ... and those that are never fetched, up to where the log begins later.
        private static let deleted = (0..<5).map { placed("deleted-\($0)", in: 0) }
        private static let left = (0..<20).map { placed("left-\($0)", in: 0) }
        private static let logStart = Int64(fetched.count + deleted.count)

        private static let scenario = Scenario.plain {
            $0.functions["held"] = FunctionScenario(errors: [ErrorShare(Fault(.errcode(-501_009)), share: 1)])
            $0.functions["echo"] = FunctionScenario(latency: .fixed(.milliseconds(20)))
        }

        private static func settings(_ rule: String) -> RelaySettings {
            var settings = RelaySettings(root: ["on-out-of-range": rule])
            settings.kafka["queued.max.messages.kbytes"] = "1"
            // Records of partition 0 are under a hold of their function, those of partition 1 are not.
            settings.pipeline = [
                "function": "held", "allow": "{functions: [echo]}", "in-flight": "{max: 4}", "window": "{open: 2}",
            ]
            return settings
        }

        @Test("earliest: it goes on where its log begins, the loss is told, and the other partition does not notice")
        func takenUp() async throws {
            try await RelayBench.run(Self.settings("earliest"), scenario: Self.scenario, isRecorded: true) { bench in
                let others = try await Self.leaveLog(bench)
                let relay = try bench.relay
                let left = try await relay.logs("that the log begins later") {
                    $0.message.hasPrefix("the next offset is not in the log any more")
                }
                #expect(left.message.hasSuffix("going on at the log's start"))
                let partition = "\(bench.names.requests)/0"
                #expect([left["partition"], left["offset"]] == [partition, "\(Self.fetched.count)"])
                let loss = try await relay.logs("what is lost") {
                    $0.message.hasPrefix("the committed offset is outside of the log: records were deleted")
                }
                #expect(loss.message.hasSuffix("going on at the log's start"))
                #expect([loss["partition"], loss["low"]] == [partition, "\(Self.logStart)"])
                let committed = try #require(loss["committed"].flatMap { Int64($0) })
                #expect((0...Int64(Self.fetched.count)).contains(committed))
                #expect(loss["lost"] == "\(Self.logStart - committed)")

                // It is read on like any other.
                let later = (0..<20).map { Self.placed("later-\($0)", in: Int32($0 % 2)) }
                try await bench.send(later)
                try await bench.everythingCommitted()
                let calls = try await bench.fake.countsByID().mapValues(\.calls)
                let expected = (Self.left + others + later).map(\.id)
                #expect(expected.filter { calls[$0] != 1 } == [])
                #expect(Self.deleted.filter { calls[$0.id] != nil }.isEmpty)
                let replies = try await bench.allReplies()
                #expect(replies.allSatisfy { $0.isOK })
                #expect(replies.ids.isSuperset(of: expected))
                #expect(replies.repeatedIDs == [])
                let log = try relay.log
                #expect(log.filter { $0.message == "partitions let go" }.map { $0["partitions"] } == ["1"])
                #expect(log.filter { $0.message == "partitions assigned" }.map { $0["partitions"] } == ["2", "1"])
                #expect(try relay.losses == 0)
                #expect(try await relay.stop() == .exit(0))
                #expect(try relay.stalls == [])
            }
        }

        @Test("stop: it is neither read nor committed, also by the next relay, until one goes on where the log begins")
        func stopped() async throws {
            try await RelayBench.run(Self.settings("stop"), scenario: Self.scenario, isRecorded: true) { bench in
                let others = try await Self.leaveLog(bench)
                let relay = try bench.relay
                let left = try await relay.logs("that the log begins later") {
                    $0.message.hasPrefix("the next offset is not in the log any more")
                }
                #expect(left.message.contains("the partition stops: set on-out-of-range: earliest"))
                #expect(left["offset"] == "\(Self.fetched.count)")
                try await Self.otherPartitionGoesOn(bench)
                #expect(try await relay.stop() == .exit(0))
                #expect(try relay.stalls == [])
                let committed = try await bench.committed()[0] ?? 0
                #expect(committed <= Self.fetched.count)

                let next = try bench.start()
                let outside = try await next.logs("that the committed offset is outside") {
                    $0.message.hasPrefix("the committed offset is outside of the log: records were deleted")
                }
                #expect(outside.message.contains("the partition stops: set on-out-of-range: earliest"))
                #expect([outside["committed"], outside["low"]] == ["\(committed)", "\(Self.logStart)"])
                #expect(outside["lost"] == "\(Self.logStart - committed)")
                try await Self.otherPartitionGoesOn(bench)
                #expect(try await next.stop() == .exit(0))
                #expect(try await bench.committed()[0] ?? 0 == committed)
                #expect(try await Self.calls(of: Self.left, bench) == 0)

                let last = try bench.start(Self.settings("earliest"))
                try await bench.everythingCommitted()
                #expect(try await Self.calls(of: Self.left, bench) == Self.left.count)
                #expect(try await Self.calls(of: Self.deleted, bench) == 0)
                #expect(try await Self.calls(of: others, bench) == others.count)
                #expect(try await last.stop() == .exit(0))
            }
        }

        /// Lets a relay fetch the first records of partition 0 and stand before the next ones until these are deleted.
        ///
        /// - Returns: what partition 1 had to do meanwhile.
        private static func leaveLog(_ bench: RelayBench) async throws -> [Request] {
            let places = try await bench.send(fetched)
            #expect(places.map(\.offset) == [0, 1, 2])
            let hold = try await bench.relay.opensHold("misconfiguration")
            #expect(hold["scope"] == "function")
            // The two that are held fill the window. The third is larger than what librdkafka may hold before it fetches on.
            try await bench.send(deleted + left)
            try await bench.broker.deleteRecords(of: 0, in: bench.names.requests, below: logStart)
            let others = (0..<200).map { placed("other-\($0)", in: 1) }
            try await bench.send(others)
            try await bench.callsReach(20, of: "echo")
            try await bench.fake.changeScenario { $0.functions["held"] = FunctionScenario() }
            return others
        }

        private static func otherPartitionGoesOn(_ bench: RelayBench) async throws {
            let more = (0..<20).map { placed("\(TestBroker.freshName("more"))-\($0)", in: 1) }
            try await bench.send(more)
            let end = try await bench.broker.ends(of: bench.names.requests, partitions: bench.partitions)[1]
            _ = try await eventually("partition 1 is committed up to its end") {
                try await bench.committed()[1] == end ? true : nil
            }
            #expect(try await calls(of: more, bench) == more.count)
        }

        /// How many calls with the ids of these the fake has seen.
        private static func calls(of requests: [Request], _ bench: RelayBench) async throws -> Int {
            let counts = try await bench.fake.countsByID()
            return requests.reduce(0) { $0 + (counts[$1.id]?.calls ?? 0) }
        }

        private static func placed(_ id: String, in partition: Int32, padding: Int = 0) -> Request {
            let function = partition == 0 ? [] : [("wxrelay-function", "echo")]
            return Request(
                "{\"id\":\"\(id)\",\"padding\":\"\(String(repeating: "x", count: padding))\"}",
                headers: [("correlation-id", id)] + function,
                partition: partition
            )
        }
    }
}

extension Request {
    /// The header `correlation-id`.
    fileprivate var id: String {
        headers.first { $0.name == "correlation-id" }?.value.map { String(decoding: $0, as: UTF8.self) } ?? ""
    }
}
