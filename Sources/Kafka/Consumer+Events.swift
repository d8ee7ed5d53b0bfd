internal import CRdKafka

extension Consumer {
    /// The next event; nil when there is none. To be called until it is nil, else nothing wakes the owner again.
    public borrowing func nextEvent() -> ConsumerEvent? {
        while let event = events.next() {
            switch event.kind {
            case RD_KAFKA_EVENT_REBALANCE:
                return rebalance(event)
            case RD_KAFKA_EVENT_OFFSET_COMMIT:
                let list = unsafe rd_kafka_event_topic_partition_list(event.raw)
                return unsafe .committed(
                    [CommittedOffset](reading: list, CommittedOffset.init),
                    events.error(of: event)
                )
            case RD_KAFKA_EVENT_ERROR:
                if let error = events.error(of: event) { return .error(error) }
            case RD_KAFKA_EVENT_STATS:
                if let text = unsafe rd_kafka_event_stats(event.raw) {
                    return unsafe .statistics(String(cString: text))
                }
            case let kind:
                // A record here would be one lost: each partition's queue is cut off before it is assigned.
                precondition(kind != RD_KAFKA_EVENT_FETCH, "a record in the consumer's queue")
            }
        }
        return nil
    }

    private borrowing func rebalance(_ event: borrowing Event) -> ConsumerEvent {
        let list = unsafe rd_kafka_event_topic_partition_list(event.raw)
        let partitions = unsafe [TopicPartition](reading: list, TopicPartition.init)
        if unsafe rd_kafka_event_error(event.raw) == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS {
            progress.owed = .assign
            client.wasAssigned = true
            return .assign(partitions)
        }
        progress.owed = .unassign
        // Right only while the event is being handled.
        return unsafe .revoke(partitions, isLost: rd_kafka_assignment_lost(client.raw) != 0)
    }
}
