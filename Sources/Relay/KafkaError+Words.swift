package import Kafka

extension KafkaError {
    /// What is wrong in words for a person: librdkafka's reasons without their bookkeeping.
    ///
    /// `Connect to ipv4#127.0.0.1:9092 failed: Connection refused (after 0ms in state CONNECT)` becomes
    /// `127.0.0.1:9092: Connection refused`; where no address is told, the reason stays as it is.
    package var words: String {
        var causes: [String] = []
        for match in reason.matches(of: /Connect to ipv[46]#(?<address>\S+) failed: (?<cause>[^(]+) \(/) {
            causes.append("\(match.address): \(match.cause)")
        }
        for match in reason.matches(of: /Failed to resolve '(?<name>[^']+)'/) {
            causes.append("\(match.name): no such host")
        }
        for match in reason.matches(of: /(?<name>[^\s(]+)\/bootstrap: (?<cause>SASL[^(;]+|SSL[^(;]+)/) {
            causes.append("\(match.name): \(match.cause)")
        }
        var told: [String] = []
        for cause in causes where !told.contains(cause) { told.append(cause) }
        return told.isEmpty ? "\(name): \(reason)" : told.joined(separator: ", ")
    }

    /// Whether the brokers did not answer at all.
    package var isUnreachable: Bool {
        [.transport, .allBrokersDown, .resolve, .timedOut, .timedOutInQueue, .authentication, .tls].contains(code)
    }
}
