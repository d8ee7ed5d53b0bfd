import Kafka

/// Puts records on topics: one for a broker, since a new producer's first record waits a second for metadata.
actor TopicWriter {
    private let properties: Properties
    /// Nil after a fatal error, which a broker's restart can bring.
    private var producer: Producer?
    private var reports: [DeliveryReport] = []
    private var tag: UInt64 = 0

    init(_ broker: TestBroker) throws {
        self.init(try broker.properties(["linger.ms": "1", "queue.buffering.max.messages": "1000000"]))
    }

    init(_ properties: Properties) {
        self.properties = properties
    }

    /// Writes records and waits until the broker has all of them.
    ///
    /// - Returns: where each is, in order.
    @discardableResult
    func write(
        _ requests: [Request],
        to topic: String,
        within limit: Duration = .seconds(60)
    ) async throws -> [TopicPlace] {
        if producer == nil { producer = try Producer(properties, logger: .silent) {} }
        let first = tag
        for request in requests {
            try produce(request, to: topic)
            tag += 1
        }
        let last = tag
        return try await eventually("the broker takes \(requests.count) records", within: limit) {
            takeReports()
            let mine = reports.filter { (first..<last).contains($0.tag) }
            guard mine.count == requests.count else { return nil }
            reports.removeAll { (first..<last).contains($0.tag) }
            return try mine.sorted { $0.tag < $1.tag }.map { report in
                if let error = report.error { throw failed(error) }
                return TopicPlace(
                    topic: topic,
                    partition: report.partition ?? -1,
                    offset: report.offset?.value ?? -1
                )
            }
        }
    }

    private func takeReports() {
        producer?.drain { event in
            if case .delivered(let report) = event { reports.append(report) }
        }
    }

    private func failed(_ error: KafkaError) -> KafkaError {
        if error.isFatal || error.code == .fatal { producer = nil }
        return error
    }

    private func produce(_ request: Request, to topic: String) throws {
        do throws(KafkaError) {
            try enqueue(request, topic)
        } catch {
            throw failed(error)
        }
    }

    private func enqueue(_ request: Request, _ topic: String) throws(KafkaError) {
        let block = request.headerBlock
        let partition = request.partition
        switch (request.key, request.value) {
        case (let key?, let value?):
            try producer?.produce(
                topic: topic,
                partition: partition,
                key: key.span.bytes,
                value: value.span.bytes,
                headers: block,
                tag: tag
            )
        case (let key?, nil):
            try producer?.produce(
                topic: topic,
                partition: partition,
                key: key.span.bytes,
                value: nil,
                headers: block,
                tag: tag
            )
        case (nil, let value?):
            try producer?.produce(
                topic: topic,
                partition: partition,
                key: nil,
                value: value.span.bytes,
                headers: block,
                tag: tag
            )
        case (nil, nil):
            try producer?.produce(topic: topic, partition: partition, key: nil, value: nil, headers: block, tag: tag)
        }
    }
}

/// Where a record is; as text it is what `wxrelay-source` says.
struct TopicPlace: Hashable, Sendable, CustomStringConvertible {
    let topic: String
    let partition: Int32
    let offset: Int64

    var description: String { "\(topic)/\(partition)/\(offset)" }
}
