internal import CRdKafka

/// What a look at a single record found.
public enum RecordLook: Equatable, Sendable {
    /// The record has this timestamp.
    case found(Timestamp)
    /// The log has no such record (compacted, deleted, behind the end, a transaction's marker), or it has no timestamp.
    case absent
    /// The brokers did not answer in time, or not to the question.
    case unanswered
}

extension Admin {
    /// The timestamps of single records.
    ///
    /// A look-up by time cannot tell them: it names the first offset at or after a time, and where the log was cut and
    /// written anew that is as good an offset as before. So each record is fetched, by librdkafka's simple consumer, which
    /// belongs to no group. A fetch brings whole batches, up to `max.partition.fetch.bytes` a partition.
    ///
    /// - Parameters:
    ///   - records: at most one a partition.
    ///   - timeout: for all of them together.
    /// - Returns: what was found, a record each, in the order given.
    /// - Throws: when the client takes no such question; what the brokers answer is returned.
    public borrowing func timestamps(
        of records: [(partition: TopicPartition, offset: Offset)],
        timeout: Duration
    ) throws(KafkaError) -> [RecordLook] {
        let deadline = ContinuousClock.now + timeout
        guard let queue = unsafe rd_kafka_queue_new(client.raw) else { throw KafkaError(code: .state) }
        defer { unsafe rd_kafka_queue_destroy(queue) }
        var topics = unsafe [String: OpaquePointer]()
        defer { unsafe topics.values.forEach { unsafe rd_kafka_topic_destroy($0) } }
        var waiting: [TopicPartition: Int] = [:]
        var found = [RecordLook](repeating: .unanswered, count: records.count)
        defer {
            for partition in waiting.keys { unsafe rd_kafka_consume_stop(topics[partition.topic], partition.partition) }
        }
        for (index, record) in records.enumerated() {
            let name = record.partition.topic
            if unsafe topics[name] == nil {
                guard let topic = unsafe rd_kafka_topic_new(client.raw, name, nil) else {
                    throw KafkaError(code: .init(rd_kafka_last_error()))
                }
                unsafe topics[name] = topic
            }
            let started = unsafe rd_kafka_consume_start_queue(
                topics[name],
                record.partition.partition,
                record.offset.value,
                queue
            )
            guard started == 0 else { throw KafkaError(code: .init(rd_kafka_last_error())) }
            waiting[record.partition] = index
        }
        while !waiting.isEmpty, ContinuousClock.now < deadline {
            let rest = ContinuousClock.now.duration(to: deadline).milliseconds
            guard let raw = unsafe rd_kafka_consume_queue(queue, rest) else { continue }
            let message = unsafe ReceivedMessage(adopting: raw, of: client)
            let partition = TopicPartition(topic: message.topic, partition: message.partition)
            // The first thing that comes of a partition tells: the record, a later one, or why there is none.
            guard let index = waiting.removeValue(forKey: partition) else { continue }
            found[index] = message.look(for: records[index].offset)
            unsafe rd_kafka_consume_stop(topics[partition.topic], partition.partition)
        }
        return found
    }
}

extension ReceivedMessage {
    /// What the first thing that a fetch from an offset brought says of the record there.
    fileprivate borrowing func look(for offset: Offset) -> RecordLook {
        switch content {
        case .record: self.offset == offset ? timestamp.map { .found($0) } ?? .absent : .absent
        case .partitionEnd: .absent
        case .error(let error, _):
            error.code == .offsetOutOfRange || error.code == .offsetOutsideLog ? .absent : .unanswered
        }
    }
}
