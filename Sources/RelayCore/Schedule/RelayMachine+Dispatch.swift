import DequeModule

extension RelayMachine {
    /// Puts the first request of its key in its target's line.
    mutating func becomeReady(_ id: RequestID) {
        requests[id.index].phase = .ready
        let target = requests[id.index].target
        targets[target].ready.append(id)
        pipelines[requests[id.index].pipeline].turns.insert(target)
    }

    /// Puts a request that was called for nothing (an expired token) back at the head of the line.
    mutating func becomeReadyAtOnce(_ id: RequestID) {
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
        for pipeline in pipelines.indices where !pipelines[pipeline].turns.isEmpty {
            dispatch(pipeline)
        }
        for scope in heldScopes { probeIfDue(scope) }
    }

    private mutating func dispatch(_ pipeline: Int) {
        while pipelines[pipeline].inFlight < pipelines[pipeline].limit.current,
            let target = pipelines[pipeline].turns.takeTurn()
        {
            discardStale(target)
            guard !targets[target].ready.isEmpty else { continue }
            guard admitsCalls(target) else {
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
        while let first = targets[target].ready.first, !isReady(first) { targets[target].ready.removeFirst() }
    }

    func isReady(_ id: RequestID) -> Bool {
        requests.contains(id) && requests[id.index].phase == .ready
    }

    /// Whether the target's app has a token and no hold stops it.
    func admitsCalls(_ target: Int) -> Bool {
        guard apps[targets[target].address.app].token != nil else { return false }
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
            requests[id.index].heldBeforeFirstAttempt = targets[target].heldTime(at: now.monotonic)
        } else {
            counters.retries += 1
        }
        counters.calls += 1
        pipelines[requests[id.index].pipeline].inFlight += 1
        for scope in targets[target].scopes { scopes[scope].inFlight += 1 }
        watch.lastProgress = now.monotonic
        effects.append(.call(id))
    }

    mutating func leaveFlight(_ id: RequestID) {
        let request = requests[id.index]
        pipelines[request.pipeline].inFlight -= 1
        for scope in targets[request.target].scopes {
            scopes[scope].inFlight -= 1
            if scopes[scope].hold != nil { returnTargets() }
        }
    }

    /// Lets the targets that stood aside try again.
    mutating func returnTargets() {
        for pipeline in pipelines.indices { pipelines[pipeline].turns.returnAll() }
    }

    // MARK: Targets and scopes

    mutating func target(pipeline: Int, environment: String, function: String) -> Int {
        let app = policy.pipelines[pipeline].app
        let address = Target.Address(app: app, pipeline: pipeline, environment: environment, function: function)
        if let known = targetIndexes[address] { return known }
        let index = targets.count
        let chain = [
            scope(app: app, environment: "", function: ""),
            scope(app: app, environment: environment, function: ""),
            scope(app: app, environment: environment, function: function),
        ]
        var target = Target(address: address, scopes: chain)
        target.setHeld(chain.contains { scopes[$0].hold?.isClosedToCalls ?? false }, at: now.monotonic)
        targets.append(target)
        targetIndexes[address] = index
        return index
    }

    private mutating func scope(app: Int, environment: String, function: String) -> Int {
        let address = ScopeAddress(app: app, environment: environment, function: function)
        if let known = scopeIndexes[address] { return known }
        let kind: HoldScope = !function.isEmpty ? .function : !environment.isEmpty ? .env : .app
        scopes.append(Scope(kind: kind, app: app, environment: environment, function: function))
        scopeIndexes[address] = scopes.count - 1
        return scopes.count - 1
    }

    /// The scope of one width that a request belongs to.
    func scope(_ kind: HoldScope, of id: RequestID) -> Int {
        let chain = targets[requests[id.index].target].scopes
        switch kind {
        case .app: return chain[0]
        case .env: return chain[1]
        case .function: return chain[2]
        }
    }

    mutating func appScope(_ app: Int) -> Int {
        scope(app: app, environment: "", function: "")
    }
}
