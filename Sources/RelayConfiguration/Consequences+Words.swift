import RelayCore

extension Consequences {
    static func words(
        _ configuration: Configuration,
        _ retries: [Retry],
        _ memory: Memory,
        read: [String],
        written: [String]
    ) -> [String] {
        zip(configuration.policy.pipelines, retries).flatMap { words($0, $1) }
            + words(shardsOf: configuration)
            + configuration.policy.apps.flatMap { words(limitsOf: $0, among: memory.assignedPartitions) }
            + words(memory, configuration)
            + words(lifeOf: configuration)
            + words(rightsOf: configuration.group, read: read, written: written)
    }

    private static func words(_ pipeline: PipelinePolicy, _ retry: Retry) -> [String] {
        let targets = [pipeline.replyTopic, pipeline.deadLetterTopic].compactMap(\.self).joined(separator: ", ")
        var lines = [
            "pipeline \(pipeline.name): \(pipeline.request.topics.joined(separator: ", ")) -> \(pipeline.function)"
                + " in \(pipeline.environment) -> \(targets)"
        ]
        let attempts = count(retry.countedAttempts, "counted attempt")
        if pipeline.isPaused { lines.append("  paused: nothing is read and nothing is called") }
        let waits =
            retry.waits.isEmpty
            ? "" : ", waits of up to \(retry.waits.map(seconds).joined(separator: ", ")) s between them"
        lines.append(
            "  retries: \(pipeline.function): at most \(attempts)\(waits), then fails after at most"
                + " \(seconds(retry.longest)) s, time under a hold not counted"
        )
        lines.append("  runs: \(runs(pipeline, retry))")
        if let deadline = pipeline.request.deadline {
            lines.append(
                "  deadline: \(UnitText.words(deadline)) from the record's timestamp, also while held;"
                    + " then the answer is deadline_exceeded"
            )
        }
        lines.append(
            "  open: at most \(pipeline.window.open) records of a partition, \(ByteCount(pipeline.window.bytes)) of payload,"
                + " \(pipeline.inFlight.max) calls at once; a restart reads at most \(pipeline.window.distance) offsets"
                + " of a partition again"
        )
        return lines
    }

    private static func runs(_ pipeline: PipelinePolicy, _ retry: Retry) -> String {
        switch pipeline.retry.maybeRan {
        case .fail:
            "the function runs at most once for a request, but for crashes between a call and its record;"
                + " when that is not known the answer is maybe_ran"
        case .retry:
            "the function may run up to \(count(retry.possibleRuns, "time")) for a request; behind errcodes that are not"
                + " counted, such as -1, about \(retry.possibleRunsUncounted) times in the budget of"
                + " \(UnitText.words(pipeline.retry.budget)); each crash or cut hand-over adds one"
        }
    }

    private static func words(shardsOf configuration: Configuration) -> [String] {
        guard configuration.shards > 1 else { return [] }
        return [
            "shards: \(configuration.shards) members of the group in this process; each has its part of every pipeline's calls"
                + " and payload, and one without partitions of a pipeline leaves its part unused"
        ]
    }

    private static func words(_ memory: Memory, _ configuration: Configuration) -> [String] {
        let limits = configuration.kafka.limits
        let partitions = memory.assignedPartitions
        let shards = configuration.shards
        let producers =
            shards == 1
            ? "producer queue" : "producer queues = \(shards) x \(limits.producerQueue)"
        return [
            "memory: at most \(memory.total) of payload with \(count(partitions, "partition")) in this process"
                + " (memory.max \(configuration.memoryMax))",
            "  \(memory.queues) read ahead = \(partitions) x (\(limits.queuedMessages) + \(limits.partitionFetch))",
            "  \(memory.pinned) held responses = \(partitions) x \(limits.fetch), when every partition is blocked",
            "  \(memory.windows) windows, answers included; \(memory.producerQueues) \(producers)",
        ]
    }

    private static func words(lifeOf configuration: Configuration) -> [String] {
        // Who kills it gives it a second more than it takes.
        let grace = configuration.longestStop + .seconds(1)
        return [
            "rebalance: a partition that moves waits up to \(UnitText.words(configuration.rebalanceDrain)) for its calls;"
                + " the session is \(UnitText.words(configuration.kafka.limits.sessionTimeout))",
            "stop: up to \(UnitText.words(configuration.stopDrain)) for calls, the process ends within"
                + " \(UnitText.words(configuration.longestStop)): terminationGracePeriodSeconds: \(seconds(grace)) or more",
        ]
    }

    private static func words(rightsOf group: String, read: [String], written: [String]) -> [String] {
        [
            "rights: Read on the group \(group); Read and Describe on \(read.joined(separator: ", "));"
                + " Write and Describe on \(written.joined(separator: ", "));"
                + " IdempotentWrite on the cluster with brokers before 3.0"
        ]
    }

    static func count(_ count: Int, _ noun: String) -> String {
        count == 1 ? "1 \(noun)" : "\(count) \(noun)s"
    }

    /// Seconds in at most three decimals: `0.2`, `72.2`, `30`.
    private static func seconds(_ duration: Duration) -> String {
        let milliseconds = duration.wholeMilliseconds
        let (whole, rest) = milliseconds.quotientAndRemainder(dividingBy: 1_000)
        if rest == 0 { return "\(whole)" }
        var digits = String("\(1_000 + rest)".dropFirst())
        while digits.hasSuffix("0") { digits.removeLast() }
        return "\(whole).\(digits)"
    }
}
