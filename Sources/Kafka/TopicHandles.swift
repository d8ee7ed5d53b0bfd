internal import CRdKafka

/// A producer's topics by name.
///
/// As its handle is made librdkafka asks for a topic's partitions. Of a topic that only a message names it finds out up to a
/// second later, when it next goes over all that it knows; and it takes a lock and a search for each such message
/// (librdkafka 2.0.2).
@safe
final class TopicHandles {
    private let client: Client
    private var handles: [String: OpaquePointer] = unsafe [:]
    /// Most messages go to the topic of the one before.
    private var last: (name: String, handle: OpaquePointer)?

    init(of client: Client) {
        self.client = client
    }

    /// - Throws: what librdkafka has against the name.
    func handle(of topic: String) throws(KafkaError) -> OpaquePointer {
        if let last = unsafe last, unsafe last.name == topic { return unsafe last.handle }
        let handle = if let known = unsafe handles[topic] { unsafe known } else { unsafe try make(topic) }
        unsafe last = (topic, handle)
        return unsafe handle
    }

    private func make(_ topic: String) throws(KafkaError) -> OpaquePointer {
        // librdkafka would read the name up to the NUL, which may be another topic.
        guard !topic.utf8.contains(0) else { throw KafkaError(code: .topicException) }
        guard let handle = unsafe rd_kafka_topic_new(client.raw, topic, nil) else {
            throw KafkaError(rd_kafka_last_error()) ?? KafkaError(code: .topicException)
        }
        unsafe handles[topic] = handle
        return unsafe handle
    }

    deinit {
        unsafe handles.values.forEach { unsafe rd_kafka_topic_destroy($0) }
    }
}
