internal import CRdKafka

extension Consumer {
    /// Answers ``ConsumerEvent/assign(_:)``: takes partitions over, each read from an offset of the owner's choice. An
    /// empty list has to be answered with an empty one.
    ///
    /// - Returns: A slot a partition, in the order given; each is ready once at the start.
    public borrowing func assign(_ starts: [(partition: TopicPartition, offset: Offset)]) throws(KafkaError) -> [Slot] {
        precondition(!batch.isInUse, "an assignment inside a reading")
        let list = PartitionList(capacity: starts.count)
        var taken: [Slot] = []
        taken.reserveCapacity(starts.count)
        for start in starts {
            guard let slot = slots.take(start.partition) else {
                for partition in starts.prefix(taken.count) { slots.release(partition.partition) }
                throw KafkaError(code: .invalidArgument, reason: "\(start.partition) has no queue")
            }
            taken.append(slot)
            list.append(start.partition, offset: start.offset.value)
        }
        if let error = unsafe KafkaError(adopting: rd_kafka_incremental_assign(client.raw, list.raw)) {
            for start in starts { slots.release(start.partition) }
            throw error
        }
        progress.owed = nil
        for slot in taken { slots.markReady(slot) }
        return taken
    }

    /// Whether the group waits for the answer to an event: until it has one, any ``assign(_:)`` or ``unassign(_:)`` is it.
    public var owesAnswer: Bool { progress.owed != nil }

    /// Answers ``ConsumerEvent/revoke(_:isLost:)``: lets partitions go. What was not read of them is gone with their
    /// queues, so an owner that wants it reads before. An empty list has to be answered with an empty one.
    public borrowing func unassign(_ partitions: [TopicPartition]) throws(KafkaError) {
        precondition(!batch.isInUse, "an unassignment inside a reading")
        for partition in partitions { slots.release(partition) }
        let list = PartitionList(partitions)
        try unsafe KafkaError.check(adopting: rd_kafka_incremental_unassign(client.raw, list.raw))
        progress.owed = nil
    }

    /// Begins a commit; ``ConsumerEvent/committed(_:_:)`` brings its answer. Several may be under way.
    public borrowing func commit(_ commits: [OffsetCommit]) throws(KafkaError) {
        let list = PartitionList(capacity: commits.count)
        for commit in commits {
            guard commit.metadata?.contains(0) != true else {
                throw KafkaError(code: .invalidArgument, reason: "\(commit.partition): a NUL in a commit's metadata")
            }
            list.append(commit.partition, offset: commit.offset.value, metadata: commit.metadata)
        }
        try KafkaError.check(unsafe rd_kafka_commit_queue(client.raw, list.raw, events.raw, nil, nil))
    }
}
