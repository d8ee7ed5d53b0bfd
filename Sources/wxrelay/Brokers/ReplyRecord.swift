import Kafka

/// A reply as a client of the relay reads it: headers and value of the record.
struct ReplyRecord {
    let correlationID: String
    /// `wxrelay-status` is `ok`.
    let isOK: Bool
    let outcomeClass: String
    let errcode: String?
    let attempts: Int
    let invocationsPossible: Int
    /// From the request's arrival at the relay to its reply.
    let milliseconds: Int
    let function: String
    let environment: String
    /// `topic/partition/offset` of the request.
    let source: String
    let value: [UInt8]
    /// `topic/partition/offset` of the reply.
    let place: String
    /// All headers that have a value, by name.
    let headers: [String: String]

    init(_ message: borrowing ReceivedMessage) {
        var headers: [String: String] = [:]
        message.forEachHeader { name, value in
            if let value { headers[String(bytes: name)] = String(bytes: value) }
        }
        correlationID = headers["wxrelay-correlation-id"] ?? ""
        isOK = headers["wxrelay-status"] == "ok"
        outcomeClass = headers["wxrelay-class"] ?? ""
        errcode = headers["wxrelay-errcode"]
        attempts = headers["wxrelay-attempts"].flatMap { Int($0) } ?? 0
        invocationsPossible = headers["wxrelay-invocations-possible"].flatMap { Int($0) } ?? 0
        milliseconds = headers["wxrelay-duration-ms"].flatMap { Int($0) } ?? 0
        function = headers["wxrelay-function"] ?? ""
        environment = headers["wxrelay-env"] ?? ""
        source = headers["wxrelay-source"] ?? ""
        value = message.withValue { value in if let value { Array(bytes: value) } else { [] } }
        place = "\(message.topic)/\(message.partition)/\(message.offset)"
        self.headers = headers
    }
}

extension String {
    /// UTF-8 text; what is none becomes U+FFFD.
    init(bytes: RawSpan) {
        self = bytes.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
    }
}

extension [UInt8] {
    init(bytes: RawSpan) {
        self = bytes.withUnsafeBytes { Array($0) }
    }
}
