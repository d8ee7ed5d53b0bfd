/// Partitions that the group has given up without asking, and that may come back before anybody else has called anything.
extension RelayMachine {
    /// Keeps what is lost in limbo. One that is being taken back has dropped too much to go on, and a stop waits for no
    /// return: those are forgotten.
    mutating func lose(_ ids: [PartitionID]) {
        var moved: [PartitionID: PartitionID] = [:]
        if stopDeadline == nil {
            for id in ids where partitions[id]?.phase == .active {
                moved[id] = partitions.moveToLimbo(id, until: now.monotonic + timing.session)
            }
        }
        if !moved.isEmpty { moveRequests(toLimbo: moved) }
        forget(ids)
    }

    private mutating func moveRequests(toLimbo moved: [PartitionID: PartitionID]) {
        var left: Set<Int> = []
        for id in requests.ids {
            guard let limbo = moved[requests[id.index].partition] else { continue }
            requests[id.index].partition = limbo
            // Its memory is that of a consumer which may be gone soon.
            if !requests[id.index].isCopiedOut { copyOut(id) }
            guard requests[id.index].phase == .ready else { continue }
            waitForCommit(id)
            left.insert(requests[id.index].target)
        }
        for target in left { leaveLine(target) }
    }

    /// Where reading begins of a partition that is about to be assigned, if it goes on from limbo.
    ///
    /// The shell asks right before it hands in `Event.assigned`: no other event may come between, or the records up to here
    /// would be read by nobody.
    ///
    /// - Parameters:
    ///   - topic: the partition's topic.
    ///   - partition: its number.
    ///   - committed: the group's committed offset, nil without one.
    ///   - inheritance: what the commit's metadata tells.
    /// - Returns: its own position; nil when it does not go on.
    package func resumption(
        of topic: String,
        _ partition: Int32,
        committed: Offset?,
        inheritance: Inheritance
    ) -> Offset? {
        guard let id = partitions.limbo(topic, partition), let state = partitions[id],
            state.isLastWord(committed: committed, inheritance)
        else { return nil }
        return state.ledger.position
    }

    /// Lets an assigned partition go on from limbo if it can.
    ///
    /// - Returns: whether it goes on; its requests follow, those of all that are assigned together.
    mutating func resume(_ lost: PartitionID, as assigned: AssignedPartition, sharesFrom: MonotonicTime) -> Bool {
        guard let state = partitions[lost], state.isLastWord(committed: assigned.committed, assigned.inheritance) else {
            return false
        }
        partitions.moveFromLimbo(lost, to: assigned.id.slot)
        partitions[assigned.id.slot]?.resume(assigned, sharesFrom: sharesFrom)
        counters.partitionsResumed += 1
        report(.resumed, of: state)
        return true
    }

    /// Hands requests over to the new assignments of their partitions.
    mutating func moveRequests(fromLimbo resumed: [PartitionID: PartitionID]) {
        guard !resumed.isEmpty else { return }
        for id in requests.ids {
            if let assigned = resumed[requests[id.index].partition] { requests[id.index].partition = assigned }
        }
    }

    /// Drops what did not come back within a session.
    mutating func endOverdueLimbo() {
        let overdue = partitions.limbo.filter { $0.limboEnds.map { $0 <= now.monotonic } ?? false }
        endLimbo(Set(overdue.map(\.id)), .outOfTime)
    }

    /// Nothing comes back to a member that stops. What was begun is cut, and what was done and not committed is called
    /// again.
    mutating func stopLimbo() {
        let lost = partitions.limbo.map(\.id)
        let ended = Set(lost)
        noteUncommitted(lost)
        if requests.ids.contains(where: { ended.contains(requests[$0.index].partition) && hasBegun($0) }) {
            isStopCut = true
        }
        endLimbo(ended, .stopped)
    }

    mutating func endLimbo(_ ended: Set<PartitionID>, _ end: LimboEnd) {
        guard !ended.isEmpty else { return }
        for state in partitions.limbo where ended.contains(state.id) {
            report(end, of: state)
            partitions[state.id.slot]?.phase = .draining
        }
        for id in requests.ids where ended.contains(requests[id.index].partition) {
            counters.droppedInLimbo += 1
            drop(id)
        }
        for lost in ended { partitions[lost.slot] = nil }
    }

    private mutating func report(_ end: LimboEnd, of state: PartitionState) {
        effects.append(
            .report(
                .limboEnded(end, topic: state.topic, partition: state.partition, requests: state.requestCount)
            )
        )
    }

    // MARK: What is held back

    /// Whether nothing may be written for a request: its partition is lost, or the brokers have not acknowledged yet that it
    /// is this member's again.
    func isHeldBack(_ id: RequestID) -> Bool {
        partitions[requests[id.index].partition.slot]?.isHeldBack ?? false
    }

    /// The partition is this member's again, as a commit was acknowledged: its outcomes are written.
    mutating func publishHeldBack(_ slot: Int) {
        guard let state = partitions[slot]?.id, partitions[slot]?.isHeldBack ?? false else { return }
        partitions[slot]?.isHeldBack = false
        for id in requests.ids where requests[id.index].partition == state {
            if case .heldBack(let publication) = requests[id.index].settlement.deadLetter { publish(publication) }
            guard requests.contains(id) else { continue }
            if case .heldBack(let publication) = requests[id.index].settlement.reply { publish(publication) }
        }
    }
}
