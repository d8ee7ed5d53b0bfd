import Kafka
import Logging
import RelayConfiguration
import RelayCore

/// Waits until the brokers answer and every topic that the relay needs is there.
struct StartChecks: Sendable {
    let configuration: Configuration
    let lookups: LookupThread
    let logger: Logger

    /// What one look has found.
    private enum Finding {
        /// Partitions by topic.
        case complete([String: Int])
        /// In words.
        case missing(String)
    }

    /// Asks until all is there; what is missing is said once, and again each minute.
    ///
    /// - Returns: how many partitions each topic has.
    /// - Throws: `KafkaError` with the code `invalidArgument` for properties with which no client can be made.
    func wait() async throws -> [String: Int] {
        var said: String?
        var sayAgain = Clocks.now().monotonic
        while true {
            let missing: String
            switch try await finding() {
            case .complete(let counts): return counts
            case .missing(let words): missing = words
            }
            let now = Clocks.now().monotonic
            if missing != said || now >= sayAgain {
                said = missing
                sayAgain = now + .seconds(60)
                logger.warning("waiting: \(missing)")
            }
            try await Task.sleep(for: .seconds(1))
        }
    }

    private func finding() async throws -> Finding {
        // A stream, since it ends when the task is cancelled: a stop does not wait for brokers that do not answer.
        let (answers, continuation) = AsyncStream<Result<Finding, KafkaError>>.makeStream()
        lookups.run { continuation.yield(Result { () throws(KafkaError) in try look() }) }
        for await answer in answers { return try answer.get() }
        throw CancellationError()
    }

    private func look() throws(KafkaError) -> Finding {
        do throws(KafkaError) {
            var counts: [String: Int] = [:]
            var created: [String] = []
            for topic in try lookups.topics(configuration.topics, timeout: .seconds(5)) {
                guard let error = topic.error else {
                    counts[topic.name] = topic.partitionCount
                    continue
                }
                guard error.code == .unknownTopicOrPartition else {
                    return .missing("topic '\(topic.name)' cannot be used: \(error.words)")
                }
                guard configuration.createTopics else {
                    return .missing("topic '\(topic.name)' does not exist: create it, or set create-topics: true")
                }
                try lookups.create(topic.name, timeout: .seconds(10))
                logger.notice("topic created", metadata: ["topic": "\(topic.name)"])
                created.append(topic.name)
            }
            // As many partitions as the brokers gave them. One that is not seen yet is asked for again with the others,
            // once they are assigned.
            for topic in try lookups.topics(created, timeout: .seconds(5)) { counts[topic.name] = topic.partitionCount }
            return .complete(counts)
        } catch {
            // Time mends nothing here.
            guard error.code != .invalidArgument else { throw error }
            return .missing(
                error.isUnreachable
                    ? "the brokers do not answer: \(error.words)" : "the brokers refuse: \(error.words)"
            )
        }
    }
}

extension Configuration {
    /// Every topic that the relay reads or writes by its configuration.
    package var topics: [String] {
        var topics: [String] = []
        for pipeline in policy.pipelines {
            topics += pipeline.request.topics
            if let reply = pipeline.replyTopic { topics.append(reply) }
            if let deadLetter = pipeline.deadLetterTopic { topics.append(deadLetter) }
        }
        var seen: Set<String> = []
        return topics.filter { seen.insert($0).inserted }
    }
}
