import RelayCore

/// What a configuration means, in figures and in words, for `wxrelay check`.
package struct Consequences: Hashable, Sendable {
    /// How one pipeline's failing request ends.
    package struct Retry: Hashable, Sendable {
        /// The name under `pipelines:`.
        package let pipeline: String
        package let function: String
        /// Attempts that the errcode table counts, the first included.
        package let countedAttempts: Int
        /// The most that is waited before each further counted attempt; full jitter waits between nothing and this.
        package let waits: [Duration]
        /// From the first attempt to the failure at most, when each attempt takes its whole time-out and none is held.
        package let longest: Duration
        /// How often the function can have run after counted attempts.
        package let possibleRuns: Int
        /// About how many attempts fit into the budget at mean waits, when an errcode such as -1 is never counted; each
        /// may have run. The same as `possibleRuns` where `maybe-ran: fail` ends it.
        package let possibleRunsUncounted: Int
    }

    /// The most payload memory for a number of assigned partitions, when every partition is blocked.
    package struct Memory: Hashable, Sendable {
        package let assignedPartitions: Int
        /// Read ahead: partitions × (`queued.max.messages.kbytes` + `max.partition.fetch.bytes`).
        package let queues: ByteCount
        /// Responses pinned by a record that waits: partitions × `fetch.max.bytes`.
        package let pinned: ByteCount
        /// `window.bytes` of all pipelines.
        package let windows: ByteCount
        /// The producers' queues: shards × `queue.buffering.max.kbytes`.
        package let producerQueues: ByteCount
        /// The sum; the process itself needs about 20 MiB more.
        package let total: ByteCount
    }

    /// In the order of `pipelines:`.
    package let retries: [Retry]
    package let memory: Memory
    /// `memory.total` is above `memory.max`.
    package let exceedsMemoryMax: Bool
    /// Topics that are read, in the order of the file.
    package let topicsRead: [String]
    /// Reply and dead-letter topics, each once, in the order of the file.
    package let topicsWritten: [String]
    /// Everything in words, a sentence or a heading a line, without line breaks.
    package let lines: [String]
    /// What `lines` say that should worry; beside it stands `Configuration.warnings`.
    package let warnings: [String]

    /// - Parameters:
    ///   - configuration: What it is about.
    ///   - assignedPartitions: Of all topics together, in one process, whichever of its shards have them.
    package init(of configuration: Configuration, assignedPartitions: Int) {
        let pipelines = configuration.policy.pipelines
        retries = pipelines.map { pipeline in
            Retry(pipeline, timeouts: configuration.apps[pipeline.app].timeouts)
        }
        memory = Memory(configuration, assignedPartitions: assignedPartitions)
        exceedsMemoryMax = memory.total > configuration.memoryMax
        topicsRead = pipelines.flatMap(\.request.topics)
        var written: [String] = []
        for topic in pipelines.flatMap({ [$0.replyTopic, $0.deadLetterTopic].compactMap(\.self) })
        where !written.contains(topic) {
            written.append(topic)
        }
        topicsWritten = written
        warnings =
            exceedsMemoryMax
            ? [
                "with \(assignedPartitions) partitions payloads may need \(memory.total), more than memory.max"
                    + " (\(configuration.memoryMax)): lower queued.max.messages.kbytes, fetch.max.bytes"
                    + "\(configuration.shards > 1 ? ", shards" : "") or window.bytes, run more processes, or raise memory.max"
            ] : []
        lines = Self.words(
            configuration,
            retries,
            memory,
            read: topicsRead,
            written: topicsWritten
        )
    }
}

extension Consequences.Retry {
    init(_ pipeline: PipelinePolicy, timeouts: CallTimeouts) {
        let policy = pipeline.retry
        let attempt = timeouts.connect + timeouts.request
        let ceilings = (1..<max(policy.maxAttempts, 1)).map { Self.ceiling(policy, after: $0) }
        let sum = ceilings.reduce(Duration.zero, +) + attempt * policy.maxAttempts
        let once = policy.maybeRan == .fail
        self.init(
            pipeline: pipeline.name,
            function: pipeline.function,
            countedAttempts: policy.maxAttempts,
            waits: ceilings,
            longest: min(sum, policy.budget + attempt),
            possibleRuns: once ? 1 : policy.maxAttempts,
            possibleRunsUncounted: once ? 1 : max(policy.maxAttempts, Self.attempts(within: policy))
        )
    }

    /// The most that is waited after so many failed attempts: `min(max, initial × multiplier^(n−1))`.
    private static func ceiling(_ policy: RetryPolicy, after failed: Int) -> Duration {
        var ceiling = policy.initial
        for _ in 1..<max(failed, 1) where ceiling < policy.max { ceiling = ceiling * policy.multiplier }
        return min(ceiling, policy.max)
    }

    /// At mean waits, half of the ceilings, and calls that take no time.
    private static func attempts(within policy: RetryPolicy) -> Int {
        var elapsed = Duration.zero
        var attempts = 1
        var ceiling = min(policy.initial, policy.max)
        while elapsed + ceiling / 2 <= policy.budget {
            let next = min(ceiling * policy.multiplier, policy.max)
            // From here on all waits are alike.
            if next == ceiling { return attempts + Int((policy.budget - elapsed) / (ceiling / 2)) }
            elapsed += ceiling / 2
            attempts += 1
            ceiling = next
        }
        return attempts
    }
}

extension Consequences.Memory {
    init(_ configuration: Configuration, assignedPartitions: Int) {
        let limits = configuration.kafka.limits
        let queues = assignedPartitions * (limits.queuedMessages + limits.partitionFetch)
        let pinned = assignedPartitions * limits.fetch
        let windows = ByteCount(configuration.policy.pipelines.map(\.window.bytes).reduce(0, +))
        let producerQueues = configuration.shards * limits.producerQueue
        self.init(
            assignedPartitions: assignedPartitions,
            queues: queues,
            pinned: pinned,
            windows: windows,
            producerQueues: producerQueues,
            total: queues + pinned + windows + producerQueues
        )
    }
}
