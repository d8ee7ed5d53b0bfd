internal import CRdKafka

/// What the brokers know of a topic.
public struct TopicDescription: Equatable, Sendable {
    /// The topic's name.
    public let name: String
    /// How many partitions it has; 0 with an error.
    public let partitionCount: Int
    /// Why there is nothing: ``KafkaError/Code/unknownTopicOrPartition``, ``KafkaError/Code/topicException``,
    /// ``KafkaError/Code/topicAuthorizationFailed`` …
    public let error: KafkaError?

    /// Tells what is known of a topic.
    public init(name: String, partitionCount: Int, error: KafkaError?) {
        self.name = name
        self.partitionCount = partitionCount
        self.error = error
    }
}

/// The brokers of a cluster.
public struct ClusterDescription: Equatable, Sendable {
    /// One broker.
    public struct Broker: Equatable, Sendable {
        /// The broker's number.
        public let id: Int32
        /// The address that it tells clients.
        public let host: String
        /// The port that it tells clients.
        public let port: Int
    }

    /// All brokers that are up.
    public let brokers: [Broker]
}

extension Client {
    /// Asked by a consumer's handle this creates no topic (`allow.auto.create.topics` is false by default there); by a
    /// producer's it would.
    func topic(_ name: String, timeout: Duration) throws(KafkaError) -> TopicDescription {
        guard !name.utf8.contains(0) else {
            return TopicDescription(name: name, partitionCount: 0, error: KafkaError(code: .topicException))
        }
        guard let topic = unsafe rd_kafka_topic_new(raw, name, nil) else {
            return TopicDescription(name: name, partitionCount: 0, error: KafkaError(rd_kafka_last_error()))
        }
        defer { unsafe rd_kafka_topic_destroy(topic) }
        let answer = try unsafe Metadata(of: topic, asking: raw, timeout: timeout)
        guard unsafe answer.raw.pointee.topic_cnt > 0, let found = unsafe answer.raw.pointee.topics else {
            return TopicDescription(name: name, partitionCount: 0, error: KafkaError(code: .unknownTopicOrPartition))
        }
        let error = unsafe KafkaError(found.pointee.err)
        return unsafe TopicDescription(
            name: name,
            partitionCount: error == nil ? Int(found.pointee.partition_cnt) : 0,
            error: error
        )
    }

    func cluster(timeout: Duration) throws(KafkaError) -> ClusterDescription {
        let answer = try unsafe Metadata(of: nil, asking: raw, timeout: timeout)
        var found: [ClusterDescription.Broker] = []
        for index in unsafe 0..<Int(answer.raw.pointee.broker_cnt) {
            let broker = unsafe answer.raw.pointee.brokers[index]
            unsafe found.append(.init(id: broker.id, host: String(cString: broker.host), port: Int(broker.port)))
        }
        return ClusterDescription(brokers: found)
    }
}

/// librdkafka's answer, owned.
@safe
private struct Metadata: ~Copyable {
    let raw: UnsafePointer<rd_kafka_metadata>

    /// With a topic about that one, without about the brokers and the topics that the client uses.
    init(of topic: OpaquePointer?, asking client: OpaquePointer, timeout: Duration) throws(KafkaError) {
        var answer: UnsafePointer<rd_kafka_metadata>?
        try KafkaError.check(unsafe rd_kafka_metadata(client, 0, topic, &answer, timeout.milliseconds))
        guard let answer = unsafe answer else { throw KafkaError(code: .badMessage) }
        unsafe raw = answer
    }

    deinit {
        unsafe rd_kafka_metadata_destroy(raw)
    }
}
