import Kafka
import Logging
import Relay
import RelayConfiguration
import RelayCore

/// One request through Kafka and its reply. Blocks: for a thread of its own.
struct KafkaInvocation: Sendable {
    let configuration: Configuration
    let properties: Properties
    let pipeline: PipelinePolicy
    /// What the request names instead of the pipeline's own.
    let function: String?
    let environment: String?
    let key: String?
    let body: [UInt8]
    let timeout: Duration
    let correlationID: String

    enum Outcome {
        case reply(ReplyRecord)
        /// `request` is where the request lies.
        case none(request: String, why: String)
    }

    func run() throws -> Outcome {
        let deadline = ContinuousClock.now + timeout
        let requestTopic = pipeline.request.topics[0]
        guard let replyTopic = pipeline.replyTopic else {
            throw CommandProblem("invoke: the pipeline '\(pipeline.name)' has no reply topic", ExitStatus.configuration)
        }
        let bell = Bell()
        do throws(KafkaError) {
            let partitions = try partitions(of: requestTopic)
            _ = try self.partitions(of: replyTopic)
            var replies = try TopicReader(
                [replyTopic],
                properties: properties,
                logger: BrokerQuestions.silent,
                bell: bell,
                timeout: patience
            )
            let before = committed(partitions, replies.lookups)
            let producer = try Producer(properties, logger: BrokerQuestions.silent) { bell.ring() }
            try produce(to: requestTopic, by: producer)
            var written: DeliveryReport?
            while ContinuousClock.now < deadline {
                var problem: KafkaError?
                producer.drain { event in
                    switch event {
                    case .delivered(let report):
                        written = report
                        problem = report.error
                    case .error(let error): if error.isFatal { problem = error }
                    case .statistics: break
                    }
                }
                if let problem { throw problem }
                var found: ReplyRecord?
                try replies.read { message in
                    let reply = ReplyRecord(message)
                    if reply.correlationID == correlationID { found = reply }
                }
                if let found { return .reply(found) }
                if !replies.hasMore { bell.wait(atMost: min(.milliseconds(500), deadline - .now)) }
            }
            guard let written, let partition = written.partition, let offset = written.offset else {
                throw KafkaError(
                    code: .timedOut,
                    reason: "the brokers did not take the request within \(timeout.words)"
                )
            }
            let after = committed(partitions, replies.lookups)
            let place = TopicPartition(topic: requestTopic, partition: partition)
            return .none(
                request: "\(place)/\(offset)",
                why: Silence(
                    group: configuration.group,
                    place: place,
                    offset: offset,
                    isPaused: pipeline.isPaused,
                    before: before,
                    after: after
                ).words(replyTopic: replyTopic)
            )
        } catch {
            guard error.isUnreachable else {
                throw CommandProblem(
                    "invoke: \(error.reason); `wxrelay check --connect` looks at all topics",
                    ExitStatus.configuration
                )
            }
            throw CommandProblem(
                "invoke: \(properties["bootstrap.servers"] ?? "the brokers") does not answer: \(error.words); check"
                    + " kafka.bootstrap.servers, or let `wxrelay check --connect` look for the fault",
                ExitStatus.unreachable
            )
        }
    }

    /// For each question to the brokers.
    private var patience: Duration { min(timeout, .seconds(10)) }

    /// Asked before anything is written: a producer's handle would create what is missing.
    private func partitions(of topic: String) throws(KafkaError) -> [TopicPartition] {
        let admin = try Admin(properties, logger: BrokerQuestions.silent)
        let description = try admin.topic(topic, timeout: patience)
        if let error = description.error {
            let remedy =
                configuration.createTopics
                ? "start the relay, which creates it" : "create it, or set create-topics: true"
            let problem =
                error.code == .unknownTopicOrPartition
                ? "the topic '\(topic)' does not exist: \(remedy)"
                : "the topic '\(topic)' cannot be used: \(error.words)"
            throw KafkaError(code: error.code, reason: problem)
        }
        return (0..<Int32(description.partitionCount)).map { TopicPartition(topic: topic, partition: $0) }
    }

    private func produce(to topic: String, by producer: borrowing Producer) throws(KafkaError) {
        var headers = Kafka.HeaderBlock()
        headers.append("wxrelay-correlation-id", correlationID)
        // Nobody waits for it longer, so it is not to be run when a relay is started tomorrow.
        headers.append("wxrelay-ttl", "\(timeout.wholeMilliseconds)ms")
        if let function { headers.append("wxrelay-function", function) }
        if let environment { headers.append("wxrelay-env", environment) }
        let value =
            switch pipeline.request.format {
            case .raw: body
            case .envelope: Array(#"{"data":"#.utf8) + body + Array("}".utf8)
            }
        let keyBytes = key.map { Array($0.utf8) }
        try producer.produce(
            topic: topic,
            key: keyBytes?.span.bytes,
            value: value.span.bytes,
            headers: headers,
            tag: 0
        )
    }

    /// The group's committed offsets; nil when they cannot be asked for.
    private func committed(_ partitions: [TopicPartition], _ lookups: Lookups) -> [TopicPartition: Kafka.Offset]? {
        do throws(KafkaError) {
            var offsets: [TopicPartition: Kafka.Offset] = [:]
            for found in try lookups.committed(partitions, timeout: patience) {
                offsets[found.partition] = found.offset
            }
            return offsets
        } catch {
            // They only explain a silence; without them less is said.
            return nil
        }
    }
}
