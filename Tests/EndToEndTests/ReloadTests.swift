import FakeWeChat
import Foundation
import Testing

extension EndToEnd {
    @Suite("Reloads") struct ReloadTests {
        @Test("SIGHUP applies retries, allow-lists and the log's level; a file with a mistake changes nothing")
        func signal() async throws {
            var settings = RelaySettings.directed
            settings.pipeline["retry"] = "{initial: 10ms, max-attempts: 1}"
            try await RelayBench.run(settings) { bench in
                let relay = try bench.relay
                let echo = [("wxrelay-function", "echo")]
                try await bench.send([
                    .directed("a", ["http 502"]), Request("b", headers: [("correlation-id", "b")] + echo),
                ])
                let before = try await bench.replies(2).reasons
                #expect(before == ["a": "attempts_exhausted", "b": "not_allowed"])

                settings.pipeline["retry"] = "{initial: 10ms, max-attempts: 3}"
                settings.pipeline["allow"] = "{functions: [echo]}"
                settings.pipeline["reply"] = "{topic: other}"
                settings.root["log"] = "{level: debug}"
                let applied = try await bench.reload(settings, 1)
                #expect(
                    applied["keys"] == "pipelines.main.allow.functions pipelines.main.retry.max-attempts log.level"
                )
                let restart = try await relay.logs("a key that waits") { $0.message.hasPrefix("restart") }
                #expect(restart["keys"] == "pipelines.main.reply.topic")
                #expect(restart.level == "warning")

                settings.pipeline["retry"] = "{initial: 10ms, max-attempts: many}"
                settings.root["log"] = "{level: error}"
                try bench.write(settings, to: relay.configuration)
                relay.child.send(SIGHUP)
                let refused = try await relay.logs("the mistake") { $0.level == "error" }
                #expect(refused.message == "the configuration is not reloaded: what runs stays as it is")
                let line = try String(contentsOf: relay.configuration, encoding: .utf8).split(separator: "\n")
                    .firstIndex { $0.contains("many") }.map { $0 + 1 }
                let place = "\(relay.configuration.path):\(try #require(line)):"
                #expect(refused["problems"]?.contains(place) == true)
                #expect(refused["problems"]?.contains("pipelines.main.retry.max-attempts") == true)

                try await bench.send([
                    .directed("c", ["http 502", "http 502", "0"]),
                    Request("d", headers: [("correlation-id", "d")] + echo),
                ])
                let after = try await bench.replies(4)
                #expect(try after.reasons == before)
                #expect(after.first { $0.id == "c" }?["wxrelay-attempts"] == "3")
                #expect(after.first { $0.id == "d" }?["wxrelay-function"] == "echo")
                #expect(try await relay.stop() == .exit(0))
                #expect(try relay.log.contains { $0.message == "stopped" }, "the level of the file with the mistake")
            }
        }

        @Test("a paused pipeline reads and calls nothing while another goes on, and goes on itself when the pause ends")
        func pause() async throws {
            let (requests, replies) = (TestBroker.freshName("requests"), TestBroker.freshName("replies"))
            var settings = RelaySettings.directed
            settings.pipelines["other"] =
                "{app: main, env: demo-env, function: directed, request: {topic: \(requests)}, reply: {topic: \(replies)}}"
            try await RelayBench.run(settings, alsoReading: [requests, replies]) { bench in
                try await bench.send([.directed("a")])
                _ = try await bench.replies(1)
                settings.pipeline["paused"] = "true"
                let paused = try await bench.reload(settings, 1)
                #expect(paused["keys"] == "pipelines.main.paused")
                try await bench.send([.directed("b")])
                // Fetched behind the paused one, by the same consumer.
                try await bench.send((1...50).map { .directed("\($0)") }, to: requests)
                _ = try await bench.records(in: replies, 50)
                #expect(try await bench.calls("b") == 0)
                #expect(try await bench.recordsNow().count { $0.id == "b" } == 0)
                settings.pipeline["paused"] = "false"
                _ = try await bench.reload(settings, 2)
                #expect(try await bench.replies(2).count { $0.isOK } == 2)
                try await bench.everythingCommitted()
            }
        }

        @Test("--watch applies a file that took the place of another, and an exchanged link; a secret's file, too")
        func watch() async throws {
            var settings = RelaySettings.directed
            settings.root["log"] = "{level: info}"
            try await RelayBench.run(settings, startsRelay: false) { bench in
                let files = FileManager.default
                let (link, old, new) = (
                    bench.folder.appending(path: "current"), bench.folder.appending(path: "old"),
                    bench.folder.appending(path: "new")
                )
                for folder in [old, new] { try files.createDirectory(at: folder, withIntermediateDirectories: false) }
                try files.createSymbolicLink(at: link, withDestinationURL: old)
                try Data("wrong".utf8).write(to: old.appending(path: "secret"))
                try Data("fake-secret\n".utf8).write(to: new.appending(path: "secret"))
                settings.app["app-secret"] = "\"${file:\(link.path)/secret}\""
                try bench.write(settings, to: old.appending(path: "relay.yaml"))
                let relay = try bench.start(file: link.appending(path: "relay.yaml"), options: ["--watch"])
                try await relay.opensHold("misconfiguration")

                settings.pipeline["retry"] = "{max-attempts: 1}"
                try bench.write(settings, to: old.appending(path: "relay.yaml"))
                #expect(try await relay.reloaded(1)["keys"] == "pipelines.main.retry.max-attempts")
                settings.pipeline["retry"] = "{initial: 10ms, max-attempts: 2}"
                try bench.write(settings, to: new.appending(path: "relay.yaml"))
                let next = bench.folder.appending(path: "next")
                try files.createSymbolicLink(at: next, withDestinationURL: new)
                #expect(rename(next.path, link.path) == 0)
                #expect(
                    try await relay.reloaded(2)["keys"]
                        == "apps.main.app-secret pipelines.main.retry.initial pipelines.main.retry.max-attempts"
                )
                try await bench.send([.directed("a", ["http 502", "0"])])
                let reply = try #require(try await bench.replies(1).first)
                #expect(reply.isOK)
                #expect(reply["wxrelay-attempts"] == "2")
                #expect(try !relay.text.contains("fake-secret"))
                #expect(try relay.log.count { $0.message == "reloaded" } == 2)
            }
        }
    }
}

extension RelayBench {
    /// Puts settings into the newest relay's file, sends SIGHUP, and waits for its word that it has reloaded, for so many
    /// times in all.
    fileprivate func reload(_ settings: RelaySettings, _ times: Int) async throws -> LogLine {
        try write(settings, to: try relay.configuration)
        try relay.child.send(SIGHUP)
        return try await relay.reloaded(times)
    }
}

extension RelayProcess {
    /// Waits until it has reloaded for the given time, the first being 1.
    fileprivate func reloaded(_ time: Int) async throws -> LogLine {
        try await eventually("\(time) reloads") {
            let lines = try log.filter { $0.message == "reloaded" }
            return lines.count >= time ? lines[time - 1] : nil
        }
    }
}

extension [ReadRecord] {
    /// Why each request failed that did, by its correlation id.
    fileprivate var reasons: [String: String] {
        get throws {
            try reduce(into: [:]) { reasons, record in
                guard !record.isOK else { return }
                reasons[record.id] = try record.document.text("reason")
            }
        }
    }
}
