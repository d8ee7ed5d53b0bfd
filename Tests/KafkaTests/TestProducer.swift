import Kafka
import Logging

/// A producer with an owner that keeps the reports.
final class TestProducer {
    /// Nil once it was dropped.
    var producer: Producer?
    private(set) var reports: [DeliveryReport] = []
    private(set) var errors: [KafkaError] = []
    private let bell: Bell

    init(_ properties: Properties, bell: Bell) throws {
        self.bell = bell
        producer = try Producer(properties, logger: .silent) { bell.ring() }
    }

    var delivered: [UInt64] { reports.filter { $0.error == nil }.map(\.tag) }

    var outstanding: Int { producer?.outstanding ?? 0 }

    func turn() {
        producer?.drain { event in
            switch event {
            case .delivered(let report): reports.append(report)
            case .error(let error): errors.append(error)
            case .statistics: break
            }
        }
    }

    func produce(
        _ topic: String,
        partition: Int32? = nil,
        key: [UInt8]? = nil,
        value: [UInt8]? = Array("x".utf8),
        headers: HeaderBlock = HeaderBlock(),
        tag: UInt64 = 0
    ) throws {
        switch (key, value) {
        case (let key?, let value?):
            try producer?.produce(
                topic: topic,
                partition: partition,
                key: key.span.bytes,
                value: value.span.bytes,
                headers: headers,
                tag: tag
            )
        case (let key?, nil):
            try producer?.produce(
                topic: topic,
                partition: partition,
                key: key.span.bytes,
                value: nil,
                headers: headers,
                tag: tag
            )
        case (nil, let value?):
            try producer?.produce(
                topic: topic,
                partition: partition,
                key: nil,
                value: value.span.bytes,
                headers: headers,
                tag: tag
            )
        case (nil, nil):
            try producer?.produce(
                topic: topic,
                partition: partition,
                key: nil,
                value: nil,
                headers: headers,
                tag: tag
            )
        }
    }

    /// Writes so many records, spread over a topic's partitions, and waits until all are reported.
    func fill(_ topic: String, partitions: Int, records: Int) async throws {
        for number in 0..<records {
            try produce(
                topic,
                partition: Int32(number % partitions),
                value: Array("\(number)".utf8),
                tag: UInt64(number)
            )
        }
        try await untilEmpty()
    }

    func untilEmpty() async throws {
        try await bell.turns {
            turn()
            return outstanding == 0
        }
    }
}
