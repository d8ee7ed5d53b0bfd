internal import CRdKafka

extension Consumer {
    /// Begins to leave the group. A last ``ConsumerEvent/revoke(_:isLost:)`` may come and has to be answered; then
    /// ``isClosed`` turns true and the consumer can be dropped, which then takes some milliseconds. Commit before: the
    /// group is left as soon as that revoke is answered. An assignment that is not answered yet has to be as well; it is
    /// taken as nothing from here on.
    ///
    /// Mostly a matter of milliseconds; with partitions assigned and ``isCommitGateClosed`` it takes 5 s (librdkafka
    /// 2.0.2), since the leave waits behind the join.
    ///
    /// - Throws: The fatal error that was raised before. Such a consumer never closes: drop it, which is quick.
    public borrowing func beginClose() throws(KafkaError) {
        try unsafe KafkaError.check(adopting: rd_kafka_consumer_close_queue(client.raw, events.raw))
        progress.isClosing = true
    }

    /// Whether the group was left after ``beginClose()``.
    public var isClosed: Bool { unsafe rd_kafka_consumer_closed(client.raw) != 0 }
}
