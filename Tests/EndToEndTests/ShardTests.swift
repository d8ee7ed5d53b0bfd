import FakeWeChat
import Foundation
import Kafka
import Testing

extension EndToEnd {
    /// Several members of the group in one process. Where a test counts on each of them having partitions, it waits for that.
    @Suite("Shards") struct ShardTests {
        private static let shards = 3
        private static let partitions = 12

        private static func settings(_ settings: RelaySettings = RelaySettings()) -> RelaySettings {
            var settings = settings
            settings.root["shards"] = "\(shards)"
            return settings
        }

        @Test("three shards answer each request once, with the calls of one process and one token, and leave with 0")
        func together() async throws {
            var settings = Self.settings()
            settings.pipeline["in-flight"] = "{max: 6}"
            let scenario = Scenario.slow(.fixed(.milliseconds(40)))
            try await RelayBench.run(settings, scenario: scenario, partitions: Self.partitions, isRecorded: true) {
                bench in
                let relay = try bench.relay
                try await relay.hasPartitions(Self.partitions, in: Self.shards)
                try await bench.send(Request.numbered(300))
                try await bench.everythingCommitted()
                let replies = try await bench.allReplies()
                #expect(replies.count == 300)
                #expect(replies.ids.count == 300)
                let statistics = try await bench.fake.statistics()
                #expect(statistics.calls == 300)
                #expect(statistics.highestConcurrency == 6)
                #expect(statistics.tokenRequests == 1)
                #expect(try await relay.stop() == .exit(0))
                #expect(try relay.recording?.calls().count { $0 > 0 } == Self.shards)
                #expect(try relay.stalls == [])
            }
        }

        @Test("a limit of the app holds for the shards together")
        func limits() async throws {
            var settings = Self.settings()
            settings.app["limits"] = "{in-flight: 3}"
            let scenario = Scenario.slow(.fixed(.milliseconds(40)))
            try await RelayBench.run(settings, scenario: scenario, partitions: Self.partitions) { bench in
                try await bench.relay.hasPartitions(Self.partitions, in: Self.shards)
                try await bench.send(Request.numbered(90))
                _ = try await bench.replies(90)
                #expect(try await bench.fake.statistics().highestConcurrency == 3)
            }
        }

        @Test("SIGTERM under load: every shard finishes and commits what it began, and no other call is made")
        func termination() async throws {
            let count = 6_000
            let scenario = Scenario.slow(.uniform(.milliseconds(10), .milliseconds(300)))
            try await RelayBench.run(
                Self.settings(),
                scenario: scenario,
                partitions: Self.partitions,
                isRecorded: true
            ) { bench in
                let relay = try bench.relay
                try await relay.hasPartitions(Self.partitions, in: Self.shards)
                try await bench.send(Request.numbered(count))
                try await bench.callsReach(600)
                #expect(try await relay.stop() == .exit(0))
                let called = try await bench.fake.statistics().calls
                #expect(called < count)
                #expect(try await bench.committedCount() == called)
                #expect(try await bench.allReplies().ids.count == called)
                #expect(try await bench.repeatedCalls() == [])
                #expect(try relay.log.count { $0.message == "stopped" } == 1)
                #expect(try relay.losses == 0)
            }
        }

        @Test("a call that hangs in one shard: 75, and what all have done is committed")
        func hanging() async throws {
            var settings = Self.settings(.directed)
            settings.root["stop"] = "{drain: 1s}"
            try await RelayBench.run(settings, partitions: Self.partitions) { bench in
                let relay = try bench.relay
                try await relay.hasPartitions(Self.partitions, in: Self.shards)
                let places = try await bench.send([.directed("hangs", ["hang", "hang", "hang", "hang"])])
                let cut = try #require(places.first?.partition)
                try await bench.callsReach(1)
                try await bench.send((0..<240).map { .directed("\($0)") })
                _ = try await bench.replies(240)
                #expect(try await relay.stop() == .exit(75))
                #expect(try relay.log.filter { $0.message == "stopped" }.map { $0["clean"] } == ["false"])
                var ends = try await bench.broker.ends(of: bench.names.requests, partitions: Self.partitions)
                ends[cut] = 0
                var committed = try await bench.committed()
                committed[cut] = committed[cut] ?? 0
                #expect(committed == ends)
            }
        }

        @Test("more shards than partitions: the idle one is told of, and all leave with 0")
        func idle() async throws {
            try await RelayBench.run(Self.settings(), partitions: 2) { bench in
                let relay = try bench.relay
                let warning = try await relay.logs("idle shards") {
                    $0.message.hasPrefix("fewer partitions than shards")
                }
                #expect([warning["pipeline"], warning["partitions"], warning["shards"]] == ["main", "2", "3"])
                try await bench.send(Request.numbered(40))
                #expect(try await bench.replies(40).ids.count == 40)
                #expect(try await relay.stop() == .exit(0))
                #expect(try await bench.committedCount() == 40)
            }
        }

        @Test("a refused token is replaced by one request for all shards")
        func token() async throws {
            let scenario = Scenario.slow(.fixed(.milliseconds(20)))
            try await RelayBench.run(Self.settings(), scenario: scenario, partitions: Self.partitions) { bench in
                try await bench.relay.hasPartitions(Self.partitions, in: Self.shards)
                try await bench.send(Request.numbered(60))
                _ = try await bench.replies(60)
                try await bench.fake.endTokens(as: .expired)
                try await bench.send(Request.numbered(120))
                let replies = try await bench.replies(180)
                #expect(replies.count { $0.isOK } == 180)
                #expect(try await bench.fake.statistics().tokenRequests == 2)
                #expect(try bench.relay.holdsOpened == 0)
            }
        }

        @Test("a reload reaches every shard")
        func reload() async throws {
            var settings = Self.settings()
            settings.pipeline["paused"] = "true"
            try await RelayBench.run(settings, partitions: Self.partitions) { bench in
                let relay = try bench.relay
                try await relay.hasPartitions(Self.partitions, in: Self.shards)
                let places = try await bench.send(Request.numbered(240))
                #expect(Set(places.map(\.partition)).count == Self.partitions)
                #expect(try await bench.fake.statistics().calls == 0)
                settings.pipeline["paused"] = "false"
                try bench.write(settings, to: relay.configuration)
                relay.child.send(SIGHUP)
                try await bench.everythingCommitted()
                #expect(try await bench.allReplies().ids.count == 240)
                #expect(try relay.log.count { $0.message == "reloaded" } == 1)
                #expect(try await relay.stop() == .exit(0))
            }
        }

        @Test("in-flight.max of a reload is divided, too")
        func reloadedCalls() async throws {
            var settings = Self.settings()
            settings.pipeline["in-flight"] = "{max: 3}"
            let scenario = Scenario.slow(.fixed(.milliseconds(40)))
            try await RelayBench.run(settings, scenario: scenario, partitions: Self.partitions) { bench in
                let relay = try bench.relay
                try await relay.hasPartitions(Self.partitions, in: Self.shards)
                try await bench.send(Request.numbered(90))
                _ = try await bench.replies(90)
                #expect(try await bench.fake.statistics().highestConcurrency == 3)
                settings.pipeline["in-flight"] = "{max: 6}"
                try bench.write(settings, to: relay.configuration)
                relay.child.send(SIGHUP)
                try await relay.logs("the reload") { $0.message == "reloaded" }
                try await bench.send(Request.numbered(300))
                _ = try await bench.replies(390)
                #expect(try await bench.fake.statistics().highestConcurrency == 6)
            }
        }

        @Test("a new secret is used by one token request for all shards")
        func reloadedSecret() async throws {
            var settings = Self.settings()
            try await RelayBench.run(settings, partitions: Self.partitions) { bench in
                let relay = try bench.relay
                try await relay.hasPartitions(Self.partitions, in: Self.shards)
                try await bench.send(Request.numbered(60))
                _ = try await bench.replies(60)
                #expect(try await bench.fake.statistics().tokenRequests == 1)
                try await bench.fake.setSecret("another-secret")
                settings.app["app-secret"] = "another-secret"
                try bench.write(settings, to: relay.configuration)
                relay.child.send(SIGHUP)
                try await relay.logs("the reload") { $0.message == "reloaded" }
                try await bench.send(Request.numbered(60))
                #expect(try await bench.replies(120).count { $0.isOK } == 120)
                #expect(try await relay.stop() == .exit(0))
                let statistics = try await bench.fake.statistics()
                #expect(statistics.tokenRequests == 2)
                #expect(statistics.tokenRefusals.isEmpty)
            }
        }

        @Test("each shard holds and probes for itself, and says which it is")
        func holds() async throws {
            let refused = Scenario.plain {
                $0.functions["echo"] = FunctionScenario(errors: [ErrorShare(Fault(.errcode(-501_005)), share: 1)])
            }
            try await RelayBench.run(Self.settings(), scenario: refused, partitions: Self.partitions) { bench in
                let relay = try bench.relay
                try await relay.hasPartitions(Self.partitions, in: Self.shards)
                try await bench.send(Request.numbered(240))
                for shard in 0..<Self.shards {
                    try await relay.logs("shard \(shard) holds") {
                        $0.message.hasPrefix("hold opened") && $0["shard"] == "\(shard)"
                    }
                }
                try await bench.fake.changeScenario { $0.functions["echo"] = FunctionScenario() }
                let replies = try await bench.replies(240)
                #expect(replies.count { $0.isOK } == 240)
                #expect(replies.ids.count == 240)
                #expect(try relay.holdsOpened == Self.shards)
            }
        }

        @Test("static members have names of their own")
        func instances() async throws {
            var settings = Self.settings()
            settings.root["instance-id"] = TestBroker.freshName("pod")
            try await RelayBench.run(settings, partitions: Self.partitions) { bench in
                try await bench.relay.hasPartitions(Self.partitions, in: Self.shards)
                try await bench.send(Request.numbered(60))
                #expect(try await bench.replies(60).ids.count == 60)
                #expect(try await bench.relay.stop() == .exit(0))
            }
        }

        @Test("the soft limit of open files is raised to the hard one")
        func openFiles() async throws {
            try await RelayBench.run(Self.settings(), startsRelay: false) { bench in
                let file = bench.folder.appending(path: "relay.yaml")
                try bench.write(bench.settings, to: file)
                let binary = try RelayProcess.binary.path
                let script = "ulimit -Sn 256 && exec \"$0\" run --config \"$1\""
                let child = try ChildProcess("/bin/bash", ["-c", script, binary, file.path])
                let place = "/proc/\(child.pid)"
                let limits = try await eventually("a limit above 256") {
                    guard try FileManager.default.destinationOfSymbolicLink(atPath: "\(place)/exe") == binary else {
                        return [Substring]?.none
                    }
                    let lines = try String(contentsOfFile: "\(place)/limits", encoding: .utf8).split(separator: "\n")
                    let words = lines.first { $0.hasPrefix("Max open files") }?.split(separator: " ")
                    return words.flatMap { $0[3] == "256" ? nil : Array($0[3...4]) }
                }
                #expect(limits[0] == limits[1])
                try await child.end()
            }
        }

        @Test("one shard that cannot start ends the others: 78")
        func start() async throws {
            try await RelayBench.run(Self.settings(), startsRelay: false) { bench in
                let file = bench.folder.appending(path: "steps")
                // The last shard's recording cannot be written.
                try FileManager.default.createDirectory(
                    at: file.appendingPathExtension("\(Self.shards - 1)"),
                    withIntermediateDirectories: false
                )
                let relay = try bench.start(options: ["--record", file.path])
                #expect(try await relay.child.ended(within: .seconds(60)) == .exit(78))
                #expect(try relay.errorText.contains("steps.\(Self.shards - 1): Is a directory"))
            }
        }

        /// The brokers are reached and calls can be made; only the shards' producers take no such property.
        @Test("shards that cannot be made: 78, with the reason, and nothing is relayed")
        func unmakeable() async throws {
            var settings = Self.settings()
            settings.kafka["max.in.flight"] = "10"
            try await RelayBench.run(settings, partitions: 2, startsRelay: false) { bench in
                let relay = try bench.start()
                #expect(try await relay.child.ended(within: .seconds(60)) == .exit(78))
                #expect(try relay.errorText.contains("cannot start: `max.in.flight`"))
                #expect(try relay.log.count { $0.message == "relaying" || $0.message == "partitions assigned" } == 0)
            }
        }

        @Test("a drained shard whose consumer dies joins no more, and the slowest shard finishes")
        func drainedDies() async throws {
            var settings = RelaySettings.directed
            settings.root.merge(["shards": "2", "instance-id": "relay", "rebalance": "{drain: 14s}"]) { _, new in new }
            settings.kafka = ["session.timeout.ms": "28000", "heartbeat.interval.ms": "100"]
            settings.app["timeouts"] = "{request: 12s}"
            // One call, longer than a joining takes: a retry would go with its partition, which the namesake's coming moves.
            let scenario = Scenario.plain { $0.functions["directed"]?.timeLimit = .seconds(12) }
            try await RelayBench.run(settings, scenario: scenario, partitions: 2, isRecorded: true) { bench in
                let relay = try bench.relay
                try await relay.hasPartitions(2, in: 2)
                try await bench.send([.directed("slow", more: "\"latency-ms\":9000")])
                try await bench.callsReach(1)
                let drained = try #require(try relay.recording?.calls().firstIndex(of: 0))
                relay.child.send(SIGTERM)
                try await relay.logs("that it stops") { $0.message == "stopping" }
                // The brokers let one member have a name, the newest. A consumer joins anew five seconds after its death.
                let namesake = try Namesake("relay-\(drained)", of: bench)
                let death = try await eventually("the drained shard's consumer is fenced") {
                    try namesake.answer()
                    return try relay.log.first { $0.message.hasPrefix("the consumer has died") }
                }
                #expect(death["shard"] == "\(drained)")
                #expect(death.message.hasSuffix("none follows, since the relay stops"))
                let reply = try await eventually("the slow call's reply") {
                    try namesake.answer()
                    return try await bench.recordsNow().first { $0.place.topic == bench.names.replies }
                }
                #expect(reply.isOK)
                _ = try await eventually("the relay's end") {
                    try namesake.answer()
                    return relay.child.ending
                }
                #expect(try relay.log.count { $0.message == "another consumer joins the group" } == 0)
            }
        }
    }
}

/// A member of a bench's group that has the name of another one. It reads nothing.
private final class Namesake {
    private let consumer: Consumer

    init(_ name: String, of bench: RelayBench) throws {
        var properties = Properties()
        try properties.set("bootstrap.servers", to: bench.broker.bootstrapServers)
        try properties.set("group.id", to: bench.names.group)
        try properties.set("group.instance.id", to: name)
        try properties.set("session.timeout.ms", to: "28000")
        consumer = try Consumer(properties, topics: [bench.names.requests], logger: .silent) {}
    }

    /// Answers what the group asks by now.
    func answer() throws {
        consumer.takeReady { _ in }
        while let event = consumer.nextEvent() {
            switch event {
            case .assign: _ = try consumer.assign([])
            case .revoke: try consumer.unassign([])
            case .committed, .error, .statistics: break
            }
        }
    }
}

extension RelayProcess {
    /// Waits until so many partitions are spread evenly over so many shards.
    fileprivate func hasPartitions(_ partitions: Int, in shards: Int) async throws {
        _ = try await eventually("\(partitions / shards) partitions in each of \(shards) shards", within: .seconds(90))
        {
            let held = try partitionsByShard
            return held.count == shards && held.values.allSatisfy { $0 == partitions / shards } ? true : nil
        }
    }

    private var partitionsByShard: [String: Int] {
        get throws {
            try log.reduce(into: [:]) { held, line in
                guard let shard = line["shard"], let count = line["partitions"].flatMap({ Int($0) }) else { return }
                if line.message == "partitions assigned" { held[shard, default: 0] += count }
                if line.message == "partitions let go" { held[shard, default: 0] -= count }
            }
        }
    }
}
