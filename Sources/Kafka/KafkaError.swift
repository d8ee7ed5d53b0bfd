internal import CRdKafka

/// An error that librdkafka or a broker reported.
public struct KafkaError: Error, Equatable, Sendable {
    /// What went wrong, as Kafka and librdkafka number it.
    public let code: Code
    /// librdkafka's words, without secrets; may name hosts, topics and property names.
    public let reason: String
    /// Whether the client that reported it can do nothing more and has to be replaced.
    public let isFatal: Bool
    /// Whether the same call may succeed later with nothing changed on this side.
    public let isRetriable: Bool

    /// Kafka's name of the code: `TOPIC_EXCEPTION`, or with an underscore in front librdkafka's own: `_QUEUE_FULL`.
    public var name: String { code.name }

    /// An error by its code, with librdkafka's standard words unless others are given.
    public init(code: Code, reason: String? = nil, isFatal: Bool = false) {
        self.code = code
        self.reason = unsafe reason ?? String(cString: rd_kafka_err2str(rd_kafka_resp_err_t(rawValue: code.rawValue)))
        self.isFatal = isFatal
        self.isRetriable = !isFatal && code.isRetriable
    }
}

extension KafkaError: CustomStringConvertible {
    /// Name and reason.
    public var description: String { "\(name): \(reason)" }
}

extension KafkaError {
    /// Nil for "no error".
    init?(_ response: rd_kafka_resp_err_t, reason: String? = nil, isFatal: Bool = false) {
        guard response != RD_KAFKA_RESP_ERR_NO_ERROR else { return nil }
        self.init(code: Code(rawValue: response.rawValue), reason: reason, isFatal: isFatal)
    }

    /// Reads and destroys an error object; nil for NULL, which is librdkafka's success.
    init?(adopting object: OpaquePointer?) {
        guard let object = unsafe object else { return nil }
        defer { unsafe rd_kafka_error_destroy(object) }
        code = unsafe Code(rawValue: rd_kafka_error_code(object).rawValue)
        reason = unsafe String(cString: rd_kafka_error_string(object))
        isFatal = unsafe rd_kafka_error_is_fatal(object) != 0
        isRetriable = unsafe rd_kafka_error_is_retriable(object) != 0 || (!isFatal && code.isRetriable)
    }

    /// Throws what a call returned, unless it is success.
    static func check(_ response: rd_kafka_resp_err_t) throws(KafkaError) {
        if let error = KafkaError(response) { throw error }
    }

    /// Throws what a call returned, unless it is success; the object is destroyed.
    static func check(adopting object: OpaquePointer?) throws(KafkaError) {
        if let error = unsafe KafkaError(adopting: object) { throw error }
    }
}
