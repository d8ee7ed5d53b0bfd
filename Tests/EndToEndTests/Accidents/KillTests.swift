import FakeWeChat
import Foundation
import Testing

extension EndToEnd.Accidents {
    @Suite("SIGKILL") struct KillTests {
        /// A relay's life that SIGKILL ended.
        private struct Life {
            /// The calls that the fake had seen by its end.
            let calls: Int
            /// What the group had committed by then.
            let commit: LastCommit
        }

        /// One process with `instance-id`: the broker never evicts a dynamic member that died.
        private static func settings(_ pipeline: [String: String]) -> RelaySettings {
            RelaySettings(root: ["instance-id": "relay"], pipeline: pipeline)
        }

        @Test("killed ten times in mid-flight it loses nothing, repeats only what was not done, and counts each run")
        func tenTimes() async throws {
            let count = 10_000
            // From before the first commit to many commits later.
            let callsBeforeKill = [40, 1_500, 300, 1_200, 5, 900, 2_000, 120, 700, 1_000]
            let settings = Self.settings(["in-flight": "{max: 32}"])
            let scenario = Scenario.slow(.fixed(.milliseconds(20)))
            try await RelayBench.run(settings, scenario: scenario, partitions: 4, isRecorded: true) { bench in
                let places = try await bench.send(Request.numbered(count))
                var lives: [Life] = []
                for calls in callsBeforeKill {
                    try await bench.callsReach((lives.last?.calls ?? 0) + calls)
                    lives.append(try await Self.kill(bench))
                    try bench.start()
                }
                try await bench.everythingCommitted(within: .seconds(180))
                #expect(try await bench.relay.stop() == .exit(0))
                #expect(try bench.relay.stalls == [])

                // Each kill came before the end, and no commit went back.
                #expect(lives.allSatisfy { $0.commit.offsets.values.reduce(0, +) < count })
                for (earlier, later) in zip(lives, lives.dropFirst()) {
                    #expect(earlier.commit.offsets.allSatisfy { later.commit.offsets[$0.key] ?? 0 >= $0.value })
                }
                let replies = try await bench.allReplies()
                #expect(replies.ids.count == count)
                #expect(replies.allSatisfy { $0.isOK })

                let calls = try await bench.fake.calls()
                #expect(Self.wrongCalls(calls, lives, places) == [])
                #expect(Self.wrongCounts(replies, lives, places) == [])
                let repeated = try await bench.repeatedCalls()
                #expect(replies.repeatedIDs.isSubset(of: repeated))
                // Without one the kills would not have been in mid-flight.
                #expect(!repeated.isEmpty)
                print(
                    "SIGKILL: \(lives.count) kills, \(count) ids, \(calls.count) calls, \(repeated.count) ids called more"
                        + " than once, \(replies.count) replies, \(replies.repeatedIDs.count) ids answered more than once"
                )
            }
        }

        @Test(
            "a thousand open out of order: after SIGKILL what is not done and within the limit may have run, nothing else",
            arguments: ["retry", "fail"]
        )
        func outOfOrder(maybeRan: String) async throws {
            let count = 4_000
            let settings = Self.settings([
                "function": "directed", "in-flight": "{max: 128}", "retry": "{maybe-ran: \(maybeRan)}",
            ])
            try await RelayBench.run(settings, partitions: 1) { bench in
                // Every fortieth is slow, and the others overtake it.
                let requests = (0..<count).map { number in
                    Request.unordered(number, more: ",\"fake\":{\"latency-ms\":\(number % 40 == 0 ? 1_000 : 10)}")
                }
                let places = try await bench.send(requests)
                try await bench.callsReach(1_500)
                let life = try await Self.kill(bench)
                try bench.start()
                try await bench.everythingCommitted()
                #expect(try await bench.relay.stop() == .exit(0))

                let calls = try await bench.fake.calls()
                let before = Set(calls.prefix(life.calls).map(\.id))
                let after = Set(calls.dropFirst(life.calls).map(\.id))
                let open = Set(places.indices.filter { !life.commit.isDone(places[$0]) }.map { "\($0)" })
                let suspects = Set(places.indices.filter { life.commit.mayHaveRun(places[$0]) }.map { "\($0)" })
                #expect(suspects.isSubset(of: open))
                #expect(before.intersection(open).isSubset(of: suspects), "none was called beyond the limit")
                #expect(after == (maybeRan == "retry" ? open : open.subtracting(suspects)))
                // Out of order, and killed in the midst of it.
                #expect(life.commit.doneAboveBase > 200)
                #expect(suspects.count >= 1_000)
                #expect(before.intersection(suspects).count > 20)
                #expect(calls.count - life.calls == after.count, "each once")

                let replies = try await bench.allReplies()
                #expect(replies.ids.count == count)
                let last = replies.lastByID
                #expect(Self.wrongCounts(replies, [life], places, isCalledAgain: maybeRan == "retry") == [])
                let failed = Set(last.filter { !$0.value.isOK }.keys)
                #expect(failed == (maybeRan == "retry" ? [] : suspects))
                #expect(try failed.allSatisfy { try last[$0]?.document.reason == "maybe_ran" })
                print(
                    "out of order, \(maybeRan): \(life.calls) calls before, base \(life.commit.offsets[0] ?? -1),"
                        + " \(life.commit.doneAboveBase) done above it, \(suspects.count) suspected,"
                        + " \(before.intersection(after).count) called twice, \(failed.count) maybe_ran"
                )
            }
        }

        @Test("unordered: one stuck record lets 50,000 pass; after SIGKILL only what was not done is called again")
        func stuck() async throws {
            let count = 50_000
            let settings = Self.settings([
                "ordering": "none", "in-flight": "{max: 128}", "allow": "{functions: [stuck]}",
            ])
            let scenario = Scenario.plain {
                $0.functions["stuck"] = FunctionScenario(latency: .fixed(.seconds(900)), timeLimit: .seconds(1_000))
            }
            try await RelayBench.run(settings, scenario: scenario, partitions: 1) { bench in
                var requests = Request.unordered(below: count + 1)
                for number in requests.indices { requests[number].key = Array("one".utf8) }
                requests[0].headers.append(("wxrelay-function", Array("stuck".utf8)))
                let places = try await bench.send(requests)
                try await bench.callsReach(count, of: "echo")
                let life = try await Self.kill(bench)
                #expect(life.commit.offsets[0] == places[0].offset)
                try await bench.fake.changeScenario { $0.functions["stuck"]?.latency = .fixed(.zero) }
                try bench.start()
                try await bench.everythingCommitted()
                #expect(try await bench.relay.stop() == .exit(0))

                let calls = try await bench.fake.calls()
                let before = Set(calls.prefix(life.calls).map(\.id))
                let after = Set(calls.dropFirst(life.calls).map(\.id))
                #expect(before.count == count + 1)
                let suspects = Set(places.indices.filter { life.commit.mayHaveRun(places[$0]) }.map { "\($0)" })
                #expect(after == suspects)
                // What may be open, and what may have been called behind it.
                #expect(after.count <= 2_000)
                #expect(after.contains("0"))
                let replies = try await bench.allReplies()
                #expect(replies.ids.count == count + 1)
                let stuck = try await bench.calls("0")
                #expect(replies.lastByID["0"]?["wxrelay-invocations-possible"] == "\(stuck)")
                print(
                    "stuck: \(count) passed it, \(life.commit.doneAboveBase) known as done above it,"
                        + " \(after.count) called again, the stuck one \(stuck) times in all"
                )
            }
        }

        private static func kill(_ bench: RelayBench) async throws -> Life {
            #expect(try await bench.relay.child.end() == .signal(SIGKILL))
            // What the dead process had sent is read to the end before its connections count as closed.
            let calls = try await eventually("the fake has read what was sent") {
                let statistics = try await bench.fake.statistics()
                return statistics.connectionsOpen == 0 ? statistics.calls : nil
            }
            return Life(calls: calls, commit: try await bench.lastCommit())
        }

        /// The calls that should not have been made: of a request that a life before had done, a second one in a life,
        /// one beyond the limit.
        private static func wrongCalls(_ calls: [CallRecord], _ lives: [Life], _ places: [TopicPlace]) -> [String] {
            var lastLife: [String: Int] = [:]
            var wrong: [String] = []
            for call in calls {
                let life = lives.firstIndex { call.sequence < $0.calls } ?? lives.count
                guard let number = Int(call.id), places.indices.contains(number) else {
                    wrong.append("an unknown id \(call.id)")
                    continue
                }
                let place = places[number]
                if lastLife.updateValue(life, forKey: call.id) == life {
                    wrong.append("\(place) twice in life \(life)")
                }
                if life > 0, lives[life - 1].commit.isDone(place) { wrong.append("\(place), done before life \(life)") }
                if life < lives.count, !lives[life].commit.isDone(place), !lives[life].commit.mayHaveRun(place) {
                    wrong.append("\(place) beyond the limit of life \(life)")
                }
            }
            return wrong
        }

        /// The last answers whose count of runs is not what the lives before have left to suspect.
        private static func wrongCounts(
            _ replies: [ReadRecord],
            _ lives: [Life],
            _ places: [TopicPlace],
            isCalledAgain: Bool = true
        ) -> [String] {
            replies.lastByID.compactMap { id, reply in
                guard let number = Int(id), places.indices.contains(number) else { return "an unknown id \(id)" }
                // Once it was done for good nobody suspected anything any more.
                let suspected = lives.prefix { !$0.commit.isDone(places[number]) }.count {
                    $0.commit.mayHaveRun(places[number])
                }
                let expected = isCalledAgain || suspected == 0 ? suspected + 1 : suspected
                let told = reply["wxrelay-invocations-possible"] ?? "nothing"
                return told == "\(expected)" ? nil : "\(places[number]): \(told), not \(expected)"
            }
        }
    }
}
