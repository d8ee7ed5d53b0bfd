import DequeModule

extension RelayMachine {
    /// Puts the first request of its key in its target's line.
    mutating func becomeReady(_ id: RequestID) {
        noteRun(id)
        guard mayStart(id) else {
            waitForCommit(id)
            return
        }
        requests[id.index].phase = .ready
        let target = requests[id.index].target
        targets[target].ready.append(id)
        forgetStale(target)
        pipelines[requests[id.index].pipeline].turns.insert(target)
    }

    /// Puts a request that was called for nothing (an expired token) back at the head of the line.
    mutating func becomeReadyAtOnce(_ id: RequestID) {
        noteRun(id)
        guard mayStart(id) else {
            waitForCommit(id)
            return
        }
        requests[id.index].phase = .ready
        let target = requests[id.index].target
        targets[target].ready.prepend(id)
        pipelines[requests[id.index].pipeline].turns.insert(target)
    }

    /// Whether calls may start at all.
    var mayCall: Bool {
        if isProducerFull || isOwnershipInDoubt || isFinished { return false }
        // Longer than the session: the member may have been evicted while it waited to join.
        if let gateClosedSince, now.monotonic - gateClosedSince > timing.session { return false }
        return true
    }

    /// Starts every call that may start.
    mutating func dispatch() {
        guard mayCall else { return }
        // Before the others take the room: a hold that is never probed is never lifted.
        for scope in heldScopes { probeIfDue(scope) }
        for pipeline in pipelines.indices where !pipelines[pipeline].turns.isEmpty && !isPaused(pipeline) {
            dispatch(pipeline)
        }
    }

    private mutating func dispatch(_ pipeline: Int) {
        while pipelines[pipeline].inFlight < pipelines[pipeline].limit.current,
            let target = pipelines[pipeline].turns.takeTurn()
        {
            discardStale(target)
            guard !targets[target].ready.isEmpty else { continue }
            guard admitsCalls(targets[target]) else {
                pipelines[pipeline].turns.setAside(target)
                continue
            }
            let id = targets[target].ready.removeFirst()
            startCall(id, isProbe: false)
            if !targets[target].ready.isEmpty { pipelines[pipeline].turns.insert(target) }
        }
    }

    /// Drops from the head of the line what is no longer waiting there: settled by its deadline, or gone.
    private mutating func discardStale(_ target: Int) {
        while let first = targets[target].ready.first, !requests.isReady(first) {
            targets[target].ready.removeFirst()
        }
    }

    /// Drops them from the whole line when they outnumber the others: behind one that waits under a hold, requests
    /// whose deadlines pass would pile up.
    private mutating func forgetStale(_ target: Int) {
        guard targets[target].ready.count > 2 * targets[target].openCount + 64 else { return }
        let open = requests
        targets[target].ready.removeAll { !open.isReady($0) }
    }

    /// Whether the target's app has a token and no hold stops it.
    func admitsCalls(_ target: Target) -> Bool {
        guard apps[target.address.app].token != nil else { return false }
        for scope in target.scopes {
            guard let hold = scopes[scope].hold else { continue }
            switch hold.phase {
            case .open, .probing: return false
            case .ramp(let limit, _, _): if scopes[scope].inFlight >= limit { return false }
            }
        }
        return true
    }

    mutating func startCall(_ id: RequestID, isProbe: Bool) {
        let target = requests[id.index].target
        requests[id.index].phase = .inFlight(since: now.monotonic, isProbe: isProbe)
        requests[id.index].attempts += 1
        if requests[id.index].firstAttempt == nil {
            requests[id.index].firstAttempt = now.monotonic
            requests[id.index].heldBeforeFirstAttempt = targets[target].heldTime(at: now.monotonic)
        } else {
            counters.retries += 1
        }
        counters.calls += 1
        partitions[requests[id.index].partition.slot]?.ledger.countAttempt(requests[id.index].ledgerHandle)
        pipelines[requests[id.index].pipeline].inFlight += 1
        for scope in targets[target].scopes { scopes[scope].inFlight += 1 }
        effects.append(.call(id))
    }

    mutating func leaveFlight(_ id: RequestID) {
        let request = requests[id.index]
        pipelines[request.pipeline].inFlight -= 1
        for scope in targets[request.target].scopes { scopes[scope].inFlight -= 1 }
    }

    /// Lets the targets that stood aside try again.
    mutating func returnTargets() {
        for pipeline in pipelines.indices { pipelines[pipeline].turns.returnAll() }
    }
}
