import FakeWeChat
import Foundation
import Kafka
import Testing

extension EndToEnd {
    @Suite("Memory") struct MemoryTests {
        private static let partitions = 64
        /// Of each partition: so often a stuck record between two others.
        private static let rounds = 12
        /// In the value: librdkafka's queues do not count keys and headers.
        private static let padding = "\"padding\":\"\(String(repeating: "x", count: 32 << 10))\""

        /// Small buffers, so that what is kept beside them would show.
        private static func settings(_ brokers: String) -> RelaySettings {
            var settings = RelaySettings.mapping("-504002: transient")
            settings.kafka = [
                "bootstrap.servers": brokers, "fetch.wait.max.ms": "10", "session.timeout.ms": "21000",
                "queued.max.messages.kbytes": "128", "max.partition.fetch.bytes": "131072",
                "fetch.max.bytes": "131072",
                "message.max.bytes": "100000",
                "queue.buffering.max.kbytes": "4096",
            ]
            settings.pipeline["window"] = "{bytes: 8MiB}"
            settings.pipeline["retry"] = "{initial: 30s, max-attempts: 100}"
            settings.hasDeadLetters = false
            return settings
        }

        /// What `check` prints for this configuration: read ahead, held responses, windows, producer queue. Its sum is held by
        /// the tests of `Consequences`. It is of payload; the buffers of 64 connections are beside it.
        private static let bound = 64 * (128 + 128) << 10 + 64 * 128 << 10 + 8 << 20 + 4 << 20

        private static let connections = 64 * 256 << 10

        @Test("stuck records in each of 64 partitions under load: the memory stays within what check prints")
        func stuck() async throws {
            let mock = try MockCluster(brokers: 1, logger: .silent)
            try await RelayBench.run(Self.settings(mock.bootstrapServers), partitions: 1, startsRelay: false) { bench in
                try mock.createTopic(bench.names.requests, partitions: Self.partitions)
                try mock.createTopic(bench.names.replies, partitions: 4)
                let writer = TopicWriter(try Self.properties(mock.bootstrapServers))
                for round in 0..<Self.rounds {
                    // The small one in the middle of large ones: it pins their whole response.
                    let load = Self.everywhere { _ in .directed("load", more: Self.padding) }
                    let stuck = Self.everywhere { .directed("stuck-\($0)-\(round)", ["-504002"]) }
                    try await writer.write(load + stuck + load, to: bench.names.requests)
                }
                let relay = try bench.start()
                try await relay.logs("partitions assigned") { $0.message == "partitions assigned" }
                let idle = try Self.resident("VmRSS", of: relay)

                let count = Self.partitions * Self.rounds * 2
                _ = try await eventually("\(count) are called", within: .seconds(120)) {
                    try await bench.calls("load") >= count ? true : nil
                }
                let grown = try Self.resident("VmHWM", of: relay) - idle
                #expect(
                    grown < Self.bound + Self.connections,
                    "\(grown >> 20) MiB, and \(Self.bound >> 20) MiB are printed"
                )
                #expect(try await bench.calls("stuck-63-11") > 0)
                #expect(count << 15 > Self.bound, "more went by than may be kept")
            }
        }

        private static func everywhere(_ request: (Int) -> Request) -> [Request] {
            (0..<partitions).map { partition in
                var placed = request(partition)
                placed.partition = Int32(partition)
                return placed
            }
        }

        private static func properties(_ brokers: String) throws -> Properties {
            var properties = Properties()
            try properties.set("bootstrap.servers", to: brokers)
            return properties
        }

        /// Bytes by a line of `/proc/<pid>/status`, which counts in KiB.
        private static func resident(_ name: String, of relay: RelayProcess) throws -> Int {
            let status = try String(contentsOfFile: "/proc/\(relay.child.pid)/status", encoding: .utf8)
            let line = status.split(separator: "\n").first { $0.hasPrefix("\(name):") }
            guard let kibibytes = line?.split(whereSeparator: { !$0.isNumber }).first.flatMap({ Int($0) }) else {
                throw Missing("\(name) in the relay's status")
            }
            return kibibytes << 10
        }
    }
}
