import Kafka
import Logging
import NIOCore
import RelayConfiguration
import RelayCore
import Sockets

extension ConsumerFeed {
    /// Looks up where each partition begins, off the loop, and assigns them then. All other members wait meanwhile, so
    /// each question has two seconds.
    func beginAssignment(_ partitions: [TopicPartition]) {
        guard !partitions.isEmpty, let lookups = consumer?.lookups else {
            assign([])
            return
        }
        ask(startQuestion(partitions, isOwned: false), lookups)
    }

    private func startQuestion(_ partitions: [TopicPartition], isOwned: Bool) -> StartQuestion {
        StartQuestion(
            partitions: partitions,
            isOwned: isOwned,
            configuration: shard.configuration,
            consumer: generation,
            thread: shard.lookups,
            anchorsUntil: Clocks.now().monotonic + CommitReading.patience
        )
    }

    private func ask(_ question: StartQuestion, _ lookups: Lookups, after delay: Duration = .zero) {
        let bound = NIOLoopBound(self, eventLoop: shard.eventLoop)
        shard.lookups.runUrgently(after: delay) {
            do throws(KafkaError) {
                let starts = try question.answer(lookups)
                bound.eventLoop.execute { bound.value.assign(starts, answering: question) }
            } catch {
                bound.eventLoop.execute { bound.value.askAgain(question, lookups, error) }
            }
        }
    }

    private func askAgain(_ question: StartQuestion, _ lookups: Lookups, _ error: KafkaError) {
        guard consumer != nil, question.consumer == generation, error.code != .destroyed else { return }
        guard !question.isOwned || isReturning(question) else { return }
        guard !isClosing else {
            // The group waits for an answer before it lets this member go.
            if !question.isOwned { assign([]) }
            return
        }
        let now = Clocks.now().monotonic
        if saidUnknownStart?.error != error.name || saidUnknownStart.map({ now - $0.at > .seconds(60) }) ?? true {
            saidUnknownStart = (error.name, now)
            shard.logger.warning(
                "the start offsets are not known yet, nothing of this assignment is relayed; asking on",
                metadata: ["error": "\(error)", "partitions": "\(question.partitions.count)"]
            )
        }
        ask(question, lookups, after: .milliseconds(500))
    }

    /// Answers the group's assignment.
    private func assign(_ starts: [PartitionStart], answering question: StartQuestion? = nil) {
        if question?.isOwned ?? false { takeEvents() }
        guard question == nil || question?.consumer == generation else { return }
        if let question, question.isOwned {
            guard isReturning(question) else { return }
            guard consumer?.owesAnswer != true else {
                // It would be taken for the answer that the group waits for.
                later { $0.assign(starts, answering: question) }
                return
            }
            rebalance.endReturn(of: question.partitions)
        }
        saidUnknownStart = nil
        let offsets = starts.map { resumption($0) ?? $0.offset }
        let taken: [Slot]
        do throws(KafkaError) {
            taken =
                try consumer?.assign(zip(starts, offsets).map { ($0.partition, Kafka.Offset($1.value)) }) ?? []
        } catch {
            // An answer that the group did not take is never asked for again: join anew.
            restart(after: error)
            return
        }
        var partitions: [AssignedPartition] = []
        for ((start, offset), slot) in zip(zip(starts, offsets), taken) {
            guard let pipeline = pipeline(of: start.partition.topic) else {
                preconditionFailure("\(start.partition) belongs to no pipeline")
            }
            epoch += 1
            let id = PartitionID(slot: slot.index, epoch: epoch)
            while assigned.count <= slot.index { assigned.append(nil) }
            assigned[slot.index] = AssignedSlot(
                slot: slot,
                id: id,
                partition: start.partition,
                pipeline: pipeline,
                place: CommitMetadata.place(topic: start.partition.topic, partition: start.partition.partition)
            )
            slots[start.partition] = slot
            if let lost = start.outOfRange { reportOutOfRange(start.partition, lost) }
            if !start.isStopped { report(start.reading, of: start) }
            partitions.append(
                AssignedPartition(
                    id: id,
                    topic: start.partition.topic,
                    partition: start.partition.partition,
                    pipeline: pipeline,
                    start: offset,
                    committed: start.committed,
                    inheritance: start.reading.inheritance,
                    isStopped: start.isStopped
                )
            )
        }
        shard.handle(.assigned(partitions))
        if !starts.isEmpty {
            shard.logger.info("partitions assigned", metadata: ["partitions": "\(starts.count)"])
            warnOfMemory()
            shard.askForTotals()
        }
        poll()
    }

    /// Where reading goes on of a partition that comes back from limbo.
    private func resumption(_ start: PartitionStart) -> RelayCore.Offset? {
        shard.machine.resumption(
            of: start.partition.topic,
            start.partition.partition,
            committed: start.committed,
            inheritance: start.reading.inheritance
        )
    }

    /// Tells the process how many partitions this shard has.
    ///
    /// - Returns: how many all shards have.
    @discardableResult
    func noteAssigned() -> Int {
        shard.assignedPartitions.note(slots.count, ofShard: shard.number)
    }

    /// Says when what is assigned may need more memory than it was given.
    private func warnOfMemory() {
        let count = noteAssigned()
        let consequences = Consequences(of: shard.configuration, assignedPartitions: count)
        guard consequences.exceedsMemoryMax else { return }
        shard.logger.warning(
            "the assigned partitions may need more than memory.max: add members, or lower the queue settings of kafka:",
            metadata: [
                "partitions": "\(count)", "bound": "\(consequences.memory.total)",
                "memory.max": "\(shard.configuration.memoryMax)",
            ]
        )
    }

    /// Asks the brokers, off the loop, how many records of the assigned partitions are not done yet.
    func askForLag(_ then: @escaping @Sendable (Int64?) -> Void) {
        let partitions = assigned.compactMap { $0 }
        let done = shard.machine.commitPositions
        guard let lookups = consumer?.lookups, !partitions.isEmpty else {
            then(0)
            return
        }
        let loop = shard.eventLoop
        let logger = shard.logger
        shard.lookups.run {
            var lag: Int64? = 0
            do throws(KafkaError) {
                let bounds = try lookups.logBounds(partitions.map(\.partition), timeout: .seconds(2))
                for (partition, bound) in zip(partitions, bounds) {
                    guard let end = bound.end, let position = done[partition.id] else { continue }
                    lag? += max(0, end.value - position.value)
                }
            } catch {
                lag = nil
                logger.debug("the lag is not known", metadata: ["error": "\(error)"])
            }
            loop.execute { [lag] in then(lag) }
        }
    }

    /// An error in a partition's queue.
    func takeError(_ error: KafkaError, of partition: AssignedSlot) {
        guard error.code != .offsetOutsideLog, error.code != .offsetOutOfRange else {
            shard.handle(.forgotten([partition.id]))
            return
        }
        shard.logger.error(
            "a partition reports an error",
            metadata: ["partition": "\(partition.partition)", "error": "\(error)"]
        )
    }

    /// Takes a partition up again where its log begins now.
    func takeUpAgain(_ id: PartitionID) {
        let bound = NIOLoopBound(self, eventLoop: shard.eventLoop)
        // Not from within the reading that brought the error.
        shard.eventLoop.execute { bound.value.reassign(id) }
    }

    private func reassign(_ id: PartitionID) {
        takeEvents()
        guard id.slot < assigned.count, let partition = assigned[id.slot], partition.id == id else { return }
        guard consumer?.owesAnswer != true else {
            // Letting go of it would be taken for the answer that the group waits for.
            later { $0.reassign(id) }
            return
        }
        unassign([partition.partition])
        guard let lookups = consumer?.lookups else { return }
        rebalance.beginReturn(of: partition.partition)
        ask(startQuestion([partition.partition], isOwned: true), lookups)
    }

    private func later(_ act: @escaping (ConsumerFeed) -> Void) {
        let bound = NIOLoopBound((feed: self, act: act), eventLoop: shard.eventLoop)
        shard.eventLoop.scheduleTask(in: .milliseconds(100)) { bound.value.act(bound.value.feed) }
    }

    /// Whether nobody has taken back meanwhile what is looked up again.
    private func isReturning(_ question: StartQuestion) -> Bool { rebalance.isReturning(question.partitions) }

    static let stopAdvice = """
        the partition stops: set on-out-of-range: earliest, or reset the group's offset with Kafka's own tools \
        while wxrelay is stopped
        """

    /// Says what is not used of the last owner's commit, and what follows from that.
    private func report(_ reading: CommitReading, of start: PartitionStart) {
        // Where nothing follows, nothing is in doubt.
        guard case .refused(let refusal, let end) = reading, start.offset < end else { return }
        shard.logger.warning(
            """
            the metadata of the committed offset is not used: \(refusal.message); records from this offset on that are \
            done are called again, and wxrelay-invocations-possible counts one run more for what is in the log now
            """,
            metadata: [
                "partition": "\(start.partition)", "offset": "\(start.offset)",
            ]
        )
    }

    private func reportOutOfRange(_ partition: TopicPartition, _ lost: PartitionStart.Range) {
        let isCut = lost.committed > lost.high
        shard.logger.error(
            """
            the committed offset is outside of the log: \
            \(isCut ? "the log was cut or re-created" : "records were deleted before they were relayed"); \
            \(shard.policy.onOutOfRange == .stop ? Self.stopAdvice : "going on at the log's start")
            """,
            metadata: [
                "partition": "\(partition)", "committed": "\(lost.committed)", "low": "\(lost.low)",
                "high": "\(lost.high)", "lost": "\(isCut ? 0 : lost.low.value - lost.committed.value)",
            ]
        )
    }
}

/// Where a partition begins.
struct PartitionStart: Sendable {
    /// A committed offset and the log that it is not in.
    struct Range: Sendable {
        let committed: RelayCore.Offset
        let low: RelayCore.Offset
        let high: RelayCore.Offset
    }

    let partition: TopicPartition
    let offset: RelayCore.Offset
    let committed: RelayCore.Offset?
    let outOfRange: Range?
    /// What the last owner left.
    let reading: CommitReading
    let isStopped: Bool
}

/// The question where partitions begin, for the helper thread.
struct StartQuestion: Sendable {
    let partitions: [TopicPartition]
    /// They are this member's and are only taken up again: the group waits for no answer.
    let isOwned: Bool
    let configuration: Configuration
    /// Which of the feed's consumers asks.
    let consumer: Int
    /// For what the consumer's own connections are not for.
    let thread: LookupThread
    /// Anchors that the brokers say nothing of are asked for again until then.
    let anchorsUntil: MonotonicTime

    func answer(_ lookups: Lookups) throws(KafkaError) -> [PartitionStart] {
        let timeout = Duration.seconds(2)
        let committed = try lookups.committed(partitions, timeout: timeout)
        let bounds = try lookups.logBounds(partitions, timeout: timeout)
        var atTime = [FoundOffset?](repeating: nil, count: partitions.count)
        if case .time(let time) = configuration.startFrom {
            atTime = try lookups.offsets(
                at: Timestamp(milliseconds: time.milliseconds),
                in: partitions,
                timeout: timeout
            )
        }
        for index in partitions.indices {
            if let error = committed[index].error ?? bounds[index].error ?? atTime[index]?.error { throw error }
        }
        let readings = try judge(committed, bounds)
        var starts: [PartitionStart] = []
        for (index, partition) in partitions.enumerated() {
            guard let low = bounds[index].start, let high = bounds[index].end else {
                throw KafkaError(code: .timedOut)
            }
            starts.append(
                start(
                    partition,
                    committed: committed[index].offset.map { RelayCore.Offset($0.value) },
                    low: RelayCore.Offset(low.value),
                    high: RelayCore.Offset(high.value),
                    atTime: atTime[index]?.offset.map { RelayCore.Offset($0.value) },
                    reading: readings[index]
                )
            )
        }
        return starts
    }

    /// What the last owners left, as far as it can be trusted.
    ///
    /// - Throws: `timedOut` when an anchor is to be asked for again.
    private func judge(_ committed: [CommittedOffset], _ bounds: [LogBounds]) throws(KafkaError) -> [CommitReading] {
        let ends = bounds.map { RelayCore.Offset($0.end?.value ?? 0) }
        var readings = partitions.indices.map { index in
            CommitReading.reading(
                committed[index].metadata,
                topic: partitions[index].topic,
                partition: partitions[index].partition,
                committed: committed[index].offset.map { RelayCore.Offset($0.value) },
                low: RelayCore.Offset(bounds[index].start?.value ?? 0),
                end: ends[index]
            )
        }
        let anchored = readings.indices.filter { readings[$0].anchor != nil }
        guard !anchored.isEmpty else { return readings }
        let anchors = anchored.map { (partitions[$0], Kafka.Offset(readings[$0].anchor?.offset.value ?? 0)) }
        let looks = thread.timestamps(of: anchors, timeout: .seconds(2))
        let mayAskAgain = Clocks.now().monotonic < anchorsUntil
        for (index, look) in zip(anchored, looks) {
            let finding = AnchorFinding(look)
            guard let reading = readings[index].verified(by: finding, end: ends[index], mayAskAgain: mayAskAgain) else {
                throw KafkaError(code: .timedOut)
            }
            readings[index] = reading
        }
        return readings
    }

    private func start(
        _ partition: TopicPartition,
        committed: RelayCore.Offset?,
        low: RelayCore.Offset,
        high: RelayCore.Offset,
        atTime: RelayCore.Offset?,
        reading: CommitReading
    ) -> PartitionStart {
        let position = StartPosition.decide(
            committed: committed,
            low: low,
            high: high,
            startFrom: configuration.startFrom,
            atTime: atTime,
            onOutOfRange: configuration.policy.onOutOfRange
        )
        var outOfRange: PartitionStart.Range?
        if let committed, committed < low || committed > high {
            outOfRange = PartitionStart.Range(committed: committed, low: low, high: high)
        }
        switch position {
        case .at(let offset):
            return PartitionStart(
                partition: partition,
                offset: offset,
                committed: committed,
                outOfRange: outOfRange,
                reading: reading,
                isStopped: false
            )
        case .outOfRange(_, _, let high):
            return PartitionStart(
                partition: partition,
                offset: high,
                committed: committed,
                outOfRange: outOfRange,
                reading: .nothing,
                isStopped: true
            )
        }
    }
}

extension AnchorFinding {
    fileprivate init(_ look: RecordLook) {
        self =
            switch look {
            case .found(let timestamp): .record(WallTime(milliseconds: timestamp.milliseconds))
            case .absent: .absent
            case .unanswered: .unanswered
            }
    }
}
