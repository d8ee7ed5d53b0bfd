extension RelayMachine {
    // MARK: What is limited

    /// Derives every limit from the policy and the shares as they are now. What calls have used up so far stays used.
    ///
    /// Belongs behind whatever changes one of the two: the policy, an assignment, the partitions of the topics.
    mutating func deriveLimits() {
        nextGain = nil
        guard !limitedScopes.isEmpty || policy.apps.contains(where: { !$0.limits.isNone }) else { return }
        for app in apps.indices {
            apps[app].share = policy.apps[app].limits.isNone ? nil : share(of: app)
            apps[app].limitedScope = policy.apps[app].limits.isNone ? nil : appScope(app)
        }
        // A hash table has no order, and equal histories must have equal orders.
        for index in scopeIndexes.values.sorted() { setLimit(index) }
    }

    /// Gives a scope the limit that the policy has for it, or none.
    mutating func setLimit(_ index: Int) {
        let scope = scopes[index]
        let limits = policy.apps[scope.app].limits
        let environment = limits.environments[scope.environment]
        let rate: Rate?
        var inFlight: Int?
        switch scope.kind {
        case .app: (rate, inFlight) = (limits.rate, limits.inFlight)
        case .env: (rate, inFlight) = (environment?.rate, environment?.inFlight)
        case .function: rate = environment?.functions[scope.function]
        }
        guard rate != nil || inFlight != nil, let share = apps[scope.app].share else {
            removeLimit(index)
            return
        }
        if scopeLimits[index] == nil {
            scopeLimits[index] = ScopeLimit()
            limitedScopes.append(index)
            limitedScopes.sort()
        }
        let pace = rate.flatMap { Pace($0, burst: scope.kind == .app ? limits.burst : nil, share: share) }
        if rate == nil {
            scopeLimits[index]?.rate = nil
        } else if scopeLimits[index]?.rate == nil {
            scopeLimits[index]?.rate = RateLimiter(pace, at: now.monotonic)
        } else {
            scopeLimits[index]?.rate?.change(to: pace, at: now.monotonic)
        }
        // One at least, or a member with few of many partitions would never call.
        scopeLimits[index]?.inFlight = inFlight.map { max(1, share.of($0)) }
    }

    private mutating func removeLimit(_ index: Int) {
        guard let limit = scopeLimits[index] else { return }
        for target in limit.waiting { resume(target) }
        scopeLimits[index] = nil
        limitedScopes.removeAll { $0 == index }
    }

    // MARK: The group's share

    /// A lost partition counts no more at once; a gained one counts once its owner before has ended its calls.
    private mutating func share(of app: Int) -> GroupShare {
        let own = apps[app].pipelines
        var assigned = 0
        var usable = 0
        for state in partitions.states where state.phase != .draining && own.contains(state.pipeline) {
            assigned += 1
            if state.sharesFrom <= now.monotonic {
                usable += 1
            } else {
                nextGain = min(nextGain ?? state.sharesFrom, state.sharesFrom)
            }
        }
        // Of a topic that has grown the group may know before the brokers were asked again.
        return GroupShare(part: usable, whole: max(assigned, own.reduce(0) { $0 + partitionTotals[$1] }))
    }

    mutating func takeTotals(_ totals: [Int]) {
        precondition(totals.count == pipelines.count, "\(totals.count) totals for \(pipelines.count) pipelines")
        guard totals != partitionTotals else { return }
        partitionTotals = totals
        deriveLimits()
    }

    /// A gained share can be used from now on.
    mutating func takeGains() {
        if let nextGain, nextGain <= now.monotonic { deriveLimits() }
    }

    // MARK: Who waits

    /// The limit that stops a target's next call, the narrowest first; nil when all let it go.
    func refusingScope(of target: Int) -> Int? {
        guard !limitedScopes.isEmpty else { return nil }
        return targets[target].scopes.last { !admits($0) }
    }

    /// As `refusingScope(of:)`, where the app's own limit has been asked.
    func refusingInnerScope(of target: Int) -> Int? {
        targets[target].scopes.dropFirst().last { !admits($0) }
    }

    func admits(_ scope: Int) -> Bool {
        scopeLimits[scope]?.admits(inFlight: scopes[scope].inFlight, at: now.monotonic) ?? true
    }

    /// Takes a target out of its pipeline's turns until the limit lets a call go.
    mutating func wait(_ target: Int, for scope: Int) {
        pipelines[targets[target].address.pipeline].turns.wait(target)
        scopeLimits[scope]?.waiting.append(target)
        isLimitAwaited = true
    }

    private mutating func resume(_ target: Int) {
        pipelines[targets[target].address.pipeline].turns.resume(target)
    }

    /// Gives the targets back their turns whose limit lets a call go. All of them: which comes first is for the turns to say,
    /// and who finds it used up waits on in the same order.
    mutating func resumeLimited() {
        isLimitAwaited = false
        for scope in limitedScopes {
            scopeLimits[scope]?.isAwaited = false
            guard scopeLimits[scope]?.waiting.isEmpty == false else { continue }
            guard admits(scope) else {
                isLimitAwaited = true
                continue
            }
            // Into a list that is kept: to take the other one out of its place would cost an allocation for each call.
            resumed.removeAll(keepingCapacity: true)
            resumed.append(contentsOf: scopeLimits[scope]?.waiting ?? [])
            scopeLimits[scope]?.waiting.removeAll(keepingCapacity: true)
            for target in resumed { resume(target) }
        }
    }

    /// Something would call that waits elsewhere: an app's turns, a probe.
    mutating func awaitLimit(_ scope: Int) {
        scopeLimits[scope]?.isAwaited = true
        isLimitAwaited = true
    }

    /// Counts a call against all limits that it passes.
    mutating func takeFromLimits(_ target: Int) {
        for scope in targets[target].scopes { scopeLimits[scope]?.rate?.take(at: now.monotonic) }
    }

    /// When time alone lets something go that waits for a limit.
    var limitWake: MonotonicTime? {
        var wake = nextGain
        guard isLimitAwaited else { return wake }
        for scope in limitedScopes {
            guard let time = scopeLimits[scope]?.wake(inFlight: scopes[scope].inFlight, at: now.monotonic) else {
                continue
            }
            wake = min(wake ?? time, time)
        }
        return wake
    }

    // MARK: Throttled

    /// WeChat throttled a scope: its own rate goes down, or, where it has none, the rates of what is in it.
    ///
    /// Once for each window that WeChat begins, not for each answer in it.
    mutating func lowerRates(_ index: Int, until windowEnd: MonotonicTime) {
        let lowered = scopeLimits[index]?.rate != nil ? [index] : limitedScopes.filter { isWithin($0, scope: index) }
        for scope in lowered { scopeLimits[scope]?.rate?.lower(at: now.monotonic, climbingFrom: windowEnd) }
    }

    private func isWithin(_ inner: Int, scope outer: Int) -> Bool {
        guard scopes[inner].app == scopes[outer].app else { return false }
        return switch scopes[outer].kind {
        case .app: true
        case .env: scopes[inner].environment == scopes[outer].environment
        case .function: inner == outer
        }
    }
}
