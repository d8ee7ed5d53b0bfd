/// What became of one record handed to the producer.
package enum PublishResult: Equatable, Codable, Sendable {
    case acknowledged
    /// The topic does not take it, now or later: unknown, not allowed, no such partition, too large.
    case refused(PublishRefusal, error: String)
    /// Not written yet for a reason that passes.
    case failedForNow(error: String)
    /// The producer's queue is full.
    case queueFull

    /// Judges an error of librdkafka.
    ///
    /// - Parameters:
    ///   - code: the number in `rd_kafka_resp_err_t`: a broker's error (> 0, Kafka's protocol) or the library's own.
    ///   - name: its name, for people.
    /// - Returns: whether the record is written, may be written later, or never.
    package static func judging(code: Int32, name: String) -> PublishResult {
        switch code {
        case 0: .acknowledged
        case -184: .queueFull  // _QUEUE_FULL
        case -190: .refused(.partition, error: name)  // _UNKNOWN_PARTITION
        case 10, 18: .refused(.tooLarge, error: name)  // MSG_SIZE_TOO_LARGE, RECORD_LIST_TOO_LARGE
        // UNKNOWN_TOPIC_OR_PART, TOPIC_EXCEPTION, TOPIC_AUTHORIZATION_FAILED, POLICY_VIOLATION, INVALID_RECORD,
        // _UNKNOWN_TOPIC, _INVALID_ARG
        case 3, 17, 29, 44, 87, -188, -186: .refused(.topic, error: name)
        default: .failedForNow(error: name)
        }
    }
}

/// What about a record its topic refused.
package enum PublishRefusal: Equatable, Codable, Sendable {
    case topic, partition, tooLarge
}
