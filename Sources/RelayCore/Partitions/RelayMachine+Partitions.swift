extension RelayMachine {
    // MARK: Assignment

    mutating func assign(_ assigned: [AssignedPartition]) {
        var resumed: [PartitionID: PartitionID] = [:]
        var ended: Set<PartitionID> = []
        for assignment in assigned {
            let slot = assignment.id.slot
            partitions.reach(slot)
            precondition(partitions[slot] == nil, "slot \(slot) is still assigned, as \(partitions[slot]?.id as Any)")
            let drain = assignment.mayStillBeCalledFor ? timing.drain : .zero
            let sharesFrom = now.monotonic + drain
            let lost = partitions.limbo(assignment.topic, assignment.partition)
            if let lost, resume(lost, as: assignment, sharesFrom: sharesFrom) {
                resumed[lost] = assignment.id
            } else {
                if let lost { ended.insert(lost) }
                partitions[slot] = PartitionState(assignment, nonce: random.next(), sharesFrom: sharesFrom)
            }
            // Before the first call the brokers must know that there may be calls.
            if !assignment.isStopped { wishCommit(.atOnce, slot) }
        }
        moveRequests(fromLimbo: resumed)
        endLimbo(ended, .changedHands)
        deriveLimits()
    }

    /// Admits nothing more, forgets what was not called, and waits for the rest.
    mutating func revoke(_ ids: [PartitionID]) {
        // One that is not relayed has nothing to drain and must not be committed: the loss would be silent.
        for id in ids where partitions[id] != nil && partitions[id.slot]?.phase != .stopped {
            partitions[id.slot]?.phase = .draining
        }
        let revoked = Set(ids)
        for id in requests.ids where revoked.contains(requests[id.index].partition) {
            if !requests[id.index].isInFlight && requests[id.index].phase != .settling { drop(id) }
        }
        revocation = Revocation(ids: (revocation?.ids ?? []) + ids, deadline: now.monotonic + timing.drain)
        deriveLimits()
    }

    /// The log has no longer what comes next. What is still to be relayed goes on at its start, if the policy says so.
    mutating func leaveLog(_ ids: [PartitionID]) {
        let isTakenUp = policy.onOutOfRange == .earliest
        for id in ids {
            // One that is drained, or that a stop ends, is its next owner's to tell of and to take up.
            guard let state = partitions[id], state.phase == .active, stopDeadline == nil else { continue }
            effects.append(
                .report(
                    .leftLog(
                        topic: state.topic,
                        partition: state.partition,
                        offset: state.ledger.position,
                        isTakenUp: isTakenUp
                    )
                )
            )
            if isTakenUp { effects.append(.takeUpAgain(id)) }
        }
        forget(ids)
    }

    /// Drops everything at once.
    mutating func forget(_ ids: [PartitionID]) {
        let forgotten = Set(ids)
        noteUncommitted(ids)
        for id in ids where partitions[id] != nil { partitions[id.slot]?.phase = .draining }
        for id in requests.ids where forgotten.contains(requests[id.index].partition) {
            // What a stop was to finish is cut.
            if stopDeadline != nil { isStopCut = true }
            drop(id)
        }
        for id in ids where partitions[id] != nil { partitions[id.slot] = nil }
        // With nothing left there is nothing to doubt. A revocation is answered all the same: the group waits for it.
        if partitions.isEmpty { isOwnershipInDoubt = false }
        deriveLimits()
    }

    /// A stop is not clean when partitions go before all that was done in them is committed.
    mutating func noteUncommitted(_ ids: [PartitionID]) {
        guard stopDeadline != nil else { return }
        if ids.contains(where: { partitions[$0]?.isUncommitted ?? false }) { isStopCut = true }
    }

    /// Cuts what was to be over by now, before the event is looked at: an outcome that comes after the deadline is late.
    mutating func cutWhatIsLate() {
        if let revocation, now.monotonic >= revocation.deadline {
            let revoked = Set(revocation.ids.filter { partitions[$0]?.requestCount ?? 0 > 0 })
            if !revoked.isEmpty {
                if stopDeadline != nil { isStopCut = true }
                for id in requests.ids where revoked.contains(requests[id.index].partition) { drop(id) }
            }
        }
        if let stopDeadline, now.monotonic >= stopDeadline, requests.count > 0 {
            isStopCut = true
            for id in requests.ids { drop(id) }
        }
    }

    /// Lets revoked partitions go once they are drained and committed, or when their time is up.
    mutating func finishRevocation() {
        guard let revocation else { return }
        let states = revocation.ids.compactMap { partitions[$0] }
        guard states.allSatisfy({ $0.requestCount == 0 }) else { return }
        // The last commit says that it is the last: whoever comes next need not suspect calls that never were.
        // After a stop no commit follows: what is uncommitted then stays so, and the group need not wait for it.
        let isLate = isFinished || now.monotonic >= revocation.deadline + Self.lastCommitTime
        if states.contains(where: { needsCommit($0) }) && !isLate {
            commitNow()
            return
        }
        noteUncommitted(revocation.ids)
        for id in revocation.ids where partitions[id] != nil { partitions[id.slot] = nil }
        self.revocation = nil
        effects.append(.letGo(revocation.ids))
    }

    // MARK: Reading

    /// How many records may be taken from a partition's queue now.
    ///
    /// When the answer is none, `readOn` follows once there is room again.
    package mutating func room(in id: PartitionID) -> Int {
        guard let state = partitions[id], state.phase == .active, stopDeadline == nil else { return 0 }
        let room = room(state)
        partitions[id.slot]?.isStarved = room == 0
        let pipeline = state.pipeline
        if room == 0 && bytesForRecords(pipeline) <= 0 && !pipelines[pipeline].starved.contains(id) {
            pipelines[pipeline].starved.append(id)
        }
        return roomInLine(id, pipeline, of: room)
    }

    private func room(_ state: PartitionState) -> Int {
        guard !isPaused(state.pipeline) else { return 0 }
        let window = policy.pipelines[state.pipeline].window
        let records = window.open - state.ledger.openCount
        guard records > 0, state.ledger.distance < window.distance, !awaitsCommit(state) else { return 0 }
        if state.ledger.openCount == 0 { return max(1, min(records, affordable(state))) }
        return min(records, affordable(state))
    }

    /// Records that the pipeline's bytes still allow, by the mean size of those that are open.
    private func affordable(_ state: PartitionState) -> Int {
        let bytes = bytesForRecords(state.pipeline)
        guard bytes > 0 else { return 0 }
        let mean = state.ledger.openCount > 0 ? max(1, state.openBytes / state.ledger.openCount) : 1_024
        return max(1, bytes / mean)
    }

    /// Whether a partition that was left unread has room again.
    private func regainsRoom(_ state: PartitionState) -> Bool {
        guard state.phase == .active, stopDeadline == nil, !isPaused(state.pipeline) else {
            return false
        }
        if state.ledger.openCount == 0 { return room(state) > 0 }
        // An eighth of the window at a time: reading one record for each completed one would cost a wake each.
        let window = policy.pipelines[state.pipeline].window
        return window.open - state.ledger.openCount >= max(1, min(window.open / 8, 64))
            && state.ledger.distance < window.distance
            && !awaitsCommit(state)
            && bytesForRecords(state.pipeline) >= leastFreeBytes(window)
    }

    private func leastFreeBytes(_ window: WindowPolicy) -> Int {
        max(1, min(window.bytes / 8, 1 << 20))
    }

    /// Tells the shell of room in a partition that was left unread.
    mutating func offerRoom(_ slot: Int) {
        // Asked first: most have room all the while, and a state that is looked at is copied.
        guard partitions[slot]?.isStarved ?? false, let state = partitions[slot], regainsRoom(state) else { return }
        partitions[slot]?.isStarved = false
        effects.append(.readOn(state.id))
    }

    /// Bytes are free again: offers them to the partitions that others had starved.
    mutating func offerBytes(_ pipeline: Int) {
        let window = policy.pipelines[pipeline].window
        guard !pipelines[pipeline].starved.isEmpty, bytesForRecords(pipeline) >= leastFreeBytes(window)
        else { return }
        let starved = pipelines[pipeline].starved
        pipelines[pipeline].starved.removeAll(keepingCapacity: true)
        for id in starved where partitions[id] != nil { offerRoom(id.slot) }
    }

    /// Another policy holds: tells the shell of each partition that was left unread and has room by it.
    mutating func offerRoomAnew() {
        guard stopDeadline == nil else { return }
        for slot in partitions.indices {
            guard let state = partitions[slot], state.isStarved, state.phase == .active, room(state) > 0 else {
                continue
            }
            partitions[slot]?.isStarved = false
            effects.append(.readOn(state.id))
        }
    }

    mutating func skip(_ id: PartitionID, _ offset: Offset) {
        guard let pipeline = readingPipeline(id) else { return }
        counters.skipped += 1
        partitions[id.slot]?.ledger.advance(to: offset.next)
        wishAdmission(id.slot, pipeline)
    }

    mutating func reachEnd(_ id: PartitionID, _ offset: Offset) {
        guard let pipeline = readingPipeline(id) else { return }
        partitions[id.slot]?.ledger.advance(to: offset)
        wishAdmission(id.slot, pipeline)
    }

    /// The pipeline of a partition that takes records; nil after a revoke or stop, when what is read belongs to the
    /// next owner and must not move the position.
    ///
    /// Reads in place: a copy of the partition's state would make the ledger copy itself at its next change.
    private func readingPipeline(_ id: PartitionID) -> Int? {
        stopDeadline == nil ? partitions[id]?.readingPipeline : nil
    }

    /// The key that a record waits behind: its own, one that all of its partition have, or none.
    private func orderingKey(of arrival: borrowing Arrival, in pipeline: Int) -> UInt64? {
        switch policy.pipelines[pipeline].ordering {
        case .key: arrival.key
        case .none: nil
        case .partition: partitions[arrival.partition.slot]?.partitionKey
        }
    }

    mutating func admit(_ arrival: Arrival) {
        guard let pipelineIndex = readingPipeline(arrival.partition) else {
            effects.append(.release(arrival.request))
            return
        }
        guard let (handle, history) = enter(arrival) else {
            effects.append(.release(arrival.request))
            return
        }
        wishAdmission(arrival.partition.slot, pipelineIndex)
        let mustNotRun = history.invocationsPossible > 0 && policy.pipelines[pipelineIndex].retry.maybeRan == .fail
        let key = orderingKey(of: arrival, in: pipelineIndex)
        let target = target(pipeline: pipelineIndex, environment: arrival.environment, function: arrival.function)
        targets[target].openCount += 1
        counters.arrived += 1
        partitions[arrival.partition.slot]?.openRequest(of: arrival.byteCount)
        pipelines[pipelineIndex].openBytes += arrival.byteCount
        requests.insert(
            RequestState(
                generation: arrival.request.generation,
                partition: arrival.partition,
                ledgerHandle: handle,
                offset: arrival.offset,
                pipeline: pipelineIndex,
                target: target,
                // What is answered at once keeps nobody waiting.
                key: arrival.rejection == nil && !mustNotRun ? key : nil,
                functionNamedByRecord: arrival.functionNamedByRecord,
                environmentNamedByRecord: arrival.environmentNamedByRecord,
                replyTopic: arrival.replyTopic,
                replyPartition: arrival.replyPartition,
                deadline: arrival.deadline,
                byteCount: arrival.byteCount,
                arrived: now,
                attemptsBefore: history.attempts,
                isDoubtful: partitions[arrival.partition.slot]?.isDoubtful(arrival.offset) ?? false,
                invocationsPossible: history.invocationsPossible,
                invocationsNoted: history.invocationsPossible
            ),
            as: arrival.request
        )
        let id = arrival.request
        watch.aging.append(id)
        if let rejection = arrival.rejection {
            requests[id.index].lastAnswer = AttemptResult(code: .errcode(0), errmsg: rejection.message)
            fail(id, rejection.reason)
            return
        }
        if mustNotRun {
            requests[id.index].lastAnswer = AttemptResult(code: .errcode(0), errmsg: Self.ranBefore)
            fail(id, .maybeRan)
            return
        }
        let isFirstOfKey = key.map { chains.append(id.index, key: $0, in: &requests) } ?? true
        if let deadline = arrival.deadline {
            if isTooLate(id) {
                fail(id, .deadlineExceeded)
                return
            }
            deadlines.insert(id, due: deadline)
            forgetOldDeadlines()
        }
        if isFirstOfKey { becomeReady(id) }
    }

    /// Enters a record into its partition's ledger.
    ///
    /// - Returns: nil when there is nothing to do for it: it came again, or an owner before has done it.
    private mutating func enter(_ arrival: Arrival) -> (handle: Int, history: CallHistory)? {
        switch partitions[arrival.partition.slot]?.enter(arrival.offset, timestamp: arrival.timestamp) {
        case .open(let handle, let history): return (handle, history)
        case .done: counters.recordsSkippedAsDone += 1
        case .repeated, nil: counters.repeatedRecords += 1
        }
        return nil
    }

    /// Why a record is not called that comes from an owner before.
    static let ranBefore = "the partition's last owner may have called the function for this record"

    /// Deadlines of requests that ended long before them must not pile up.
    private mutating func forgetOldDeadlines() {
        guard deadlines.count > 2 * requests.count + 1_024 else { return }
        var kept = deadlines
        deadlines = .init()
        kept.removeAll { !requests.contains($0) }
        deadlines = kept
    }

    // MARK: Ends

    /// Forgets a request without an outcome: its offset stays open, and whoever owns the partition next reads it
    /// again.
    mutating func drop(_ id: RequestID) {
        let request = requests[id.index]
        let possible = request.invocationsPossible + (request.isInFlight ? 1 : 0)
        if possible > request.invocationsNoted {
            partitions[request.partition.slot]?.ledger.notePossibleRuns(possible, request.ledgerHandle)
        }
        if case .inFlight(_, let isProbe) = request.phase {
            leaveFlight(id)
            counters.callsCut += 1
            effects.append(.cancel(id))
            if isProbe { loseProbe(id) }
        }
        if request.phase != .settling {
            leaveChain(id, promoting: partitions[request.partition]?.keepsRequests ?? false)
        }
        forget(id)
    }

    /// The outcome is written: completes the record.
    mutating func complete(_ id: RequestID) {
        let (slot, handle) = (requests[id.index].partition.slot, requests[id.index].ledgerHandle)
        counters.completed += 1
        partitions[slot]?.ledger.complete(handle)
        if stopDeadline != nil { wishCommit(.soon, slot) }
        forget(id)
    }

    private mutating func forget(_ id: RequestID) {
        let (slot, target, pipeline) =
            (requests[id.index].partition.slot, requests[id.index].target, requests[id.index].pipeline)
        let byteCount = requests[id.index].byteCount
        targets[target].openCount -= 1
        pipelines[pipeline].openBytes -= byteCount
        pipelines[pipeline].answerBytes -= requests[id.index].answerBytes
        partitions[slot]?.closeRequest(of: byteCount)
        requests.remove(id)
        forgetStale(target)
        effects.append(.release(id))
        offerRoom(slot)
        offerBytes(pipeline)
    }

    /// Takes a request out of its key's chain; the next of the key goes on.
    mutating func leaveChain(_ id: RequestID, promoting: Bool) {
        guard let key = requests[id.index].key else { return }
        guard let next = chains.remove(id.index, key: key, in: &requests), promoting else { return }
        becomeReady(requests.id(at: next))
    }
}
