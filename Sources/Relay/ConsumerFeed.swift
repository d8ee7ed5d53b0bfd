import Kafka
import Logging
import NIOCore
import RelayConfiguration
import RelayCore
import Sockets

/// The shard's side of its consumer: group events and records in, commits and let-goes out.
final class ConsumerFeed {
    let shard: Shard
    private let properties: Properties
    private let wake: @Sendable () -> Void
    var consumer: Consumer?
    /// One that was given up and has not left the group yet.
    private var departing: DepartingConsumer?
    /// Nil while a reading has it.
    private var decoder: RequestDecoder?
    private let pipelineOfTopic: [String: Int]
    /// Assigned partitions by slot.
    var assigned: [AssignedSlot?] = []
    var slots: [TopicPartition: Slot] = [:]
    /// What the group takes back, and what is not assigned for a moment.
    var rebalance = Rebalance()
    var epoch: UInt64 = 0
    /// Counts the consumers: an answer that was looked up for an earlier one is not this one's.
    private(set) var generation = 0
    /// Partitions whose queue was left before its end: nothing wakes for them.
    private var unfinished: Set<Int> = []
    private var isReadingDue = false
    /// A reading lends a message right now: the consumer takes no unassignment meanwhile.
    private var isReading = false
    private var isLetGoDue = false
    private var isGateClosed = false
    private(set) var isClosing = false
    /// What was said last of an assignment whose start is not known: once a minute is enough.
    var saidUnknownStart: (error: String, at: MonotonicTime)?
    /// Told to log once per state, not once per event.
    private var isUnreachable = false

    /// What the shell knows of an assigned partition.
    struct AssignedSlot: Sendable {
        let slot: Slot
        let id: PartitionID
        let partition: TopicPartition
        let pipeline: Int
        /// Keys of one partition keep their order, over its assignments too.
        let place: UInt64
    }

    init(shard: Shard, properties: Properties) throws {
        self.shard = shard
        self.properties = properties
        let pipelines = shard.policy.pipelines
        var pipelineOfTopic: [String: Int] = [:]
        for (index, pipeline) in pipelines.enumerated() {
            for topic in pipeline.request.topics { pipelineOfTopic[topic] = index }
        }
        self.pipelineOfTopic = pipelineOfTopic
        decoder = RequestDecoder(consumedTopics: Set(pipelineOfTopic.keys))
        let bound = NIOLoopBound(shard, eventLoop: shard.eventLoop)
        wake = {
            bound.eventLoop.execute { bound.value.feed?.poll() }
        }
        try join()
    }

    private func join() throws(KafkaError) {
        consumer = try Consumer(properties, topics: pipelineOfTopic.keys.sorted(), logger: shard.logger, wake: wake)
    }

    // MARK: Polling

    /// Takes what the consumer has: group events first, so that nothing is called for a partition that is gone.
    func poll() {
        if departing?.poll() ?? false { departing = nil }
        guard consumer != nil else {
            shard.leaveIfClosed()
            return
        }
        consumer?.takeReady { slot in unfinished.insert(slot.index) }
        takeEvents()
        noticeGate()
        read()
        shard.leaveIfClosed()
    }

    /// Takes the group's events that are waiting. From the moment that one waits, any assignment or unassignment is taken
    /// for its answer.
    func takeEvents() {
        while let event = consumer?.nextEvent() { take(event) }
    }

    private func noticeGate() {
        let isClosed = consumer?.isCommitGateClosed ?? false
        guard isClosed != isGateClosed else { return }
        isGateClosed = isClosed
        shard.handle(.commitGate(isClosed: isClosed))
    }

    private func take(_ event: ConsumerEvent) {
        switch event {
        case .assign(let partitions): beginAssignment(partitions)
        case .revoke(let partitions, let isLost): revoke(partitions, isLost: isLost)
        case .committed(let offsets, let error): takeCommit(offsets, error)
        case .error(let error): take(error)
        case .statistics: break
        }
    }

    private func take(_ error: KafkaError) {
        if error.isFatal {
            restart(after: error)
        } else if !error.isUnreachable {
            shard.logger.error("the consumer reports an error", metadata: ["error": "\(error)"])
        } else if !isUnreachable {
            isUnreachable = true
            shard.logger.warning("the brokers cannot be reached; waiting", metadata: ["error": "\(error)"])
        }
    }

    /// A fatal error brings neither revoke nor lost: all partitions count as lost and a new consumer joins. After any other
    /// error the old one leaves the group first, which may take seconds; the loop goes on meanwhile.
    func restart(after error: KafkaError) {
        shard.logger.error(
            "the consumer has died; \(mayJoin ? "another one joins in five seconds" : "none follows, since the relay stops")",
            metadata: ["error": "\(error)"]
        )
        let lost = assigned.compactMap { $0?.id }
        assigned = []
        slots = [:]
        unfinished = []
        rebalance = Rebalance()
        generation += 1
        noteAssigned()
        shard.handle(.lost(lost))
        if let given = consumer.take() { departing = DepartingConsumer(given) }
        refuse(shard.machine.commitsUnderWay, error)
        guard mayJoin else { return }
        let bound = NIOLoopBound(self, eventLoop: shard.eventLoop)
        shard.eventLoop.scheduleTask(in: .seconds(5)) {
            guard bound.value.mayJoin else { return }
            bound.value.shard.logger.notice("another consumer joins the group")
            do throws(KafkaError) {
                try bound.value.join()
            } catch {
                bound.value.restart(after: error)
            }
        }
    }

    /// A shard that is drained only waits for the others: to join anew would make them wait.
    private var mayJoin: Bool { !isClosing && !shard.isDrained }

    // MARK: Revocation

    private func revoke(_ partitions: [TopicPartition], isLost: Bool) {
        if isLost {
            let lost = rebalance.lose(partitions)
            shard.logger.warning("partitions lost", metadata: ["partitions": "\(lost.partitions.count)"])
            shard.handle(.lost(ids(of: lost.partitions)))
            unassign(lost.toUnassign)
        } else {
            let ids = ids(of: partitions)
            rebalance.revoke(partitions)
            shard.handle(.revoked(ids))
        }
    }

    private func ids(of partitions: [TopicPartition]) -> [PartitionID] {
        partitions.compactMap { slots[$0] }.compactMap { assigned[$0.index]?.id }
    }

    /// The core has drained and committed what the group takes back.
    func letGo() {
        guard !isReading else {
            isLetGoDue = true
            return
        }
        guard let partitions = rebalance.letGo() else { return }
        unassign(partitions)
    }

    func unassign(_ partitions: [TopicPartition]) {
        for partition in partitions {
            guard let slot = slots.removeValue(forKey: partition) else { continue }
            assigned[slot.index] = nil
            unfinished.remove(slot.index)
        }
        noteAssigned()
        do throws(KafkaError) {
            try consumer?.unassign(partitions)
            shard.logger.info("partitions let go", metadata: ["partitions": "\(partitions.count)"])
        } catch {
            // An answer that the group did not take is never asked for again: join anew.
            restart(after: error)
        }
    }

    // MARK: Reading

    /// The core has room again in a partition that was left unread.
    func readOn(_ id: PartitionID) {
        unfinished.insert(id.slot)
        scheduleReading()
    }

    private func scheduleReading() {
        guard !isReadingDue else { return }
        isReadingDue = true
        let bound = NIOLoopBound(self, eventLoop: shard.eventLoop)
        shard.eventLoop.execute {
            bound.value.isReadingDue = false
            bound.value.read()
        }
    }

    /// Reads each partition that has something, as far as the core has room, a batch a turn of the loop.
    private func read() {
        let due = unfinished
        for index in due {
            guard index < assigned.count, let partition = assigned[index] else {
                unfinished.remove(index)
                continue
            }
            let room = shard.room(in: partition.id)
            guard room > 0 else {
                // The core says when there is room.
                unfinished.remove(index)
                continue
            }
            isReading = true
            let batch = Batch(of: partition, by: shard.policy)
            var decoder = takeDecoder()
            let end = consumer?.read(partition.slot, max: min(room, 64)) { message in
                take(message, of: batch, using: &decoder)
            }
            self.decoder = decoder
            isReading = false
            if end != .more { unfinished.remove(index) }
            if isLetGoDue {
                isLetGoDue = false
                letGo()
            }
        }
        if !unfinished.isEmpty { scheduleReading() }
    }

    private func takeDecoder() -> RequestDecoder {
        var taken: RequestDecoder?
        swap(&taken, &decoder)
        guard let decoder = taken.take() else { preconditionFailure("a reading within a reading") }
        return decoder
    }

    /// What all records of one reading have in common, looked up once.
    private struct Batch {
        let partition: AssignedSlot
        let pipeline: PipelinePolicy
        let callStyle: CallStyle

        init(of partition: AssignedSlot, by policy: Policy) {
            self.partition = partition
            pipeline = policy.pipelines[partition.pipeline]
            callStyle = policy.apps[pipeline.app].callStyle
        }
    }

    private func take(
        _ message: consuming ReceivedMessage,
        of batch: borrowing Batch,
        using decoder: inout RequestDecoder
    ) {
        let partition = batch.partition
        switch message.content {
        case .record: takeRecord(message, of: batch, using: &decoder)
        case .partitionEnd(let offset): shard.handle(.endOfPartition(partition.id, RelayCore.Offset(offset.value)))
        case .error(let error, _): takeError(error, of: partition)
        }
    }

    private func takeRecord(
        _ message: consuming ReceivedMessage,
        of batch: borrowing Batch,
        using decoder: inout RequestDecoder
    ) {
        let partition = batch.partition
        noticeReachable()
        let (id, request) = shard.nextOpenRequest()
        let now = Clocks.now()
        var head = request.takeHead()
        decoder.begin()
        var byteCount = 0
        message.forEachHeader { name, value in
            decoder.header(name: name, value: value)
            byteCount += name.byteCount + (value?.byteCount ?? 0)
        }
        let offset = message.offset.value
        let timestamp = message.timestamp.map { WallTime(milliseconds: $0.milliseconds) }
        let decoding = message.withValue { value in
            byteCount += value?.byteCount ?? 0
            return decoder.finish(
                value: value,
                topic: partition.partition.topic,
                partition: partition.partition.partition,
                offset: offset,
                timestamp: timestamp,
                now: now.wall,
                pipeline: batch.pipeline,
                callStyle: batch.callStyle,
                into: &head
            )
        }
        guard decoding != .skipped else {
            shard.handle(.skipped(partition.id, RelayCore.Offset(offset)))
            return
        }
        let key = message.withKey { key in
            guard let key else { return UInt64?.none }
            byteCount += key.byteCount
            return KeyHash.hash(key, partition: partition.place)
        }
        var arrival = Arrival(
            request: id,
            partition: partition.id,
            offset: RelayCore.Offset(offset),
            timestamp: timestamp,
            key: key,
            function: head.function,
            environment: head.environment,
            functionNamedByRecord: head.functionNamedByRecord,
            environmentNamedByRecord: head.environmentNamedByRecord,
            replyTopic: head.replyTopic,
            replyPartition: head.replyPartition,
            deadline: head.deadline,
            byteCount: byteCount
        )
        if case .rejected(let rejection) = decoding { arrival.rejection = rejection }
        let source = RecordSource(
            topic: partition.partition.topic,
            partition: partition.partition.partition,
            offset: offset
        )
        request.hold(message, as: id, consume head, source: source)
        shard.handle(.arrived(arrival), at: now)
    }

    private func noticeReachable() {
        guard isUnreachable else { return }
        isUnreachable = false
        shard.logger.notice("the brokers are back")
    }

    // MARK: Commits

    func commit(_ commits: [PartitionCommit]) {
        guard consumer != nil else {
            refuse(commits, KafkaError(code: .state))
            return
        }
        // The gate may have closed since the last poll: nothing wakes for that.
        noticeGate()
        guard !isGateClosed else {
            refuse(commits, KafkaError(code: .rebalanceInProgress))
            return
        }
        do throws(KafkaError) {
            try consumer?.commit(
                commits.map {
                    OffsetCommit(
                        partition: TopicPartition(topic: $0.topic, partition: $0.partition),
                        offset: Kafka.Offset($0.offset.value),
                        metadata: $0.metadata
                    )
                }
            )
        } catch {
            refuse(commits, error)
        }
    }

    private func refuse(_ commits: [PartitionCommit], _ error: KafkaError) {
        guard !commits.isEmpty else { return }
        shard.handle(.committed(refused: Dictionary(uniqueKeysWithValues: commits.map { ($0.id, error.name) })))
    }

    private func takeCommit(_ offsets: [CommittedOffset], _ error: KafkaError?) {
        let commits = shard.machine.commitsUnderWay
        if error == nil { noticeReachable() }
        if let error {
            refuse(commits, error)
            return
        }
        var errors: [TopicPartition: String] = [:]
        for offset in offsets { errors[offset.partition] = offset.error?.name }
        var refused: [PartitionID: String] = [:]
        for commit in commits {
            refused[commit.id] = errors[TopicPartition(topic: commit.topic, partition: commit.partition)]
        }
        shard.handle(.committed(refused: refused))
    }

    // MARK: Leaving

    /// Leaves the group; the last revoke is answered by `poll`.
    func beginClose() {
        guard !isClosing else { return }
        isClosing = true
        do throws(KafkaError) {
            try consumer?.beginClose()
            poll()
        } catch {
            // It died before: there is no group to leave.
            consumer = nil
        }
    }

    /// Nothing is begun any more: its shard goes.
    func end() { isClosing = true }

    var isClosed: Bool { departing == nil && consumer?.isClosed ?? true }

    func pipeline(of topic: String) -> Int? { pipelineOfTopic[topic] }
}
