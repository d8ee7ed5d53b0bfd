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
        if isLimitAwaited { resumeLimited() }
        // Before the others take the room: a hold that is never probed is never lifted.
        for scope in heldScopes { probeIfDue(scope) }
        for app in apps.indices { dispatch(app) }
    }

    /// Starts the calls of an app: its pipelines take turns, a call each, so that what limits all is shared by all.
    private mutating func dispatch(_ app: Int) {
        let count = apps[app].pipelines.count
        var passes = 0
        while passes < count {
            let pipeline = apps[app].pipelines[apps[app].turn]
            if mayStartCall(pipeline) {
                if let scope = apps[app].limitedScope, !admits(scope) {
                    // The turn stays where it is.
                    awaitLimit(scope)
                    return
                }
                passes = startNext(pipeline) ? 0 : passes + 1
            } else {
                passes += 1
            }
            apps[app].turn += 1
            if apps[app].turn == count { apps[app].turn = 0 }
        }
    }

    /// Whether a pipeline has a target whose turn it is, and room for its call.
    private func mayStartCall(_ pipeline: Int) -> Bool {
        if pipelines[pipeline].turns.isEmpty || isPaused(pipeline) { return false }
        return hasRoom(pipeline)
    }

    /// Whether another call of the pipeline may be under way, and its answer has room.
    func hasRoom(_ pipeline: Int) -> Bool {
        if pipelines[pipeline].inFlight >= pipelines[pipeline].limit.current { return false }
        return hasRoomForAnswer(pipeline)
    }

    /// Starts a call of the first target whose turn it is and that nothing stops.
    private mutating func startNext(_ pipeline: Int) -> Bool {
        while let target = pipelines[pipeline].turns.takeTurn() {
            discardStale(target)
            guard !targets[target].ready.isEmpty else { continue }
            guard admitsCalls(target) else {
                pipelines[pipeline].turns.setAside(target)
                continue
            }
            // The app's own limit has let this call go.
            if !limitedScopes.isEmpty, let scope = refusingInnerScope(of: target) {
                wait(target, for: scope)
                continue
            }
            let id = targets[target].ready.removeFirst()
            startCall(id, isProbe: false)
            if !targets[target].ready.isEmpty { pipelines[pipeline].turns.insert(target) }
            return true
        }
        return false
    }

    /// Drops from the head of the line what is no longer waiting there: settled by its deadline, or gone.
    private mutating func discardStale(_ target: Int) {
        while let first = targets[target].ready.first, !requests.isReady(first) {
            targets[target].ready.removeFirst()
        }
    }

    /// Drops them from the whole line when they outnumber the others: behind one that waits under a hold, requests
    /// whose deadlines pass would pile up.
    mutating func forgetStale(_ target: Int) {
        guard targets[target].ready.count > 2 * targets[target].openCount + 64 else { return }
        leaveLine(target)
    }

    /// Drops from the line whoever does not wait there any more.
    mutating func leaveLine(_ target: Int) {
        var kept: Deque<RequestID> = []
        swap(&kept, &targets[target].ready)
        kept.removeAll { !requests.isReady($0) }
        swap(&kept, &targets[target].ready)
    }

    /// Whether the target's app has a token and no hold stops it.
    func admitsCalls(_ target: Int) -> Bool {
        guard apps[targets[target].address.app].token != nil else { return false }
        if heldScopes.isEmpty { return true }
        for scope in targets[target].scopes {
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
            requests[id.index].heldBeforeFirstAttempt = targets[target].held.total(at: now.monotonic)
        } else {
            counters.retries += 1
        }
        counters.calls += 1
        let pipeline = requests[id.index].pipeline
        let (slot, handle) = (requests[id.index].partition.slot, requests[id.index].ledgerHandle)
        partitions[slot]?.ledger.countAttempt(handle)
        pipelines[pipeline].inFlight += 1
        pipelines[pipeline].limit.started(inFlight: pipelines[pipeline].inFlight, now: now.monotonic)
        setAnswerBytes(id, of: pipeline, Self.reservedAnswerBytes)
        if !limitedScopes.isEmpty { takeFromLimits(target) }
        for scope in targets[target].scopes { scopes[scope].inFlight += 1 }
        effects.append(.call(id))
    }

    /// A call has ended; of its answer so many bytes are kept.
    mutating func leaveFlight(_ id: RequestID, answerBytes: Int = 0) {
        let (pipeline, target) = (requests[id.index].pipeline, requests[id.index].target)
        pipelines[pipeline].inFlight -= 1
        setAnswerBytes(id, of: pipeline, answerBytes)
        for scope in targets[target].scopes { scopes[scope].inFlight -= 1 }
    }

    /// Lets the targets that stood aside try again.
    mutating func returnTargets() {
        for pipeline in pipelines.indices { pipelines[pipeline].turns.returnAll() }
    }
}
