/// Partitions that the group has given up without asking, and that may come back before anybody else has called anything.
extension RelayMachine {
    /// Keeps what is lost in limbo. One that is being taken back has dropped too much to go on, and a stop waits for no
    /// return: those are forgotten.
    mutating func lose(_ ids: [PartitionID]) {
        var moved: [PartitionID: PartitionID] = [:]
        if stopDeadline == nil {
            for id in ids where partition(id)?.phase == .active {
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
        guard let state = limbo(topic, partition), state.isLastWord(committed: committed, inheritance) else {
            return nil
        }
        return state.ledger.position
    }

    private func limbo(_ topic: String, _ partition: Int32) -> PartitionState? {
        partitions.limbo.first { $0.topic == topic && $0.partition == partition }
    }

    /// Lets an assigned partition go on from limbo if it can, and drops what was kept of it if not.
    ///
    /// - Returns: whether it goes on.
    mutating func resume(_ assignment: AssignedPartition, sharesFrom: MonotonicTime) -> Bool {
        guard let state = limbo(assignment.topic, assignment.partition) else { return false }
        guard state.isLastWord(committed: assignment.committed, assignment.inheritance) else {
            endLimbo(state.id, .changedHands)
            return false
        }
        partitions.moveFromLimbo(state.id, to: assignment.id.slot)
        partitions[assignment.id.slot]?.resume(assignment, sharesFrom: sharesFrom)
        for id in requests.ids where requests[id.index].partition == state.id {
            requests[id.index].partition = assignment.id
        }
        counters.partitionsResumed += 1
        report(.resumed, of: state)
        return true
    }

    /// Drops what did not come back within a session.
    mutating func endOverdueLimbo() {
        guard let end = partitions.nextLimboEnd, end <= now.monotonic else { return }
        for state in partitions.limbo where state.limboEnds.map({ $0 <= now.monotonic }) ?? false {
            endLimbo(state.id, .outOfTime)
        }
    }

    /// Nothing comes back to a member that stops. What was begun is cut.
    mutating func stopLimbo() {
        for state in partitions.limbo {
            if requests.ids.contains(where: { requests[$0.index].partition == state.id && hasBegun($0) }) {
                isStopCut = true
            }
            endLimbo(state.id, .stopped)
        }
    }

    private mutating func endLimbo(_ limbo: PartitionID, _ end: LimboEnd) {
        guard let state = partition(limbo) else { return }
        report(end, of: state)
        partitions[limbo.slot]?.phase = .draining
        for id in requests.ids where requests[id.index].partition == limbo {
            counters.droppedInLimbo += 1
            drop(id)
        }
        partitions[limbo.slot] = nil
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
            if case .heldBack(let publication) = requests[id.index].settlement?.deadLetter { publish(publication) }
            guard requests.contains(id) else { continue }
            if case .heldBack(let publication) = requests[id.index].settlement?.reply { publish(publication) }
        }
    }
}
