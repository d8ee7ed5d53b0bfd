internal import CRdKafka

extension KafkaError {
    /// Kafka's error codes (positive) and librdkafka's own (negative). Open: brokers and libraries add codes, so a code
    /// without a member here is as good as one with.
    public struct Code: RawRepresentable, Hashable, Sendable {
        /// The number in the protocol, or in librdkafka's `rd_kafka_resp_err_t`.
        public let rawValue: Int32

        /// Any code, known here or not.
        public init(rawValue: Int32) {
            self.rawValue = rawValue
        }

        /// Kafka's name: `TOPIC_EXCEPTION`, `_QUEUE_FULL`.
        public var name: String {
            unsafe String(cString: rd_kafka_err2name(rd_kafka_resp_err_t(rawValue: rawValue)))
        }

        init(_ response: rd_kafka_resp_err_t) {
            rawValue = response.rawValue
        }
    }
}

/// librdkafka's own codes.
extension KafkaError.Code {
    /// The client is being destroyed.
    public static let destroyed = Self(RD_KAFKA_RESP_ERR__DESTROY)
    /// A broker connection failed.
    public static let transport = Self(RD_KAFKA_RESP_ERR__TRANSPORT)
    /// No broker can be reached; the client goes on trying.
    public static let allBrokersDown = Self(RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN)
    /// A host name has no address.
    public static let resolve = Self(RD_KAFKA_RESP_ERR__RESOLVE)
    /// The local time limit of a call or message passed.
    public static let timedOut = Self(RD_KAFKA_RESP_ERR__TIMED_OUT)
    /// A look-up's time limit passed inside librdkafka's queue.
    public static let timedOutInQueue = Self(RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE)
    /// The producer's queue is full (`queue.buffering.max.kbytes` or `….messages`): try again after a delivery report.
    public static let queueFull = Self(RD_KAFKA_RESP_ERR__QUEUE_FULL)
    /// A message was taken out of the producer's queue before it was sent.
    public static let purgedFromQueue = Self(RD_KAFKA_RESP_ERR__PURGE_QUEUE)
    /// A message was given up after it was sent: the broker may have it.
    public static let purgedInFlight = Self(RD_KAFKA_RESP_ERR__PURGE_INFLIGHT)
    /// The topic has no such partition.
    public static let unknownPartition = Self(RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION)
    /// The producer knows that there is no such topic.
    public static let unknownTopic = Self(RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC)
    /// A fatal error was raised before; its own code came with the error event.
    public static let fatal = Self(RD_KAFKA_RESP_ERR__FATAL)
    /// The start offset lies outside of the log (with `auto.offset.reset=error`).
    public static let offsetOutsideLog = Self(RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET)
    /// A message was too old when it was to be sent, or could not be read from its response.
    public static let badMessage = Self(RD_KAFKA_RESP_ERR__BAD_MSG)
    /// A value that librdkafka does not take.
    public static let invalidArgument = Self(RD_KAFKA_RESP_ERR__INVALID_ARG)
    /// Not possible in the client's present state.
    public static let state = Self(RD_KAFKA_RESP_ERR__STATE)
    /// There was nothing to commit.
    public static let noOffset = Self(RD_KAFKA_RESP_ERR__NO_OFFSET)
    /// The broker refused the credentials.
    public static let authentication = Self(RD_KAFKA_RESP_ERR__AUTHENTICATION)
    /// The TLS handshake failed.
    public static let tls = Self(RD_KAFKA_RESP_ERR__SSL)
    /// The owner did not poll for `max.poll.interval.ms`.
    public static let pollIntervalExceeded = Self(RD_KAFKA_RESP_ERR__MAX_POLL_EXCEEDED)
}

/// Kafka's codes (Kafka protocol guide, "Error Codes").
extension KafkaError.Code {
    /// OFFSET_OUT_OF_RANGE.
    public static let offsetOutOfRange = Self(RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE)
    /// UNKNOWN_TOPIC_OR_PART.
    public static let unknownTopicOrPartition = Self(RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART)
    /// NOT_LEADER_FOR_PARTITION.
    public static let notLeader = Self(RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION)
    /// MSG_SIZE_TOO_LARGE: larger than the topic's or the client's `message.max.bytes`.
    public static let messageTooLarge = Self(RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE)
    /// OFFSET_METADATA_TOO_LARGE: more than the broker's `offset.metadata.max.bytes`, 4,096 by default.
    public static let offsetMetadataTooLarge = Self(RD_KAFKA_RESP_ERR_OFFSET_METADATA_TOO_LARGE)
    /// TOPIC_EXCEPTION: a name that no topic can have.
    public static let topicException = Self(RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION)
    /// ILLEGAL_GENERATION.
    public static let illegalGeneration = Self(RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION)
    /// UNKNOWN_MEMBER_ID.
    public static let unknownMember = Self(RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID)
    /// REBALANCE_IN_PROGRESS.
    public static let rebalanceInProgress = Self(RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS)
    /// INVALID_COMMIT_OFFSET_SIZE: the whole commit is too large for one batch of the offsets topic.
    public static let invalidCommitOffsetSize = Self(RD_KAFKA_RESP_ERR_INVALID_COMMIT_OFFSET_SIZE)
    /// TOPIC_AUTHORIZATION_FAILED.
    public static let topicAuthorizationFailed = Self(RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED)
    /// GROUP_AUTHORIZATION_FAILED.
    public static let groupAuthorizationFailed = Self(RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED)
    /// CLUSTER_AUTHORIZATION_FAILED.
    public static let clusterAuthorizationFailed = Self(RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED)
    /// TOPIC_ALREADY_EXISTS.
    public static let topicAlreadyExists = Self(RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS)
    /// OUT_OF_ORDER_SEQUENCE_NUMBER: fatal for an idempotent producer; a broker restart can bring it.
    public static let outOfOrderSequence = Self(RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER)
    /// FENCED_INSTANCE_ID: another member has this `group.instance.id`.
    public static let fencedInstance = Self(RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID)
    /// INVALID_RECORD: the broker refused the record itself.
    public static let invalidRecord = Self(RD_KAFKA_RESP_ERR_INVALID_RECORD)
}

extension KafkaError.Code {
    /// Whether Kafka's protocol guide calls the code retriable, or it is one of librdkafka's that pass by themselves.
    /// `rd_kafka_error_is_retriable` answers only for error objects, and most calls return a bare code.
    var isRetriable: Bool { Self.retriable.contains(self) }

    private static let retriable: Set<KafkaError.Code> = [
        .transport, .allBrokersDown, .resolve, .timedOut, .timedOutInQueue, .queueFull,
        .unknownTopicOrPartition, .notLeader,
        Self(RD_KAFKA_RESP_ERR__WAIT_COORD), Self(RD_KAFKA_RESP_ERR__IN_PROGRESS),
        Self(RD_KAFKA_RESP_ERR_INVALID_MSG), Self(RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE),
        Self(RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT), Self(RD_KAFKA_RESP_ERR_REPLICA_NOT_AVAILABLE),
        Self(RD_KAFKA_RESP_ERR_NETWORK_EXCEPTION), Self(RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS),
        Self(RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE), Self(RD_KAFKA_RESP_ERR_NOT_COORDINATOR),
        Self(RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS), Self(RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS_AFTER_APPEND),
        Self(RD_KAFKA_RESP_ERR_NOT_CONTROLLER), Self(RD_KAFKA_RESP_ERR_KAFKA_STORAGE_ERROR),
        Self(RD_KAFKA_RESP_ERR_OFFSET_NOT_AVAILABLE), Self(RD_KAFKA_RESP_ERR_UNSTABLE_OFFSET_COMMIT),
        Self(RD_KAFKA_RESP_ERR_THROTTLING_QUOTA_EXCEEDED),
    ]
}
