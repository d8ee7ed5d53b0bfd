internal import CRdKafka
public import Logging

/// A member of a consumer group whose owner reads each partition by itself.
///
/// **Threads.** Made and used on one thread or event loop, which it never blocks; only dropping it may take a moment
/// (see ``beginClose()``). What blocks is in ``lookups``, for a helper thread.
///
/// **Waking up.** When events or messages are there, `wake` is called, on one of librdkafka's threads, once until the
/// owner has called ``takeReady(_:)``. So on each wake-up, and at least each second, else `max.poll.interval.ms` ends the
/// membership:
///
/// 1. ``takeReady(_:)``, and ``read(_:max:_:)`` the slots that it names and those left unfinished,
/// 2. ``nextEvent()`` until it is nil.
///
/// **Partitions** come by ``ConsumerEvent/assign(_:)`` and go by ``ConsumerEvent/revoke(_:isLost:)``; both wait for an
/// answer. Back-pressure is not to read a slot.
public struct Consumer: ~Copyable {
    let client: Client
    let events: EventQueue
    let slots: PartitionSlots
    let batch: MessageBatch
    let progress = MemberProgress()
    private let reference: ClientReference

    /// Joins a group.
    ///
    /// - Parameters:
    ///   - properties: `bootstrap.servers`, `group.id` and any other; producers' own are left out. Whatever they say,
    ///     offsets are neither committed nor stored by librdkafka, a start outside of the log is an error and not a
    ///     reset, partition ends are reported and the assignor is `cooperative-sticky`. `isolation.level` is
    ///     `read_committed` unless they say otherwise.
    ///   - topics: The topics to subscribe to; one that begins with `^` is a pattern.
    ///   - logger: Gets librdkafka's log, on librdkafka's threads.
    ///   - wake: Called on a librdkafka thread that holds a lock: it may only hand over to the owner's thread.
    /// - Throws: What librdkafka has against the properties together.
    public init(
        _ properties: Properties,
        topics: [String],
        logger: Logger,
        wake: @escaping @Sendable () -> Void
    ) throws(KafkaError) {
        guard properties["group.id"]?.isEmpty == false else {
            throw KafkaError(code: .invalidArgument, reason: "group.id is not set")
        }
        let configuration = Configuration()
        try configuration.set([("isolation.level", "read_committed")] + properties.of(.consumer) + Self.required)
        let client = try Client(
            RD_KAFKA_CONSUMER,
            configuration,
            events: RD_KAFKA_EVENT_REBALANCE | RD_KAFKA_EVENT_OFFSET_COMMIT | RD_KAFKA_EVENT_ERROR
                | RD_KAFKA_EVENT_STATS,
            logger: logger
        )
        try KafkaError.check(unsafe rd_kafka_poll_set_consumer(client.raw))
        guard let queue = unsafe rd_kafka_queue_get_consumer(client.raw) else {
            throw KafkaError(code: .state)
        }
        let events = unsafe EventQueue(adopting: queue, of: client, wake: wake)
        let subscription = PartitionList(topics.map { TopicPartition(topic: $0, partition: RD_KAFKA_PARTITION_UA) })
        try KafkaError.check(unsafe rd_kafka_subscribe(client.raw, subscription.raw))
        self.client = client
        slots = PartitionSlots(of: client, board: events.board)
        self.events = events
        batch = MessageBatch()
        reference = ClientReference(client)
    }

    /// What the promises of this type rest on.
    private static let required = [
        ("enable.auto.commit", "false"),
        ("enable.auto.offset.store", "false"),
        ("auto.offset.reset", "error"),
        ("enable.partition.eof", "true"),
        ("partition.assignment.strategy", "cooperative-sticky"),
    ]

    /// Blocking questions to the brokers, for a helper thread. They may outlive the consumer: then they fail.
    public var lookups: Lookups { Lookups(reference) }

    /// Whether this member has asked to join a new generation of its group and was not yet let in. A commit that is
    /// begun now may meet the new generation, and librdkafka before 2.10 then reports the whole assignment as lost.
    public var isCommitGateClosed: Bool { client.commitGate.isClosed }

    /// Names each assigned partition whose queue is no longer empty, once; from here on `wake` is called again.
    ///
    /// A slot may turn out to hold nothing, as one that was just assigned does.
    public borrowing func takeReady(_ body: (Slot) -> Void) {
        events.board.rearm()
        slots.takeReady(body)
    }

    /// Answers what the group waits for with an empty list: a close waits without end for the answer to a rebalance.
    borrowing func answerWithNothing() {
        let nothing = PartitionList(capacity: 0)
        // An answer that is not taken changes nothing for somebody who leaves.
        switch progress.owed {
        case .assign: _ = unsafe KafkaError(adopting: rd_kafka_incremental_assign(client.raw, nothing.raw))
        case .unassign: _ = unsafe KafkaError(adopting: rd_kafka_incremental_unassign(client.raw, nothing.raw))
        case nil: break
        }
        progress.owed = nil
    }

    deinit {
        reference.clear()
        slots.releaseAll()
        answerWithNothing()
        // Messages may hold the client longer than this: the group is not to wait for them. After a fatal error this
        // returns at once and does nothing.
        if !progress.isClosing { _ = unsafe rd_kafka_consumer_close(client.raw) }
    }
}

/// Where a member stands with its group; a box, since a consumer's functions do not mutate it.
final class MemberProgress {
    enum Answer {
        case assign
        case unassign
    }

    /// What the group's last rebalance event waits for.
    var owed: Answer?
    /// Whether a close was begun.
    var isClosing = false
}
