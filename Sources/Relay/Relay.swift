package import Kafka
package import Logging
import NIOCore
import NIOPosix
package import RelayConfiguration
package import RelayCore
import WeChatClient

/// The running relay: waits for the brokers and the topics, then relays until it is stopped.
package final class Relay: Sendable {
    private let configuration: Configuration
    private let properties: Properties
    private let logger: Logger
    private let lookups: LookupThread
    private let recording: String?
    private let secrets: AppSecrets
    private let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    private let shard: NIOLoopBoundBox<Shard?>
    private let recorder: NIOLoopBoundBox<Recorder?>

    /// - Parameters:
    ///   - configuration: what to relay.
    ///   - properties: librdkafka's, from `Properties(configuration)`.
    ///   - recording: the file that gets each decision of the core, for a replay; nil for none.
    ///   - logger: where the relay's own words and librdkafka's go.
    package init(configuration: Configuration, properties: Properties, recording: String? = nil, logger: Logger) {
        self.configuration = configuration
        self.properties = properties
        self.recording = recording
        self.logger = logger
        secrets = AppSecrets(configuration.apps)
        lookups = LookupThread(properties: properties, logger: logger)
        shard = NIOLoopBoundBox.makeEmptyBox(valueType: Shard.self, eventLoop: group.next())
        recorder = NIOLoopBoundBox.makeEmptyBox(valueType: Recorder.self, eventLoop: group.next())
    }

    /// Waits for brokers and topics as long as it takes, then joins the group.
    ///
    /// - Throws: what only a person can mend: a property that librdkafka does not take, a `ca-file` that is none, a proxy
    ///   that cannot be read, a recording that cannot be written.
    package func start() async throws {
        let loop = group.next()
        // Before the brokers are waited for: a file that cannot be written is told at once.
        try await loop.submit { [recorder, recording] in
            recorder.value = try recording.map { try Recorder(path: $0) }
        }.get()
        let counts = try await StartChecks(configuration: configuration, lookups: lookups, logger: logger).wait()
        let keepers = try configuration.apps.enumerated().map { index, app in
            TokenKeeper(
                appName: app.name,
                source: app.clientTokenSource { [secrets] in try secrets.read(ofApp: index) },
                client: try HTTPClientSettings(tokensOf: app, logger: logger),
                eventLoop: loop,
                logger: logger,
                now: { Clocks.now().monotonic },
                random: SystemRandomNumberGenerator()
            )
        }
        try await loop.submit { [self] in
            let shard = try Shard(
                eventLoop: loop,
                configuration: configuration,
                properties: properties,
                tokens: keepers,
                lookups: lookups,
                recorder: recorder.value,
                logger: logger
            )
            self.shard.value = shard
            shard.handle(.partitionTotals(configuration.policy.partitionTotals(counts)))
            shard.start()
        }.get()
        for keeper in keepers { keeper.start() }
        logger.notice(
            "relaying",
            metadata: [
                "group": "\(configuration.group)",
                "pipelines": "\(configuration.policy.pipelines.map(\.name).joined(separator: " "))",
            ]
        )
    }

    /// Takes no new record, finishes what was begun within `stop.drain`, commits and leaves the group.
    ///
    /// - Returns: whether nothing that was begun is left.
    package func stop() async -> Bool {
        logger.notice("stopping", metadata: ["drain-ms": "\(configuration.stopDrain.wholeMilliseconds)"])
        let drain = configuration.stopDrain
        let isClean = await withCheckedContinuation { (continuation: CheckedContinuation<Bool, Never>) in
            group.next().execute { [shard] in
                guard let shard = shard.value else {
                    continuation.resume(returning: true)
                    return
                }
                shard.stop(drain: drain) { continuation.resume(returning: $0) }
            }
        }
        logger.notice("stopped", metadata: ["clean": "\(isClean)"])
        return isClean
    }

    /// Lets the running relay go by what a reload has changed; returns once it does. Not before `start()` has returned.
    package func reload(_ reload: Reload) async {
        secrets.change(to: reload.configuration.apps)
        await withCheckedContinuation { continuation in
            group.next().execute { [shard] in
                shard.value?.reload(reload)
                continuation.resume()
            }
        }
    }

    /// What happened since the start, and the state now.
    package func state() async -> RelayState? {
        await withCheckedContinuation { continuation in
            group.next().execute { [shard] in
                continuation.resume(
                    returning: shard.value.map {
                        RelayState(
                            counters: $0.machine.counters,
                            summary: $0.machine.summary(),
                            holds: $0.machine.holdReports.map(\.sentence)
                        )
                    }
                )
            }
        }
    }
}

/// The relay in figures.
package struct RelayState: Sendable {
    package let counters: MachineCounters
    package let summary: MachineSummary
    /// Each open hold in a sentence.
    package let holds: [String]
}

extension Properties {
    /// The properties of a configuration's `kafka:`, with the group's own.
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
        if let instance = configuration.instanceID { try set("group.instance.id", to: "\(instance)-0") }
    }
}
