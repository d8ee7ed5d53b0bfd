extension RelayMachine {
    /// The attempt is not counted: the hold is what failed.
    mutating func waitUnderHold(_ id: RequestID, _ row: OutcomeRow) {
        guard mayGoOn(id, row) else { return }
        becomeReady(id)
        if !requests[id.index].isCopiedOut { copyOut(id) }
    }

    /// The attempt is not counted: its token, or the address it went to, is what failed.
    mutating func goOnAtOnce(_ id: RequestID, _ row: OutcomeRow) {
        guard mayGoOn(id, row) else { return }
        becomeReadyAtOnce(id)
        let age = now.monotonic - requests[id.index].arrived.monotonic
        if !requests[id.index].isCopiedOut && age > .seconds(1) { copyOut(id) }
    }

    /// Fails a request that an uncounted attempt must not bring back into line: where no second run may be risked, one
    /// that may have run is the end all the same.
    private mutating func mayGoOn(_ id: RequestID, _ row: OutcomeRow) -> Bool {
        if mustNotRunAgain(id, row) {
            fail(id, .maybeRan)
        } else if isTooLate(id) {
            // It passed while the call was under way, or passes in the window that the answer began.
            fail(id, .deadlineExceeded)
        } else if isBudgetSpent(id, by: now.monotonic) {
            fail(id, .budgetExhausted)
        } else {
            return true
        }
        return false
    }

    /// After a failed attempt that tells something about the request, or nothing at all.
    mutating func retryLater(_ id: RequestID, _ row: OutcomeRow, _ result: AttemptResult, isProbe: Bool) {
        let retry = policy.pipelines[requests[id.index].pipeline].retry
        if mustNotRunAgain(id, row) {
            fail(id, .maybeRan)
            return
        }
        // One bad record behind an uncounted code is not run for a whole budget while others are answered.
        let width = row.outageScope ?? .app
        let isProvenAlone =
            row.ran != .no && requests[id.index].attempts > 1
            && requests[id.index].answersSeen[width] != answers(of: id)[width]
        if !isProbe && (row.counted || isProvenAlone) { requests[id.index].countedAttempts += 1 }
        if result.code == .errcode(-504003) { requests[id.index].functionTimeOuts += 1 }
        let isListed = OutcomeRules.isListed(result.code, overrides: policy.overrides)
        let most = isListed ? retry.maxAttempts : min(retry.maxAttempts, OutcomeRules.unlistedAttempts)
        // -504003 ran into the function's time limit: a third run would as well.
        if requests[id.index].countedAttempts >= most || requests[id.index].functionTimeOuts >= 2 {
            fail(id, .attemptsExhausted)
            return
        }
        if !isProbe { requests[id.index].backoffSteps += 1 }
        let delay = Backoff.delay(
            afterFailures: requests[id.index].backoffSteps,
            policy: retry,
            lowerBound: result.retryAfter,
            random: &random
        )
        waitForRetry(id, delay)
    }

    mutating func waitForRetry(_ id: RequestID, _ delay: Duration) {
        let due = now.monotonic + delay
        if isTooLate(id, after: delay) {
            fail(id, .deadlineExceeded)
        } else if isBudgetSpent(id, by: due) {
            fail(id, .budgetExhausted)
        } else {
            noteRun(id)
            requests[id.index].phase = .waitingForRetry(due: due)
            retries.insert(id, due: due)
            let age = now.monotonic - requests[id.index].arrived.monotonic
            if !requests[id.index].isCopiedOut && age + delay > .seconds(1) { copyOut(id) }
        }
    }

    /// The budget runs from the first attempt on, without the time under a hold or a pause.
    private func isBudgetSpent(_ id: RequestID, by time: MonotonicTime) -> Bool {
        guard let first = requests[id.index].firstAttempt else { return false }
        let held = targets[requests[id.index].target].held.total(at: now.monotonic)
        let heldSince = held - requests[id.index].heldBeforeFirstAttempt
        return time - first - heldSince >= policy.pipelines[requests[id.index].pipeline].retry.budget
    }

    /// `maybe-ran: fail`, and the function may have run in the attempt, or in one before when the rule was another.
    func mustNotRunAgain(_ id: RequestID, _ row: OutcomeRow) -> Bool {
        (row.ran != .no || requests[id.index].invocationsPossible > 0)
            && policy.pipelines[requests[id.index].pipeline].retry.maybeRan == .fail
    }

    /// Whether no other attempt can start before the deadline: not before the delay, nor before the throttled windows of
    /// its scopes end.
    func isTooLate(_ id: RequestID, after delay: Duration = .zero) -> Bool {
        guard let deadline = requests[id.index].deadline else { return false }
        var start = delay
        for scope in targets[requests[id.index].target].scopes {
            guard let hold = scopes[scope].hold, hold.cause == .throttled, case .open(let end) = hold.phase else {
                continue
            }
            start = max(start, end - now.monotonic)
        }
        return now.wall + start >= deadline
    }

    /// A throttled window has begun: what waits in its scope and cannot be called before its deadline is answered at once.
    mutating func failTooLate(_ scope: Int) {
        guard scopes[scope].hold?.cause == .throttled else { return }
        for id in requests.ids where targets[requests[id.index].target].scopes.contains(scope) && isTooLate(id) {
            if !requests[id.index].isInFlight { passDeadline(id) }
        }
    }

    /// A deadline has passed: what is not under way is answered at once.
    mutating func passDeadline(_ id: RequestID) {
        switch requests[id.index].phase {
        case .inFlight: requests[id.index].isDeadlineDue = true
        case .settling: break
        case .ready, .waitingForKey, .waitingForCommit, .waitingForRetry: fail(id, .deadlineExceeded)
        }
    }

    /// A deadline that fell due while the call was under way and lies ahead again, since the wall clock was put back, is
    /// still one.
    mutating func keepDeadline(_ id: RequestID) {
        guard requests[id.index].isDeadlineDue, requests[id.index].phase != .settling,
            let deadline = requests[id.index].deadline
        else { return }
        requests[id.index].isDeadlineDue = false
        deadlines.insert(id, due: deadline)
    }

    mutating func copyOut(_ id: RequestID) {
        requests[id.index].isCopiedOut = true
        effects.append(.copyOut(id))
    }
}
