extension RelayMachine {
    /// Decides what one attempt's end means: an outcome, another attempt, or a hold.
    mutating func takeAnswer(_ id: RequestID, _ result: AttemptResult) {
        guard requests.contains(id), case .inFlight(_, let isProbe) = requests[id.index].phase else {
            counters.lateResults += 1
            return
        }
        leaveFlight(id)
        // In no phase of its own until one of the branches below puts it into one.
        requests[id.index].phase = .ready
        let row = row(for: result, of: id)
        noteUnlisted(result)
        if row.ran != .no { requests[id.index].invocationsPossible += 1 }
        requests[id.index].lastAnswer = result
        let answersBefore = requests[id.index].answersSeen
        observe(row, of: id)
        defer { noteAnswersSeen(id) }

        if isProbe, let scope = heldScopes.first(where: { scopes[$0].hold?.phase == .probing(.request(id)) }) {
            if proves(row, result, cureOf: scope) {
                passProbe(scope)
            } else {
                failProbe(scope)
                if row.outcomeClass == .refreshToken { refreshToken(after: result, of: id) }
                waitUnderHold(id, row)
                return
            }
        }
        if row.outcomeClass != .success, isUnderHold(of: row, id) {
            waitUnderHold(id, row)
            return
        }

        switch row.outcomeClass {
        case .success:
            pipelines[requests[id.index].pipeline].limit.succeeded()
            settle(id, reason: nil)
        case .functionFailed: fail(id, .permanent)
        case .permanentRequest: refuseRequest(id, row)
        case .transient, .unknownOutcome: retryLater(id, row, result, answersBefore: answersBefore)
        case .refreshToken:
            refreshToken(after: result, of: id)
            becomeReadyAtOnce(id)
        case .concurrencyLimited:
            pipelines[requests[id.index].pipeline].limit.refused(now: now.monotonic)
            retryLater(id, row, result, answersBefore: answersBefore)
        case .throttled: throttle(id, row, result)
        case .quotaExhausted:
            openHold(
                scope(row.scope ?? .app, of: id),
                cause: .quota,
                row: row,
                errmsg: result.errmsg,
                rid: result.rid
            )
            waitUnderHold(id, row)
        case .permanentConfig: refuseConfiguration(id, row, result)
        }
    }

    // MARK: What an answer is

    /// The row of the table, with what only the request itself tells (design §4: 44002, 47001, -501000).
    private func row(for result: AttemptResult, of id: RequestID) -> OutcomeRow {
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
            guard row.outcomeClass == .success else { continue }
            scopes[index].successes &+= 1
            scopes[index].lastRefusal = nil
            scopes[index].requestRefusals = nil
            scopes[index].throttledHolds = 0
            if case .ramp(let limit, let ends, _) = scopes[index].hold?.phase {
                scopes[index].hold?.phase = .ramp(limit: limit, stepEnds: ends, hasSucceeded: true)
            }
        }
    }

    private func lastWords(_ id: RequestID) -> String {
        requests[id.index].lastAnswer.map { $0.errmsg.isEmpty ? $0.excerpt : $0.errmsg } ?? ""
    }

    private mutating func noteAnswersSeen(_ id: RequestID) {
        guard requests.contains(id) else { return }
        requests[id.index].answersSeen = scopes[targets[requests[id.index].target].scopes[0]].answers
    }

    /// Whether a probe's answer shows that the hold's cause is gone: any readable answer outside the cause.
    private func proves(_ row: OutcomeRow, _ result: AttemptResult, cureOf scope: Int) -> Bool {
        guard let hold = scopes[scope].hold, row.outageScope == nil else { return false }
        if row.code == hold.code { return false }
        return switch hold.cause {
        case .outage: true
        case .misconfiguration: row.outcomeClass != .permanentConfig && row.outcomeClass != .refreshToken
        case .quota, .throttled: row.outcomeClass != .quotaExhausted && row.outcomeClass != .throttled
        }
    }

    /// Whether the failure is the cause of a hold that is open already: the call was under way when it opened.
    private func isUnderHold(of row: OutcomeRow, _ id: RequestID) -> Bool {
        let width = row.outageScope ?? row.scope ?? .app
        guard let hold = scopes[scope(width, of: id)].hold, hold.isClosedToCalls else { return false }
        return switch hold.cause {
        case .outage: row.outageScope != nil
        case .misconfiguration: row.outcomeClass == .permanentConfig || row.code == hold.code
        case .quota: row.outcomeClass == .quotaExhausted
        case .throttled: row.outcomeClass == .throttled
        }
    }

    // MARK: What follows from it

    /// The attempt is not counted: the hold is what failed. Where no second run may be risked, one that may have run
    /// is the end all the same.
    private mutating func waitUnderHold(_ id: RequestID, _ row: OutcomeRow) {
        if row.ran != .no && maybeRanRule(id) == .fail {
            fail(id, .maybeRan)
        } else if isBudgetSpent(id, by: now.monotonic) {
            fail(id, .budgetExhausted)
        } else {
            becomeReady(id)
            if !requests[id.index].isCopiedOut { copyOut(id) }
        }
    }

    private mutating func retryLater(
        _ id: RequestID,
        _ row: OutcomeRow,
        _ result: AttemptResult,
        answersBefore: UInt64
    ) {
        let retry = policy.pipelines[requests[id.index].pipeline].retry
        if row.ran != .no && retry.maybeRan == .fail {
            fail(id, .maybeRan)
            return
        }
        // One bad record behind an uncounted code is not run for a whole budget while others are answered.
        let provenAlone =
            row.ran != .no && requests[id.index].attempts > 1
            && scopes[scope(.app, of: id)].answers != answersBefore
        if row.counted || provenAlone { requests[id.index].countedAttempts += 1 }
        if result.code == .errcode(-504003) { requests[id.index].functionTimeOuts += 1 }
        let isListed = OutcomeRules.isListed(result.code, overrides: policy.overrides)
        let most = isListed ? retry.maxAttempts : min(retry.maxAttempts, OutcomeRules.unlistedAttempts)
        // -504003 ran into the function's time limit: a third run would as well.
        if requests[id.index].countedAttempts >= most || requests[id.index].functionTimeOuts >= 2 {
            fail(id, .attemptsExhausted)
            return
        }
        requests[id.index].backoffSteps += 1
        let delay = Backoff.delay(
            afterFailures: requests[id.index].backoffSteps,
            policy: retry,
            lowerBound: result.retryAfter,
            random: &random
        )
        waitForRetry(id, delay)
    }

    private mutating func waitForRetry(_ id: RequestID, _ delay: Duration) {
        let due = now.monotonic + delay
        if let deadline = requests[id.index].deadline, now.wall + delay >= deadline {
            fail(id, .deadlineExceeded)
        } else if isBudgetSpent(id, by: due) {
            fail(id, .budgetExhausted)
        } else {
            requests[id.index].phase = .waitingForRetry(due: due)
            retries.insert(id, due: due)
            let age = now.monotonic - requests[id.index].arrived.monotonic
            if !requests[id.index].isCopiedOut && age + delay > .seconds(1) { copyOut(id) }
        }
    }

    /// The budget runs from the first attempt on, without the time under a hold.
    private func isBudgetSpent(_ id: RequestID, by time: MonotonicTime) -> Bool {
        let request = requests[id.index]
        guard let first = request.firstAttempt else { return false }
        let held = targets[request.target].heldTime(at: now.monotonic) - request.heldBeforeFirstAttempt
        return time - first - held >= policy.pipelines[request.pipeline].retry.budget
    }

    private func maybeRanRule(_ id: RequestID) -> MaybeRanRule {
        policy.pipelines[requests[id.index].pipeline].retry.maybeRan
    }

    /// Holds until WeChat's window ends: 45011 is a quota of the minute, -501003 one of the environment.
    private mutating func throttle(_ id: RequestID, _ row: OutcomeRow, _ result: AttemptResult) {
        let index = scope(row.scope ?? .app, of: id)
        let isMinuteQuota = result.code == .errcode(45011)
        if scopes[index].hold == nil || isRamping(index) { scopes[index].throttledHolds += 1 }
        if !isMinuteQuota && scopes[index].throttledHolds >= 3 {
            openHold(index, cause: .quota, row: row, errmsg: result.errmsg, rid: result.rid)
        } else {
            let window: Duration
            if isMinuteQuota {
                let intoMinute = Duration.milliseconds(now.wall.milliseconds % 60_000)
                window = .seconds(60) - intoMinute + .milliseconds(Int64.random(in: 0...2_000, using: &random))
            } else if result.code == .errcode(-501003) {
                window = .seconds(60)
            } else {
                window = result.retryAfter ?? .seconds(10)
            }
            openHold(
                index,
                cause: .throttled,
                row: row,
                errmsg: result.errmsg,
                rid: result.rid,
                firstProbe: now.monotonic + window
            )
        }
        waitUnderHold(id, row)
    }

    /// The request itself is refused. Ten different ones of a function refused alike, with no success between, are
    /// no accident of the requests.
    private mutating func refuseRequest(_ id: RequestID, _ row: OutcomeRow) {
        let index = scope(.function, of: id)
        let request = requests[id.index]
        if row.code == .errcode(-501000) && (request.functionNamedByRecord || request.environmentNamedByRecord) {
            fail(id, .invalidRequest)
            return
        }
        if var refusals = scopes[index].requestRefusals, refusals.code == row.code {
            if refusals.lastRequest != id { refusals.count += 1 }
            refusals.lastRequest = id
            scopes[index].requestRefusals = refusals
            if refusals.count >= 10 {
                openHold(index, cause: .misconfiguration, row: row, errmsg: lastWords(id), rid: lastRid(id))
                waitUnderHold(id, row)
                return
            }
        } else {
            scopes[index].requestRefusals = .init(code: row.code, count: 1, lastRequest: id)
        }
        let isTooLarge = row.code == .status(413) || row.code == .errcode(45002)
        fail(id, isTooLarge ? .requestTooLarge : .permanent)
    }

    private func lastRid(_ id: RequestID) -> String? { requests[id.index].lastAnswer?.rid }

    /// The configuration is refused: hold once two different requests say so, or one says it three times alone.
    private mutating func refuseConfiguration(_ id: RequestID, _ row: OutcomeRow, _ result: AttemptResult) {
        let index = scope(row.scope ?? .app, of: id)
        if requests[id.index].configurationRefusals == 0 {
            requests[id.index].successesAtFirstRefusal = scopes[index].successes
        }
        requests[id.index].configurationRefusals += 1
        let refusal = scopes[index].lastRefusal
        let isSecond =
            refusal.map { $0.request != id && $0.code == row.code && $0.successes == scopes[index].successes } ?? false
        let othersSucceeded = scopes[index].successes != requests[id.index].successesAtFirstRefusal
        scopes[index].lastRefusal = .init(request: id, code: row.code, successes: scopes[index].successes)
        let isThird = requests[id.index].configurationRefusals >= 3
        if isThird && othersSucceeded {
            fail(id, .permanent)
        } else if isSecond || isRamping(index) || (isThird && isAlone(id, in: index)) {
            openHold(index, cause: .misconfiguration, row: row, errmsg: result.errmsg, rid: result.rid)
            waitUnderHold(id, row)
        } else {
            waitForRetry(id, requests[id.index].configurationRefusals == 1 ? .seconds(1) : .seconds(5))
        }
    }

    /// Whether no other request of the scope waits or is in flight.
    private func isAlone(_ id: RequestID, in scope: Int) -> Bool {
        let open = targets.filter { $0.scopes.contains(scope) }.map(\.openCount).reduce(0, +)
        return open <= 1
    }

    /// A deadline has passed: what is not under way is answered at once.
    mutating func passDeadline(_ id: RequestID) {
        switch requests[id.index].phase {
        case .inFlight, .settling: break
        case .ready, .waitingForKey, .waitingForRetry: fail(id, .deadlineExceeded)
        }
    }

    mutating func copyOut(_ id: RequestID) {
        requests[id.index].isCopiedOut = true
        effects.append(.copyOut(id))
    }
}
