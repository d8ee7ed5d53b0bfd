internal import CRdKafka
public import Logging

/// Creates, deletes and looks at topics. Each call blocks until its answer or its time limit: for commands, tests and
/// helper threads.
public struct Admin: ~Copyable {
    let client: Client
    private let events: EventQueue

    /// Makes a client of its own, which connects when it is first used.
    ///
    /// - Parameters:
    ///   - properties: `bootstrap.servers` and any other; a group's and producers' own are left out.
    ///   - logger: Gets librdkafka's log, on librdkafka's threads.
    /// - Throws: What librdkafka has against the properties together.
    public init(_ properties: Properties, logger: Logger) throws(KafkaError) {
        let configuration = Configuration()
        // A consumer's handle, since a producer's creates a topic by asking for it.
        let own = properties.of(.consumer).filter { $0.name != "group.id" && $0.name != "group.instance.id" }
        try configuration.set(own + Self.required)
        let client = try Client(RD_KAFKA_CONSUMER, configuration, events: RD_KAFKA_EVENT_ERROR, logger: logger)
        guard let queue = unsafe rd_kafka_queue_get_main(client.raw) else { throw KafkaError(code: .state) }
        self.client = client
        // Read after each call only; nobody has to be woken.
        unsafe events = EventQueue(adopting: queue, of: client) {}
    }

    /// What reading single records rests on: nothing is stored, and the end of the log is told like any other answer.
    private static let required = [
        ("enable.auto.commit", "false"),
        ("enable.auto.offset.store", "false"),
        ("auto.offset.reset", "error"),
        ("enable.partition.eof", "true"),
        // One record of each of many partitions is wanted, at once.
        ("max.partition.fetch.bytes", "65536"),
        ("fetch.min.bytes", "1"),
        ("fetch.wait.max.ms", "100"),
    ]

    /// Creates topics and waits until the controller has.
    ///
    /// - Returns: A result a topic; ``KafkaError/Code/topicAlreadyExists`` for one that is there.
    public borrowing func create(_ topics: [NewTopic], timeout: Duration) throws(KafkaError) -> [TopicResult] {
        var requests = unsafe [OpaquePointer?]()
        defer { unsafe rd_kafka_NewTopic_destroy_array(&requests, requests.count) }
        for topic in topics { try unsafe requests.append(topic.request()) }
        return try unsafe ask(RD_KAFKA_ADMIN_OP_CREATETOPICS, timeout: timeout) { options, queue in
            unsafe rd_kafka_CreateTopics(client.raw, &requests, requests.count, options, queue)
        } results: { event, count in
            unsafe rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event), count)
        }
    }

    /// Deletes topics with all that is in them.
    ///
    /// - Returns: A result a topic; ``KafkaError/Code/unknownTopicOrPartition`` for one that is not there.
    public borrowing func delete(_ topics: [String], timeout: Duration) throws(KafkaError) -> [TopicResult] {
        var requests = unsafe topics.map { unsafe rd_kafka_DeleteTopic_new($0) }
        defer { unsafe rd_kafka_DeleteTopic_destroy_array(&requests, requests.count) }
        return try unsafe ask(RD_KAFKA_ADMIN_OP_DELETETOPICS, timeout: timeout) { options, queue in
            unsafe rd_kafka_DeleteTopics(client.raw, &requests, requests.count, options, queue)
        } results: { event, count in
            unsafe rd_kafka_DeleteTopics_result_topics(rd_kafka_event_DeleteTopics_result(event), count)
        }
    }

    /// Whether a topic exists and how many partitions it has; asking does not create it.
    public borrowing func topic(_ name: String, timeout: Duration) throws(KafkaError) -> TopicDescription {
        do {
            return try client.topic(name, timeout: timeout)
        } catch {
            throw explained(error)
        }
    }

    /// The brokers.
    public borrowing func cluster(timeout: Duration) throws(KafkaError) -> ClusterDescription {
        do {
            return try client.cluster(timeout: timeout)
        } catch {
            throw explained(error)
        }
    }

    private borrowing func ask(
        _ operation: rd_kafka_admin_op_t,
        timeout: Duration,
        send: (_ options: OpaquePointer?, _ queue: OpaquePointer?) -> Void,
        results: (_ event: OpaquePointer, _ count: UnsafeMutablePointer<Int>) -> UnsafeMutablePointer<OpaquePointer?>?
    ) throws(KafkaError) -> [TopicResult] {
        let event = try unsafe answer(to: operation, timeout: timeout, send: send)
        var count = 0
        guard let found = unsafe results(event.raw, &count) else { return [] }
        return unsafe UnsafeBufferPointer(start: found, count: count).map { unsafe TopicResult($0) }
    }

    /// Sends a request and waits for what it brings.
    borrowing func answer(
        to operation: rd_kafka_admin_op_t,
        timeout: Duration,
        send: (_ options: OpaquePointer?, _ queue: OpaquePointer?) -> Void
    ) throws(KafkaError) -> Event {
        let queue = unsafe rd_kafka_queue_new(client.raw)
        defer { unsafe rd_kafka_queue_destroy(queue) }
        let options = unsafe rd_kafka_AdminOptions_new(client.raw, operation)
        defer { unsafe rd_kafka_AdminOptions_destroy(options) }
        // How long the request may take, and how long the controller may take over it.
        var text = [CChar](repeating: 0, count: 512)
        let limit = timeout.milliseconds
        try KafkaError.check(unsafe rd_kafka_AdminOptions_set_request_timeout(options, limit, &text, text.count))
        try KafkaError.check(unsafe rd_kafka_AdminOptions_set_operation_timeout(options, limit, &text, text.count))
        unsafe send(options, queue)
        // The time limit brings an event in any case.
        guard let raw = unsafe rd_kafka_queue_poll(queue, -1) else { throw KafkaError(code: .timedOut) }
        let event = unsafe Event(adopting: raw)
        if let error = event.error { throw explained(error) }
        return event
    }

    /// A time-out with what the client met meanwhile: refused connections, credentials, certificates.
    private borrowing func explained(_ error: KafkaError) -> KafkaError {
        var met: [String] = []
        while let event = events.next() {
            if let error = event.error, !met.contains(error.reason) { met.append(error.reason) }
        }
        guard error.isRetriable, !met.isEmpty else { return error }
        return KafkaError(code: error.code, reason: "\(error.reason) (\(met.joined(separator: "; ")))")
    }
}

/// A topic to create.
public struct NewTopic: Equatable, Sendable {
    /// The topic's name.
    public var name: String
    /// How many partitions it gets.
    public var partitions: Int
    /// How many brokers hold each; nil for the brokers' default.
    public var replicationFactor: Int?
    /// Topic configuration: `retention.ms`, `cleanup.policy` …
    public var configuration: [String: String]

    /// Describes a topic.
    public init(
        name: String,
        partitions: Int,
        replicationFactor: Int? = nil,
        configuration: [String: String] = [:]
    ) {
        self.name = name
        self.partitions = partitions
        self.replicationFactor = replicationFactor
        self.configuration = configuration
    }

    fileprivate func request() throws(KafkaError) -> OpaquePointer {
        var text = [CChar](repeating: 0, count: 512)
        let request = unsafe rd_kafka_NewTopic_new(
            name,
            Int32(clamping: partitions),
            replicationFactor.map(Int32.init(clamping:)) ?? -1,
            &text,
            text.count
        )
        guard let request = unsafe request else {
            throw KafkaError(code: .invalidArgument, reason: String(text: text))
        }
        for (key, value) in configuration.sorted(by: { $0.key < $1.key }) {
            let set = unsafe rd_kafka_NewTopic_set_config(request, key, value)
            if let error = KafkaError(set) {
                unsafe rd_kafka_NewTopic_destroy(request)
                throw error
            }
        }
        return unsafe request
    }
}

/// What became of one topic of a request.
public struct TopicResult: Equatable, Sendable {
    /// The topic's name.
    public let name: String
    /// Why nothing was done; nil when it was.
    public let error: KafkaError?
}

extension TopicResult {
    fileprivate init(_ result: OpaquePointer?) {
        unsafe name = String(cString: rd_kafka_topic_result_name(result))
        let words = unsafe rd_kafka_topic_result_error_string(result).map { unsafe String(cString: $0) }
        unsafe error = KafkaError(rd_kafka_topic_result_error(result), reason: words)
    }
}
