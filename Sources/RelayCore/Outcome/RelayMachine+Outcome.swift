extension RelayMachine {
    /// Decides what one attempt's end means: an outcome, another attempt, or a hold.
    mutating func takeAnswer(_ id: RequestID, _ result: AttemptResult) {
        if let named = result.retryAfter, named > Self.longestRetryAfter {
            // Only such an answer is copied: a copy of each would be a hundredth of what the core costs.
            var believed = result
            believed.retryAfter = Self.longestRetryAfter
            takeAnswer(id, believed)
            return
        }
        guard requests.contains(id), case .inFlight(let since, let isProbe) = requests[id.index].phase else {
            counters.lateResults += 1
            return
        }
        leaveFlight(id, answerBytes: result.answerByteCount)
        // In no phase of its own until one of the branches below puts it into one.
        requests[id.index].phase = .ready
        let row = row(for: result, of: id)
        noteUnlisted(result)
        if row.ran != .no { requests[id.index].invocationsPossible += 1 }
        requests[id.index].lastAnswer = result
        adaptLimit(row, of: id, since: since)
        observe(row, of: id)
        if result.code == Self.retiredAddress { dropConnections(app(of: id)) }
        act(on: row, result, of: id, isProbe: isProbe)
        requests[id.index].answersSeen = answers(of: id)
        keepDeadline(id)
        // A revoked partition waits for calls under way and for nothing else: what has no outcome now is the next
        // owner's.
        guard requests[id.index].phase != .settling else { return }
        if !(partitions[requests[id.index].partition]?.keepsRequests ?? false) {
            drop(id)
        } else if stopDeadline != nil && isPaused(requests[id.index].pipeline) {
            isStopCut = true
            drop(id)
        }
    }

    /// A gateway that names more than ten minutes is not believed.
    private static let longestRetryAfter = Duration.seconds(600)

    private mutating func act(on row: OutcomeRow, _ result: AttemptResult, of id: RequestID, isProbe: Bool) {
        if isProbe, let scope = heldScopes.first(where: { scopes[$0].hold?.phase == .probing(.request(id)) }) {
            if proves(row, cureOf: scope) {
                if scopes[scope].hold?.probesToken ?? false {
                    // Meanwhile the token became what has to be mended; this call still had an old one.
                    scopes[scope].hold?.phase = .open(nextProbe: now.monotonic)
                } else {
                    passProbe(scope)
                }
            } else {
                failProbe(scope, row, result)
                if row.outcomeClass == .refreshToken { refreshToken(after: result, of: id) }
                waitUnderHold(id, row)
                failTooLate(scope)
                return
            }
        }
        if row.outcomeClass != .success, isUnderHold(of: row, id) {
            waitUnderHold(id, row)
            return
        }

        switch row.outcomeClass {
        case .success: settle(id, reason: nil)
        case .functionFailed: fail(id, .permanent)
        case .permanentRequest: refuseRequest(id, row)
        case .transient, .unknownOutcome, .concurrencyLimited: retryLater(id, row, result, isProbe: isProbe)
        case .refreshToken:
            refreshToken(after: result, of: id)
            goOnAtOnce(id, row)
        case .throttled: throttle(id, row, result)
        case .quotaExhausted:
            openHold(
                scope(row.scope ?? .app, of: id),
                cause: .quota,
                row: row,
                errmsg: result.errmsg,
                rid: result.rid,
                firstProbe: quotaWindow(result).map { now.monotonic + $0 }
            )
            waitUnderHold(id, row)
        case .permanentConfig where result.code == Self.retiredAddress && !requests[id.index].hasMetRetiredAddress:
            requests[id.index].hasMetRetiredAddress = true
            goOnAtOnce(id, row)
        case .permanentConfig: refuseConfiguration(id, row, result)
        }
    }

    /// What a call's end tells of how many may be under way.
    private mutating func adaptLimit(_ row: OutcomeRow, of id: RequestID, since start: MonotonicTime) {
        let pipeline = requests[id.index].pipeline
        if row.outcomeClass == .concurrencyLimited {
            pipelines[pipeline].limit.refused(startedAt: start, now: now.monotonic)
        } else if row.ran == .yes {
            pipelines[pipeline].limit.accepted(now: now.monotonic)
        }
    }

    // MARK: What an answer is

    /// The row of the table, with what only the request itself tells (design §4: 44002, 47001, -501000).
    func row(for result: AttemptResult, of id: RequestID) -> OutcomeRow {
        var row = OutcomeRules.row(
            for: result.code,
            errmsg: result.errmsg,
            overrides: policy.overrides,
            unlisted: policy.unlistedClass
        )
        let isOverridden = if case .errcode(let code) = result.code { policy.overrides[code] != nil } else { false }
        guard !isOverridden else { return row }
        switch result.code {
        case .errcode(0) where result.isReplyUnreadable:
            row.outcomeClass = .functionFailed
        case .errcode(44002):
            // The relay never sends an empty body: a proxy dropped it.
            row.outcomeClass = .permanentConfig
            row.scope = .app
            row.counted = false
        case .errcode(47001) where result.bodyIsJSON:
            row.outcomeClass = .permanentConfig
            row.scope = .app
            row.counted = false
        case .errcode(-501000) where row.scope == .env && requests[id.index].environmentNamedByRecord,
            .errcode(-501000) where row.scope == .function && requests[id.index].functionNamedByRecord:
            row.outcomeClass = .permanentRequest
        default: break
        }
        return row
    }

    private mutating func noteUnlisted(_ result: AttemptResult) {
        guard !OutcomeRules.isListed(result.code, overrides: policy.overrides) else { return }
        counters.unlistedCodes += 1
        guard seenUnlisted.count < 1_000, seenUnlisted.insert(result.code).inserted else { return }
        effects.append(.report(.unlistedCode(result.code, errmsg: result.errmsg)))
    }

    /// Takes an answer into what is known of the request's scopes, and opens an outage hold when it is one.
    private mutating func observe(_ row: OutcomeRow, of id: RequestID) {
        let chain = targets[requests[id.index].target].scopes
        if let width = row.outageScope {
            let index = scope(width, of: id)
            if case .ramp(let limit, let ends, let hasSucceeded) = scopes[index].hold?.phase,
                scopes[index].hold?.cause == .outage
            {
                // One failure among many answers is what any network has: only a step that begins with one, or in
                // which the window tells an outage again, reopens the hold.
                if scopes[index].failures.failed(at: now.monotonic) || !hasSucceeded {
                    openHold(index, cause: .outage, row: row, errmsg: lastWords(id), rid: nil)
                } else {
                    scopes[index].hold?.phase = .ramp(limit: limit, stepEnds: ends, hasSucceeded: true)
                }
            } else if scopes[index].failures.failed(at: now.monotonic) {
                openHold(index, cause: .outage, row: row, errmsg: lastWords(id), rid: nil)
            }
            return
        }
        if row.outcomeClass != .refreshToken { apps[scopes[chain[0]].app].refusalsInRow = 0 }
        for index in chain {
            scopes[index].failures.succeeded(at: now.monotonic)
            if row.outcomeClass != .transient { scopes[index].answers &+= 1 }
            // A function that throws is as good a sign as one that does not, or its hold would never be lifted.
            if !heldScopes.isEmpty, case .ramp(let limit, let ends, _) = scopes[index].hold?.phase,
                proves(row, cureOf: index)
            {
                scopes[index].hold?.phase = .ramp(limit: limit, stepEnds: ends, hasSucceeded: true)
            }
            guard row.outcomeClass == .success else { continue }
            scopes[index].successes &+= 1
            scopes[index].lastRefusal = nil
            scopes[index].requestRefusals = nil
            scopes[index].throttledHolds = 0
        }
    }

    func lastWords(_ id: RequestID) -> String {
        requests[id.index].lastAnswer.map { $0.errmsg.isEmpty ? $0.excerpt : $0.errmsg } ?? ""
    }

    /// What each of the request's scopes has answered so far.
    func answers(of id: RequestID) -> AnswersSeen {
        let chain = targets[requests[id.index].target].scopes
        return AnswersSeen(
            app: scopes[chain[0]].answers,
            environment: scopes[chain[1]].answers,
            function: scopes[chain[2]].answers
        )
    }

    /// Whether a probe's answer shows that the hold's cause is gone: any readable answer outside the cause.
    private func proves(_ row: OutcomeRow, cureOf scope: Int) -> Bool {
        guard let hold = scopes[scope].hold, row.outageScope == nil else { return false }
        if row.code == hold.code && !isReinterpreted(hold) { return false }
        return switch hold.cause {
        case .outage: true
        case .misconfiguration: row.outcomeClass != .permanentConfig && row.outcomeClass != .refreshToken
        case .quota, .throttled: row.outcomeClass != .quotaExhausted && row.outcomeClass != .throttled
        }
    }

    /// Whether the failure is the cause of a hold that is open already: the call was under way when it opened.
    private func isUnderHold(of row: OutcomeRow, _ id: RequestID) -> Bool {
        if heldScopes.isEmpty { return false }
        // In an outage calls end in many ways, and a time-out speaks only against its function by itself.
        let isOutage = targets[requests[id.index].target].scopes.contains { scope in
            scopes[scope].hold.map { $0.cause == .outage && $0.isClosedToCalls } ?? false
        }
        if row.outageScope != nil && isOutage { return true }
        let width = row.outageScope ?? row.scope ?? .app
        guard let hold = scopes[scope(width, of: id)].hold, hold.isClosedToCalls else { return false }
        return switch hold.cause {
        case .outage: false
        case .misconfiguration:
            row.outcomeClass == .permanentConfig || (row.code == hold.code && !isReinterpreted(hold))
        case .quota: row.outcomeClass == .quotaExhausted
        case .throttled: row.outcomeClass == .throttled
        }
    }
}
