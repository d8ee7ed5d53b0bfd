package import Kafka
package import Logging
import NIOCore
package import RelayConfiguration
package import RelayCore
import Sockets
import WeChatClient

/// The running relay: waits for the brokers and the topics, then relays until it is stopped.
///
/// Its shards share the token keepers, which live on the first one's loop, and the count of assigned partitions; they leave
/// the group together.
package final class Relay: Sendable {
    private let configuration: Configuration
    private let properties: Properties
    private let logger: Logger
    private let recording: String?
    private let secrets: AppSecrets
    private let shards: [ShardLoop]

    /// - Parameters:
    ///   - configuration: what to relay.
    ///   - properties: librdkafka's, from `Properties(configuration)`.
    ///   - recording: the file that gets each decision of the core, for a replay; of several shards each has a file of its
    ///     own, with `.` and its number behind the name. Nil for none.
    ///   - logger: where the relay's own words and librdkafka's go.
    package init(configuration: Configuration, properties: Properties, recording: String? = nil, logger: Logger) {
        self.configuration = configuration
        self.properties = properties
        self.recording = recording
        self.logger = logger
        secrets = AppSecrets(configuration.apps)
        shards = (0..<configuration.shards).map { ShardLoop(number: $0, eventLoop: EpollLoop(name: "shard-\($0)")) }
    }

    /// Waits for brokers and topics as long as it takes, then joins the group with every shard.
    ///
    /// - Throws: what only a person can mend: a property that librdkafka does not take, a `ca-file` that is none, a proxy
    ///   that cannot be read, a recording that cannot be written. Then no shard runs.
    package func start() async throws {
        // Before the brokers are waited for: a file that cannot be written is told at once.
        if let recording { try await shards.record(to: recording) }
        let lookups = LookupThread(properties: properties, logger: logger)
        let counts = try await StartChecks(configuration: configuration, lookups: lookups, logger: logger).wait()
        warnOfIdleShards(partitions: configuration.policy.partitionTotals(counts))
        let keepers = try tokenKeepers()
        let assigned = AssignedPartitions(shards: shards.count)
        try await shards.make { [self] loop in
            let shard = try shard(on: loop, tokens: keepers, assigned: assigned)
            // Before the group can answer: without them a share of the limits would be taken for the whole.
            shard.handle(.partitionTotals(configuration.policy.partitionTotals(counts)))
            return shard
        }
        await shards.tell { $0.start() }
        for keeper in keepers { keeper.start() }
        logger.notice(
            "relaying",
            metadata: [
                "group": "\(configuration.group)",
                "pipelines": "\(configuration.policy.pipelines.map(\.name).joined(separator: " "))",
            ]
        )
    }

    private func warnOfIdleShards(partitions: [Int]) {
        for (pipeline, count) in zip(configuration.policy.pipelines, partitions) where count < shards.count {
            logger.warning(
                "fewer partitions than shards: the other shards' part of in-flight and window.bytes stays unused",
                metadata: ["pipeline": "\(pipeline.name)", "partitions": "\(count)", "shards": "\(shards.count)"]
            )
        }
    }

    private func tokenKeepers() throws -> [TokenKeeper] {
        try configuration.apps.enumerated().map { index, app in
            TokenKeeper(
                appName: app.name,
                source: app.clientTokenSource { [secrets] in try secrets.read(ofApp: index) },
                client: try HTTPClientSettings(tokensOf: app, logger: logger),
                eventLoop: shards[0].eventLoop,
                logger: logger,
                now: { Clocks.now().monotonic },
                random: SystemRandomNumberGenerator()
            )
        }
    }

    private func shard(on loop: ShardLoop, tokens: [TokenKeeper], assigned: AssignedPartitions) throws -> Shard {
        let isOneOfSeveral = shards.count > 1
        var logger = logger
        if isOneOfSeveral { logger[metadataKey: "shard"] = "\(loop.number)" }
        return try Shard(
            number: loop.number,
            eventLoop: loop.eventLoop,
            configuration: configuration,
            properties: try properties.member(loop.number, of: configuration),
            tokens: tokens,
            assignedPartitions: assigned,
            recorder: loop.recorder.value,
            logger: logger
        )
    }

    /// Takes no new record, finishes what was begun within `stop.drain`, commits and leaves the group.
    ///
    /// - Returns: whether nothing that was begun is left, in any shard.
    package func stop() async -> Bool {
        logger.notice("stopping", metadata: ["drain-ms": "\(configuration.stopDrain.wholeMilliseconds)"])
        let deadline = Clocks.now().monotonic + configuration.stopDrain
        let areClean = await shards.ask { $0.stop(deadline: deadline, onDrained: $1) }
        // Not one after the other as they are done: when a member leaves, the others cannot commit until the group has
        // come together again.
        _ = await shards.ask { (shard: Shard, left: @escaping @Sendable (Bool) -> Void) in
            shard.leave { left(true) }
        }
        let isClean = areClean.allSatisfy(\.self)
        logger.notice("stopped", metadata: ["clean": "\(isClean)"])
        return isClean
    }

    /// Lets the running relay go by what a reload has changed; returns once every shard does. Not before `start()` has
    /// returned.
    package func reload(_ reload: Reload) async {
        secrets.change(to: reload.configuration.apps)
        await shards.tell { $0.reload(reload) }
    }

    /// What happened since the start, and the state now, of each shard.
    package func states() async -> [RelayState] {
        await shards.ask { shard, tell in
            tell(
                RelayState(
                    counters: shard.machine.counters,
                    summary: shard.machine.summary(),
                    holds: shard.machine.holdReports.map(\.sentence)
                )
            )
        }
    }
}

/// A shard in figures.
package struct RelayState: Sendable {
    package let counters: MachineCounters
    package let summary: MachineSummary
    /// Each open hold in a sentence.
    package let holds: [String]
}

extension Properties {
    /// The properties of a configuration's `kafka:`, with the group.
    ///
    /// - Throws: `PropertyError` or `SecretUnreadable`.
    package init(_ configuration: Configuration) throws {
        self.init()
        for property in configuration.kafka.properties {
            switch property.value {
            case .plain(let value): try set(property.name, to: value)
            case .secret(let source): try set(property.name, to: source.read().exposed)
            }
        }
        try set("group.id", to: configuration.group)
    }

    /// Those of one member of the group: what names a client has to name each shard.
    package func member(_ shard: Int, of configuration: Configuration) throws(PropertyError) -> Properties {
        var own = self
        if let instance = configuration.instanceID { try own.set("group.instance.id", to: "\(instance)-\(shard)") }
        // One shard keeps the name that quotas and rights may know it by.
        if configuration.shards > 1, let client = self["client.id"] {
            try own.set("client.id", to: "\(client)-\(shard)")
        }
        return own
    }
}
