extension RelayMachine {
    // MARK: Assignment

    mutating func assign(_ assigned: [AssignedPartition]) {
        for assignment in assigned {
            let slot = assignment.id.slot
            while partitions.count <= slot { partitions.append(nil) }
            precondition(partitions[slot] == nil, "slot \(slot) is still assigned, as \(partitions[slot]?.id as Any)")
            partitions[slot] = PartitionState(assignment)
        }
    }

    /// Admits nothing more, forgets what was not called, and waits for the rest.
    mutating func revoke(_ ids: [PartitionID]) {
        let deadline = now.monotonic + timing.drain
        for id in ids where partition(id) != nil {
            if partitions[id.slot]?.phase == .stopped {
                partitions[id.slot]?.phase = .drained
            } else {
                partitions[id.slot]?.phase = .draining(until: deadline)
            }
        }
        let revoked = Set(ids)
        for id in requests.ids where revoked.contains(requests[id.index].partition) {
            if !requests[id.index].isInFlight && requests[id.index].phase != .settling { drop(id) }
        }
        revocation = Revocation(ids: ids, deadline: deadline)
    }

    /// Forgets everything at once: it is somebody else's.
    mutating func lose(_ ids: [PartitionID]) {
        let lost = Set(ids)
        for id in requests.ids where lost.contains(requests[id.index].partition) { drop(id) }
        for id in ids where partition(id) != nil { partitions[id.slot] = nil }
        if let revocation, !lost.isDisjoint(with: revocation.ids) { self.revocation = nil }
        isOwnershipInDoubt = false
    }

    /// Lets revoked partitions go once they are drained and committed, or when their time is up.
    mutating func finishRevocation() {
        guard let revocation else { return }
        let isLate = now.monotonic >= revocation.deadline
        if isLate {
            let revoked = Set(revocation.ids)
            for id in requests.ids where revoked.contains(requests[id.index].partition) { drop(id) }
        }
        for id in revocation.ids {
            guard let state = partition(id), case .draining = state.phase else { continue }
            if state.requestCount == 0 { partitions[id.slot]?.phase = .drained }
        }
        let states = revocation.ids.compactMap { partition($0) }
        guard states.allSatisfy({ $0.phase == .drained }) else { return }
        if states.contains(where: { $0.hasUncommitted }) && now.monotonic < revocation.deadline + .seconds(2) {
            commitNow()
            return
        }
        for id in revocation.ids where partition(id) != nil { partitions[id.slot] = nil }
        self.revocation = nil
        effects.append(.letGo(revocation.ids))
    }

    // MARK: Reading

    /// How many records may be taken from a partition's queue now.
    ///
    /// When the answer is none, `readOn` follows once there is room again.
    package mutating func room(in id: PartitionID) -> Int {
        guard let state = partition(id), state.phase == .active, stopDeadline == nil else { return 0 }
        let room = room(state)
        if room == 0 { partitions[id.slot]?.isStarved = true }
        return room
    }

    private func room(_ state: PartitionState) -> Int {
        let window = policy.pipelines[state.pipeline].window
        let records = window.open - state.ledger.openCount
        guard records > 0, state.ledger.distance < window.distance else { return 0 }
        if state.ledger.openCount == 0 { return max(1, min(records, affordable(state, window))) }
        return min(records, affordable(state, window))
    }

    /// Records that the pipeline's bytes still allow, by the mean size of those that are open.
    private func affordable(_ state: PartitionState, _ window: WindowPolicy) -> Int {
        let pipeline = pipelines[state.pipeline]
        let bytes = window.bytes - pipeline.openBytes
        guard bytes > 0 else { return 0 }
        let mean = state.ledger.openCount > 0 ? max(1, state.openBytes / state.ledger.openCount) : 1_024
        return max(1, bytes / mean)
    }

    /// Tells the shell of room in the partitions that were left unread.
    func regainsRoom(_ state: PartitionState) -> Bool {
        guard state.isStarved, state.phase == .active, stopDeadline == nil else { return false }
        // An eighth of the window at a time: reading one record for each completed one would cost a wake each.
        let window = policy.pipelines[state.pipeline].window
        return room(state) >= max(1, min(window.open / 8, 64)) || (state.ledger.openCount == 0 && room(state) > 0)
    }

    mutating func skip(_ id: PartitionID, _ offset: Offset) {
        guard partition(id) != nil else { return }
        counters.skipped += 1
        partitions[id.slot]?.ledger.advance(to: offset.next)
    }

    mutating func reachEnd(_ id: PartitionID, _ offset: Offset) {
        partitions[id.slot]?.ledger.advance(to: offset)
    }

    mutating func admit(_ arrival: Arrival) {
        guard let state = partition(arrival.partition), state.phase == .active, stopDeadline == nil else {
            // The shell read on after a revoke: the record belongs to the next owner.
            effects.append(.release(arrival.request))
            return
        }
        guard let handle = partitions[arrival.partition.slot]?.ledger.admit(arrival.offset) else {
            counters.repeatedRecords += 1
            effects.append(.release(arrival.request))
            return
        }
        let pipeline = policy.pipelines[state.pipeline]
        let target = target(
            pipeline: state.pipeline,
            environment: arrival.environment ?? pipeline.environment,
            function: arrival.function ?? pipeline.function
        )
        targets[target].openCount += 1
        counters.arrived += 1
        partitions[arrival.partition.slot]?.requestCount += 1
        partitions[arrival.partition.slot]?.openBytes += arrival.byteCount
        pipelines[state.pipeline].openBytes += arrival.byteCount
        requests.insert(
            RequestState(
                partition: arrival.partition,
                ledgerHandle: handle,
                offset: arrival.offset,
                pipeline: state.pipeline,
                target: target,
                key: arrival.rejection == nil ? arrival.key : nil,
                functionNamedByRecord: arrival.function != nil,
                environmentNamedByRecord: arrival.environment != nil,
                replyTopic: arrival.replyTopic,
                replyPartition: arrival.replyPartition,
                deadline: arrival.deadline,
                byteCount: arrival.byteCount,
                arrived: now
            ),
            as: arrival.request
        )
        let id = arrival.request
        if let rejection = arrival.rejection {
            requests[id.index].lastAnswer = AttemptResult(code: .errcode(0), errmsg: rejection.message)
            fail(id, rejection.reason)
            return
        }
        watch.aging.append(id)
        let isFirstOfKey = arrival.key.map { chains.append(id.index, key: $0, in: &requests) } ?? true
        if let deadline = arrival.deadline {
            if deadline <= now.wall {
                fail(id, .deadlineExceeded)
                return
            }
            deadlines.insert(id, due: deadline)
        }
        if isFirstOfKey { becomeReady(id) }
    }

    // MARK: Ends

    /// Forgets a request without an outcome: its offset stays open, and whoever owns the partition next reads it
    /// again.
    mutating func drop(_ id: RequestID) {
        let request = requests[id.index]
        if case .inFlight(_, let isProbe) = request.phase {
            leaveFlight(id)
            counters.callsCut += 1
            effects.append(.cancel(id))
            if isProbe { loseProbe(id) }
        }
        if request.phase != .settling { leaveChain(id, promoting: partition(request.partition)?.phase == .active) }
        forget(id)
    }

    /// The outcome is written: completes the record.
    mutating func complete(_ id: RequestID) {
        let request = requests[id.index]
        counters.completed += 1
        partitions[request.partition.slot]?.ledger.complete(request.ledgerHandle)
        forget(id)
    }

    private mutating func forget(_ id: RequestID) {
        let request = requests[id.index]
        let slot = request.partition.slot
        targets[request.target].openCount -= 1
        pipelines[request.pipeline].openBytes -= request.byteCount
        partitions[slot]?.openBytes -= request.byteCount
        partitions[slot]?.requestCount -= 1
        requests.remove(id)
        effects.append(.release(id))
        if let state = partitions[slot], regainsRoom(state) {
            partitions[slot]?.isStarved = false
            effects.append(.readOn(state.id))
        }
    }

    /// Takes a request out of its key's chain; the next of the key goes on.
    mutating func leaveChain(_ id: RequestID, promoting: Bool) {
        guard let key = requests[id.index].key else { return }
        guard let next = chains.remove(id.index, key: key, in: &requests), promoting else { return }
        becomeReady(requests.id(at: next))
    }

    /// The state of an assignment that still stands.
    func partition(_ id: PartitionID) -> PartitionState? {
        guard id.slot < partitions.count, let state = partitions[id.slot], state.id == id else { return nil }
        return state
    }
}
