extension RelayMachine {
    // MARK: Too many requests

    mutating func throttle(_ id: RequestID, _ row: OutcomeRow, _ result: AttemptResult) {
        let index = scope(row.scope ?? .app, of: id)
        if scopes[index].hold == nil || isRamping(index) {
            let cause = noteThrottled(index, result)
            let window = cause == .throttled ? throttledWindow(result) : quotaWindow(result)
            lowerRates(index, until: now.monotonic + (window ?? .zero))
            openHold(
                index,
                cause: cause,
                row: row,
                errmsg: result.errmsg,
                rid: result.rid,
                firstProbe: window.map { now.monotonic + $0 }
            )
        }
        waitUnderHold(id, row)
        failTooLate(index)
    }

    /// Counts a window that WeChat's answer begins. Three in a row without a success are a quota that is used up, but
    /// never the quota of the minute.
    private mutating func noteThrottled(_ index: Int, _ result: AttemptResult) -> HoldCause {
        guard result.code != .errcode(45011) else { return .throttled }
        scopes[index].throttledHolds += 1
        return scopes[index].throttledHolds >= 3 ? .quota : .throttled
    }

    /// Until WeChat's window ends: 45011 is a quota of the minute, -501003 one of the environment. An answer that names a
    /// time itself is right where that is later.
    private mutating func throttledWindow(_ result: AttemptResult) -> Duration {
        let named = result.retryAfter ?? .zero
        switch result.code {
        case .errcode(45011):
            let intoMinute = Duration.milliseconds(now.wall.milliseconds % 60_000)
            let nextMinute = .seconds(60) - intoMinute + .milliseconds(Int64.random(in: 0...2_000, using: &random))
            return max(nextMinute, named)
        case .errcode(-501003): return max(.seconds(60), named)
        default: return result.retryAfter ?? .seconds(10)
        }
    }

    /// How long a quota's first probe waits for an answer that names a time; nil: the cause's own interval.
    func quotaWindow(_ result: AttemptResult) -> Duration? {
        result.retryAfter.map { max($0, HoldCause.quota.probeIntervals.first) }
    }

    // MARK: Probes

    /// A request's probe failed: the next one waits for the window that the answer began, under the cause it told.
    mutating func failProbe(_ index: Int, _ row: OutcomeRow, _ result: AttemptResult) {
        var window: Duration?
        switch row.outcomeClass {
        case .throttled:
            let cause = noteThrottled(index, result)
            window = cause == .throttled ? throttledWindow(result) : quotaWindow(result)
            lowerRates(index, until: now.monotonic + (window ?? .zero))
            changeCause(index, to: cause, row, errmsg: result.errmsg, rid: result.rid)
        case .quotaExhausted:
            window = quotaWindow(result)
            changeCause(index, to: .quota, row, errmsg: result.errmsg, rid: result.rid)
        default: break
        }
        failProbe(index, notBefore: window.map { now.monotonic + $0 })
    }

    // MARK: A retired address

    /// WeChat's word for an address that is no longer its own (official announcement of 2023).
    static let retiredAddress = OutcomeCode.errcode(48017)

    /// Has the host's name resolved anew. A burst of refusals is one reason to; more often than once a second it would
    /// only cost handshakes.
    mutating func dropConnections(_ app: Int) {
        if let last = apps[app].lastDrop, now.monotonic - last < .seconds(1) { return }
        apps[app].lastDrop = now.monotonic
        effects.append(.dropConnections(app: app))
    }

    // MARK: The request or the configuration

    /// The request itself is refused. Ten different ones of a function refused alike, with no success between, are
    /// no accident of the requests.
    mutating func refuseRequest(_ id: RequestID, _ row: OutcomeRow) {
        let index = scope(.function, of: id)
        let request = requests[id.index]
        if row.code == .errcode(-501000) && (request.functionNamedByRecord || request.environmentNamedByRecord) {
            fail(id, .invalidRequest)
            return
        }
        var refusals = Scope.RequestRefusals(code: row.code, count: 1, lastRequest: id)
        if let before = scopes[index].requestRefusals, before.code == row.code {
            refusals.count = before.lastRequest == id ? before.count : before.count + 1
        }
        scopes[index].requestRefusals = refusals
        if refusals.count >= 10 {
            let rid = requests[id.index].lastAnswer?.rid
            openHold(index, cause: .misconfiguration, row: row, errmsg: lastWords(id), rid: rid)
            waitUnderHold(id, row)
        } else if mustNotRunAgain(id, row) {
            fail(id, .maybeRan)
        } else {
            let isTooLarge = row.code == .status(413) || row.code == .errcode(45002)
            fail(id, isTooLarge ? .requestTooLarge : .permanent)
        }
    }

    /// The configuration is refused: hold once two different requests say so, or one says it three times alone.
    mutating func refuseConfiguration(_ id: RequestID, _ row: OutcomeRow, _ result: AttemptResult) {
        let index = scope(row.scope ?? .app, of: id)
        let successes = scopes[index].successes
        var refusals = ConfigurationRefusals(code: row.code, count: 1, successesAtFirst: successes)
        if let before = requests[id.index].configurationRefusals, before.code == row.code {
            refusals.count = before.count + 1
            refusals.successesAtFirst = before.successesAtFirst
        }
        requests[id.index].configurationRefusals = refusals
        let isSecond =
            scopes[index].lastRefusal.map {
                $0.request != id && $0.code == row.code && $0.successes == successes
            } ?? false
        scopes[index].lastRefusal = .init(request: id, code: row.code, successes: successes)
        // A failure of the cause reopens a hold that is being lifted.
        let isAgain = isRamping(index) && scopes[index].hold?.cause == .misconfiguration
        if refusals.count >= 3 && refusals.successesAtFirst != successes {
            fail(id, .permanent)
        } else if isSecond || isAgain || (refusals.count >= 3 && isAlone(id, in: index)) {
            openHold(index, cause: .misconfiguration, row: row, errmsg: result.errmsg, rid: result.rid)
            waitUnderHold(id, row)
        } else if mustNotRunAgain(id, row) {
            fail(id, .maybeRan)
        } else {
            waitForRetry(id, refusals.count == 1 ? .seconds(1) : .seconds(5))
        }
    }

    /// Whether no other request could tell more: one waits or is in flight, but not behind this one's key.
    private func isAlone(_ id: RequestID, in scope: Int) -> Bool {
        !requests.ids.contains { other in
            guard other != id, targets[requests[other.index].target].scopes.contains(scope) else { return false }
            return switch requests[other.index].phase {
            case .ready, .inFlight, .waitingForCommit, .waitingForRetry: true
            case .waitingForKey, .settling: false
            }
        }
    }
}
