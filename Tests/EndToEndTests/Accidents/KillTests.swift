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
            let committed: [Int32: Int64]
        }

        /// One process with `instance-id`: the broker never evicts a dynamic member that died.
        @Test("killed ten times in mid-flight it loses nothing, and repeats only what was not committed")
        func tenTimes() async throws {
            let count = 10_000
            // From before the first commit to many commits later.
            let callsBeforeKill = [40, 1_500, 300, 1_200, 5, 900, 2_000, 120, 700, 1_000]
            var settings = RelaySettings()
            settings.root["instance-id"] = "relay"
            settings.pipeline["in-flight"] = "{max: 32}"
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
                #expect(lives.allSatisfy { $0.committed.values.reduce(0, +) < count })
                for (earlier, later) in zip(lives, lives.dropFirst()) {
                    #expect(earlier.committed.allSatisfy { later.committed[$0.key] ?? 0 >= $0.value })
                }
                let replies = try await bench.allReplies()
                #expect(replies.ids.count == count)
                #expect(replies.allSatisfy { $0.isOK })

                let calls = try await bench.fake.calls()
                #expect(Self.wrongRepeats(calls, lives, places) == [])
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

        private static func kill(_ bench: RelayBench) async throws -> Life {
            #expect(try await bench.relay.child.end() == .signal(SIGKILL))
            // What the dead process had sent is read to the end before its connections count as closed.
            let calls = try await eventually("the fake has read what was sent") {
                let statistics = try await bench.fake.statistics()
                return statistics.connectionsOpen == 0 ? statistics.calls : nil
            }
            return Life(calls: calls, committed: try await bench.committed())
        }

        /// The calls of a request that had been called before: in the same life, or although it lay below what was
        /// committed when the life before ended.
        private static func wrongRepeats(_ calls: [CallRecord], _ lives: [Life], _ places: [TopicPlace]) -> [String] {
            var lastLife: [String: Int] = [:]
            var wrong: [String] = []
            for call in calls {
                let life = lives.firstIndex { call.sequence < $0.calls } ?? lives.count
                guard let number = Int(call.id), places.indices.contains(number) else {
                    wrong.append("an unknown id \(call.id)")
                    continue
                }
                if let earlier = lastLife.updateValue(life, forKey: call.id) {
                    let place = places[number]
                    let committed = life > earlier ? lives[life - 1].committed[place.partition] ?? 0 : .max
                    if place.offset < committed { wrong.append("\(place) in life \(earlier) and \(life)") }
                }
            }
            return wrong
        }
    }
}
