internal import CRdKafka
public import Logging

/// librdkafka's mock cluster: brokers in this process, in memory, for tests and demonstrations.
///
/// In librdkafka 2.0.2: a partition keeps its last 5 MiB and drops the rest silently; a topic that is asked for exists,
/// with 4 partitions; the first join of a group takes 3 s and each later one `session.timeout.ms` less 1 s; members of a
/// group with different assignors abort the process; there is no admin interface; transactions are an empty shell. Set
/// `fetch.wait.max.ms` to some milliseconds, since new records do not wake a waiting fetch.
@safe
public struct MockCluster: ~Copyable, Sendable {
    private let client: Client
    /// Unchecked: librdkafka hands every call on it to the cluster's own thread.
    private nonisolated(unsafe) let raw: OpaquePointer

    /// Starts brokers, numbered from 1, on free ports of 127.0.0.1.
    public init(brokers: Int, logger: Logger) throws(KafkaError) {
        let configuration = Configuration()
        // The cluster needs a client that never connects, and which would warn of that.
        try configuration.set([("log_level", "3")])
        let client = try Client(RD_KAFKA_PRODUCER, configuration, events: 0, logger: logger)
        guard let raw = unsafe rd_kafka_mock_cluster_new(client.raw, Int32(clamping: brokers)) else {
            throw KafkaError(code: .invalidArgument, reason: "no mock cluster of \(brokers) brokers")
        }
        self.client = client
        unsafe self.raw = raw
    }

    /// The value of `bootstrap.servers`.
    public var bootstrapServers: String { unsafe String(cString: rd_kafka_mock_cluster_bootstraps(raw)) }

    /// Creates a topic.
    public func createTopic(_ name: String, partitions: Int) throws(KafkaError) {
        try KafkaError.check(unsafe rd_kafka_mock_topic_create(raw, name, Int32(clamping: partitions), 1))
    }

    /// Lets a topic exist and be of no use: metadata and produce requests are answered with the error.
    public func setError(_ code: KafkaError.Code, ofTopic name: String) {
        unsafe rd_kafka_mock_topic_set_error(raw, name, rd_kafka_resp_err_t(rawValue: code.rawValue))
    }

    /// Answers the next requests of a kind with these errors, one each, whichever broker gets them.
    public func refuse(_ request: MockRequest, with codes: [KafkaError.Code]) {
        let errors = codes.map { rd_kafka_resp_err_t(rawValue: $0.rawValue) }
        unsafe rd_kafka_mock_push_request_errors_array(raw, request.rawValue, errors.count, errors)
    }

    /// Ends a broker's connections and refuses new ones.
    public func stopBroker(_ id: Int32) throws(KafkaError) {
        try KafkaError.check(unsafe rd_kafka_mock_broker_set_down(raw, id))
    }

    /// Takes connections again; what the broker held is still there.
    public func startBroker(_ id: Int32) throws(KafkaError) {
        try KafkaError.check(unsafe rd_kafka_mock_broker_set_up(raw, id))
    }

    /// Delays a broker's answers.
    public func setRoundTrip(_ time: Duration, ofBroker id: Int32) throws(KafkaError) {
        try KafkaError.check(unsafe rd_kafka_mock_broker_set_rtt(raw, id, time.milliseconds))
    }

    deinit {
        unsafe rd_kafka_mock_cluster_destroy(raw)
    }
}

/// A kind of request, as the Kafka protocol guide's "API keys" number it.
public struct MockRequest: RawRepresentable, Hashable, Sendable {
    /// The protocol's number.
    public let rawValue: Int16

    /// Any request.
    public init(rawValue: Int16) {
        self.rawValue = rawValue
    }

    /// Records from a producer.
    public static let produce = Self(rawValue: 0)
    /// Records for a consumer.
    public static let fetch = Self(rawValue: 1)
    /// Offsets by time, log bounds.
    public static let listOffsets = Self(rawValue: 2)
    /// Brokers and topics.
    public static let metadata = Self(rawValue: 3)
    /// A group's commit.
    public static let offsetCommit = Self(rawValue: 8)
    /// A group's committed offsets.
    public static let offsetFetch = Self(rawValue: 9)
    /// Who coordinates a group.
    public static let findCoordinator = Self(rawValue: 10)
    /// A member's wish to be in the next generation.
    public static let joinGroup = Self(rawValue: 11)
    /// A member's sign of life.
    public static let heartbeat = Self(rawValue: 12)
    /// A member's assignment.
    public static let syncGroup = Self(rawValue: 14)
    /// An idempotent producer's start.
    public static let initProducerID = Self(rawValue: 22)
}
