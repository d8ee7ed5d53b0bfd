import RelayCore

extension Member {
    /// The simulated `ConsumerFeed.poll`: group events first, then the gate, then records.
    func poll() {
        isPollDue = false
        while !consumerEvents.isEmpty, !isClosed { take(consumerEvents.removeFirst()) }
        guard !isClosed else { return }
        noticeGate()
        read()
    }

    func duePoll() {
        guard !isPollDue else { return }
        isPollDue = true
        world.plan(.poll(process), after: world.random.milliseconds(0...4))
    }

    func noticeGate() {
        guard group.isGateClosed != isGateNoticed, !isClosed else { return }
        isGateNoticed = group.isGateClosed
        handle(.commitGate(isClosed: isGateNoticed))
    }

    func noticeAppend(_ partition: Int) {
        guard let slot = slotOfPartition[partition], assigned[slot] != nil else { return }
        assigned[slot]?.isUnfinished = true
        duePoll()
    }

    func readOn(_ id: PartitionID) {
        if id.slot < assigned.count, assigned[id.slot]?.id == id { assigned[id.slot]?.isUnfinished = true }
        dueReading()
    }

    private func dueReading() {
        guard !isReadingDue else { return }
        isReadingDue = true
        world.plan(.read(process), after: .zero)
    }

    func readAgain() {
        isReadingDue = false
        read()
    }

    /// Reads each partition that has something, as far as the core has room, a batch a turn.
    private func read() {
        let unreachable = world.broker.downUntil > world.now || isolatedUntil > world.now
        guard !isReading, !isClosed, !unreachable else { return }
        for index in assigned.indices {
            guard let slot = assigned[index], slot.isUnfinished, !slot.isStopped else { continue }
            let room = machine.room(in: slot.id)
            witness.checkRoom(room, in: slot.id)
            guard room > 0 else {
                assigned[index]?.isUnfinished = false
                continue
            }
            isReading = true
            let isAtEnd = read(index, slot.id, most: min(room, 64))
            isReading = false
            guard !isClosed else { return }
            if isAtEnd, index < assigned.count, assigned[index]?.id == slot.id {
                assigned[index]?.isUnfinished = false
            }
            if isLetGoDue {
                isLetGoDue = false
                letGo()
            }
        }
        if assigned.contains(where: { ($0?.isUnfinished ?? false) && $0?.isStopped == false }) { dueReading() }
    }

    /// - Returns: whether the queue is empty.
    private func read(_ index: Int, _ id: PartitionID, most: Int) -> Bool {
        var count = 0
        while count < most {
            guard let slot = assigned[index], slot.id == id, !isClosed else { return true }
            let log = world.broker.logs[slot.partition]
            if slot.position > log.end || slot.position < log.start {
                leaveLog(slot)
                return true
            }
            let position = log.index(from: slot.position, in: world.broker.records)
            guard position < log.records.count else {
                guard slot.endTold != log.end || slot.position < log.end else { return true }
                assigned[index]?.endTold = log.end
                assigned[index]?.position = log.end
                noteRead(slot.partition, log.end)
                handle(.endOfPartition(id, Offset(log.end)))
                return true
            }
            let record = world.broker.records[log.records[position]]
            assigned[index]?.position = record.offset + 1
            noteRead(slot.partition, record.offset + 1)
            take(record, in: id)
            count += 1
        }
        return false
    }

    func noteRead(_ partition: Int, _ position: Int64) {
        world.broker.logs[partition].furthestRead = max(world.broker.logs[partition].furthestRead, position)
    }

    private func take(_ record: Record, in id: PartitionID) {
        if record.kind == .tombstone {
            handle(.skipped(id, Offset(record.offset)))
            return
        }
        let request = machine.nextRequest
        while open.count <= request.index { open.append(nil) }
        open[request.index] = OpenCall(id: request, record: record.number)
        let function: String? =
            record.isFunctionNamed ? "ghost" : record.function == 0 ? nil : "f\(record.function)"
        var arrival = Arrival(
            request: request,
            partition: id,
            offset: Offset(record.offset),
            timestamp: record.timestamp,
            key: record.key.map { $0 << 8 | UInt64(record.partition) },
            function: function,
            functionNamedByRecord: record.isFunctionNamed,
            replyTopic: record.replyTopic.map { world.broker.topics[$0].name },
            replyPartition: record.replyPartition,
            deadline: record.deadline,
            byteCount: record.byteCount
        )
        if record.kind == .malformed { arrival.rejection = .simulated }
        handle(.arrived(arrival))
    }

    /// The next offset is not in the log any more.
    private func leaveLog(_ slot: AssignedPartition.Slot) {
        world.say("member \(process.member): offset \(slot.position) of partition \(slot.partition) is out of range")
        assigned[slot.id.slot]?.isStopped = true
        handle(.forgotten([slot.id]))
    }

    func reassign(_ id: PartitionID) {
        guard id.slot < assigned.count, let slot = assigned[id.slot], slot.id == id else { return }
        guard !group.isAnswerOwed else {
            world.plan(.reassign(process, id), after: .milliseconds(100))
            return
        }
        unassign([slot.partition])
        returning.insert(slot.partition)
        beginAssignment([slot.partition], isAnswer: false)
    }

    func hasStopped(_ partition: Int) -> Bool {
        guard let slot = slotOfPartition[partition] else { return false }
        return assigned[slot]?.isStopped ?? false
    }
}

extension Rejection {
    /// What the decoder says of a record with an empty value.
    static let simulated: Rejection = {
        var decoder = RequestDecoder(consumedTopics: ["requests0"])
        var head = RequestHead()
        let empty: [UInt8] = []
        decoder.begin()
        let decoding = decoder.finish(
            value: empty.span.bytes,
            topic: "requests0",
            partition: 0,
            offset: 0,
            timestamp: nil,
            now: WallTime(milliseconds: 0),
            pipeline: PipelinePolicy(
                name: "p",
                app: 0,
                environment: "e",
                function: "f",
                request: RequestPolicy(topics: ["requests0"]),
                replyTopic: "replies"
            ),
            callStyle: .query,
            into: &head
        )
        guard case .rejected(let rejection) = decoding else {
            preconditionFailure("an empty value was taken for a request: \(decoding)")
        }
        return rejection
    }()
}
