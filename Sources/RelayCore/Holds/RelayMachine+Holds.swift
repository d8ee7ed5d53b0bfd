import DequeModule

extension RelayMachine {
    /// Stops a scope. A scope that is held already keeps the hold it has.
    ///
    /// Without `firstProbe` the first probe comes at the cause's own first interval from now.
    mutating func openHold(
        _ index: Int,
        cause: HoldCause,
        row: OutcomeRow,
        errmsg: String,
        rid: String?,
        firstProbe: MonotonicTime? = nil,
        probesToken: Bool = false
    ) {
        var interval = cause.probeIntervals.first
        if let hold = scopes[index].hold {
            guard case .ramp = hold.phase else { return }
            // It came back during the ramp: go on at the interval that was reached.
            if hold.cause == cause { interval = hold.interval }
        } else {
            heldScopes.append(index)
        }
        let nextProbe = firstProbe ?? now.monotonic + jittered(interval)
        scopes[index].hold = Hold(
            cause: cause,
            code: row.code,
            ruledClass: ruledClass(of: row.code, errmsg: errmsg),
            errmsg: errmsg,
            rid: rid,
            remedy: row.remedy,
            phase: .open(nextProbe: nextProbe),
            interval: interval,
            openedAt: scopes[index].hold?.openedAt ?? now.monotonic,
            probesToken: probesToken
        )
        counters.holdsOpened += 1
        markHeld(index)
        if let report = holdReport(index) { effects.append(.report(.holdOpened(report))) }
    }

    /// Sends the one request that tries whether a held scope works again.
    mutating func probeIfDue(_ index: Int) {
        guard let hold = scopes[index].hold, case .open(let nextProbe) = hold.phase, nextProbe <= now.monotonic else {
            return
        }
        let app = scopes[index].app
        if hold.probesToken || apps[app].token == nil {
            guard hold.probesToken else { return }
            scopes[index].hold?.phase = .probing(.token)
            effects.append(.probeToken(app: app))
            return
        }
        guard let (target, position) = probeCandidate(index, notAgain: hold.lastProbe) else { return }
        let id = targets[target].ready[position]
        let pipeline = requests[id.index].pipeline
        guard hasRoom(pipeline) else { return }
        if let scope = refusingScope(of: target) {
            awaitLimit(scope)
            return
        }
        if hold.cause == .outage && policy.pipelines[pipeline].retry.maybeRan == .fail {
            scopes[index].hold?.phase = .probing(.host)
            effects.append(.probeHost(app: app))
            return
        }
        targets[target].ready.remove(at: position)
        scopes[index].hold?.phase = .probing(.request(id))
        scopes[index].hold?.lastProbe = id
        startCall(id, isProbe: true)
    }

    /// The oldest waiting request of a scope that was not the last probe, else the last probe itself.
    private func probeCandidate(_ index: Int, notAgain last: RequestID?) -> (target: Int, position: Int)? {
        var best: (target: Int, position: Int, arrived: MonotonicTime)?
        var again: (target: Int, position: Int)?
        for number in targets.indices where !targets[number].ready.isEmpty && targets[number].scopes.contains(index) {
            let target = targets[number]
            if isPaused(target.address.pipeline) { continue }
            // Under several holds the widest probes.
            let isUnderWider = target.scopes.prefix { $0 != index }.contains {
                scopes[$0].hold?.isClosedToCalls ?? false
            }
            if isUnderWider { continue }
            for (position, id) in target.ready.enumerated() where requests.isReady(id) {
                if id == last {
                    again = (number, position)
                    continue
                }
                let arrived = requests[id.index].arrived.monotonic
                if best.map({ arrived < $0.arrived }) ?? true { best = (number, position, arrived) }
                break
            }
        }
        if let best { return (best.target, best.position) }
        return again
    }

    /// A probe told of another cause than the one that the hold was opened for.
    mutating func changeCause(_ index: Int, to cause: HoldCause, _ row: OutcomeRow, errmsg: String, rid: String?) {
        guard var hold = scopes[index].hold else { return }
        hold.cause = cause
        hold.code = row.code
        hold.ruledClass = ruledClass(of: row.code, errmsg: errmsg)
        hold.errmsg = errmsg
        hold.rid = rid
        hold.remedy = row.remedy
        hold.interval = max(hold.interval, cause.probeIntervals.first)
        scopes[index].hold = hold
    }

    /// The probe failed for the cause, or told nothing: the next one comes later.
    mutating func failProbe(_ index: Int, notBefore earliest: MonotonicTime? = nil) {
        guard let hold = scopes[index].hold else { return }
        scopes[index].hold?.interval = min(hold.interval * 2, hold.cause.probeIntervals.longest)
        scheduleProbe(index, notBefore: earliest)
        if let report = holdReport(index) { effects.append(.report(.holdProbeFailed(report))) }
    }

    /// The next probe comes one interval from now, and not behind the end of a daily quota.
    mutating func scheduleProbe(_ index: Int, notBefore earliest: MonotonicTime? = nil) {
        guard let hold = scopes[index].hold else { return }
        var next = now.monotonic + jittered(hold.interval)
        if let earliest { next = max(next, earliest) }
        if hold.cause == .quota, let midnight = nextMidnightInChina(before: next) {
            next = max(midnight, earliest ?? midnight)
        }
        scopes[index].hold?.phase = .open(nextProbe: next)
    }

    /// The other side works again: calls go out, few at first.
    mutating func passProbe(_ index: Int) {
        guard scopes[index].hold != nil else { return }
        let limit = rampStart(index)
        scopes[index].hold?.phase = .ramp(
            limit: limit,
            stepEnds: now.monotonic + .seconds(1),
            hasSucceeded: false
        )
        scopes[index].failures.reset()
        scopes[index].lastRefusal = nil
        markHeld(index)
        returnTargets()
    }

    /// The class that the rules give a code now, before a single request has its say.
    private func ruledClass(of code: OutcomeCode, errmsg: String) -> OutcomeClass {
        OutcomeRules.row(for: code, errmsg: errmsg, overrides: policy.overrides, unlisted: policy.unlistedClass)
            .outcomeClass
    }

    /// Whether another policy has given the hold's code another class since: its answer is no longer the hold's cause.
    func isReinterpreted(_ hold: Hold) -> Bool {
        ruledClass(of: hold.code, errmsg: hold.errmsg) != hold.ruledClass
    }

    /// Lets the holds whose code means something else now be probed at once: their window is the old meaning's.
    mutating func probeReinterpreted() {
        for index in heldScopes {
            // What the token endpoint says is never overridden.
            guard let hold = scopes[index].hold, case .open = hold.phase, !hold.probesToken, isReinterpreted(hold)
            else {
                continue
            }
            scopes[index].hold?.phase = .open(nextProbe: now.monotonic)
        }
    }

    /// The probe is gone with its partition: another one may go at once.
    mutating func loseProbe(_ id: RequestID) {
        for index in heldScopes where scopes[index].hold?.phase == .probing(.request(id)) {
            scopes[index].hold?.phase = .open(nextProbe: now.monotonic)
        }
    }

    /// Doubles the limits of holds that are being lifted, and closes those that have reached the top.
    mutating func stepRamps() {
        var closed: [Int] = []
        for index in heldScopes {
            guard let hold = scopes[index].hold, case .ramp(let limit, let ends, let hasSucceeded) = hold.phase,
                ends <= now.monotonic
            else { continue }
            // Nothing under way: there was nothing to call, and nothing failed.
            let isClean = hasSucceeded || scopes[index].inFlight == 0
            let next = isClean ? limit * 2 : limit
            if next > rampEnd(index) {
                closed.append(index)
            } else {
                scopes[index].hold?.phase = .ramp(
                    limit: next,
                    stepEnds: now.monotonic + .seconds(1),
                    hasSucceeded: false
                )
            }
        }
        for index in closed {
            if let report = holdReport(index), let hold = scopes[index].hold {
                effects.append(.report(.holdClosed(report, lasted: now.monotonic - hold.openedAt)))
            }
            scopes[index].hold = nil
            heldScopes.removeAll { $0 == index }
        }
        if !closed.isEmpty || heldScopes.contains(where: { isRamping($0) }) { returnTargets() }
    }

    func isRamping(_ index: Int) -> Bool {
        if case .ramp = scopes[index].hold?.phase { true } else { false }
    }

    private func rampStart(_ index: Int) -> Int {
        policy.pipelines.filter { $0.app == scopes[index].app }.map(\.inFlight.min).min() ?? 1
    }

    private func rampEnd(_ index: Int) -> Int {
        policy.pipelines.filter { $0.app == scopes[index].app }.map(\.inFlight.max).reduce(0, +)
    }

    private mutating func markHeld(_ index: Int) {
        for target in targets.indices where targets[target].scopes.contains(index) {
            targets[target].held.set(isHeld(targets[target]), at: now.monotonic)
        }
    }

    mutating func jittered(_ interval: Duration) -> Duration {
        .nanoseconds(Int64(Double(interval.wholeNanoseconds) * Double.random(in: 0.8...1.2, using: &random)))
    }

    /// WeChat's daily quotas are seen to be reset at midnight of UTC+8 (community report in `wechat.md`).
    private mutating func nextMidnightInChina(before limit: MonotonicTime) -> MonotonicTime? {
        let day: Int64 = 86_400_000
        let inChina = now.wall.milliseconds + 8 * 3_600_000
        let untilMidnight = Duration.milliseconds(day - inChina % day + Int64.random(in: 500...3_000, using: &random))
        let midnight = now.monotonic + untilMidnight
        return midnight < limit ? midnight : nil
    }

    func holdReport(_ index: Int) -> HoldReport? {
        let scope = scopes[index]
        guard let hold = scope.hold else { return nil }
        var nextProbe: Duration?
        if case .open(let next) = hold.phase { nextProbe = max(.zero, next - now.monotonic) }
        return HoldReport(
            app: policy.apps[scope.app].name,
            scope: scope.kind,
            name: scope.name,
            cause: hold.cause,
            code: hold.code,
            errmsg: hold.errmsg,
            rid: hold.rid,
            remedy: hold.remedy,
            nextProbe: nextProbe,
            waiting: targets.indices.reduce(0) { $0 + (targets[$1].scopes.contains(index) ? targets[$1].openCount : 0) }
        )
    }
}
