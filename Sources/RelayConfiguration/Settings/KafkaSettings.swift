/// `kafka:`, by librdkafka's own names.
package struct KafkaSettings: Hashable, Sendable {
    /// Every property to set, wxrelay's own defaults included, in the order of `kafka:`; each name once.
    ///
    /// Which of them is the consumer's and which the producer's, librdkafka's own list says.
    package let properties: [KafkaProperty]
    /// The properties that decide over memory, and the session, read as numbers.
    package let limits: KafkaLimits
}

/// One librdkafka property.
package struct KafkaProperty: Hashable, Sendable {
    package enum Value: Hashable, Sendable {
        case plain(String)
        case secret(SecretSource)
    }

    package let name: String
    package let value: Value

    package init(name: String, value: Value) {
        self.name = name
        self.value = value
    }
}

/// The librdkafka properties that the memory bound and the life cycle are computed from.
package struct KafkaLimits: Hashable, Sendable {
    /// `queued.max.messages.kbytes`, for each partition.
    package let queuedMessages: ByteCount
    /// `max.partition.fetch.bytes`
    package let partitionFetch: ByteCount
    /// `fetch.max.bytes`, one response.
    package let fetch: ByteCount
    /// `queue.buffering.max.kbytes`, the producer's queue.
    package let producerQueue: ByteCount
    /// `session.timeout.ms`
    package let sessionTimeout: Duration
}
