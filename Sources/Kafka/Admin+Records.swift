internal import CRdKafka

extension Admin {
    /// Deletes a partition's records below an offset and waits until its leader has: the log begins there then, or later.
    ///
    /// - Throws: also what the leader has against it, ``KafkaError/Code/offsetOutOfRange`` for an offset beyond the end.
    public borrowing func deleteRecords(
        of partition: TopicPartition,
        below offset: Offset,
        timeout: Duration
    ) throws(KafkaError) {
        let before = PartitionList([partition], offset: offset.value)
        var request = unsafe rd_kafka_DeleteRecords_new(before.raw)
        defer { unsafe rd_kafka_DeleteRecords_destroy(request) }
        let event = try unsafe answer(to: RD_KAFKA_ADMIN_OP_DELETERECORDS, timeout: timeout) { options, queue in
            unsafe rd_kafka_DeleteRecords(client.raw, &request, 1, options, queue)
        }
        let result = unsafe rd_kafka_event_DeleteRecords_result(event.raw)
        let offsets = unsafe rd_kafka_DeleteRecords_result_offsets(result)
        for error in unsafe [rd_kafka_resp_err_t](reading: offsets, { unsafe $0.err }) { try KafkaError.check(error) }
    }
}
