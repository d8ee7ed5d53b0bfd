/// A policy that changes while the machine runs: what is open keeps its state and goes on under the new one.
///
/// Most of the policy is asked for where it is needed, so a change holds from the next question on: windows, budgets,
/// attempts, overrides, the injected member. What was read of a record when it arrived (its target, its deadline, its reply
/// topic) stays. Here is what was made of the old policy earlier and has to follow the new one.
extension RelayMachine {
    /// Decides by another policy from now on. Apps and pipelines must be the same ones in the same places: only what
    /// belongs to no open state may differ, and whoever builds the policy sees to that.
    mutating func change(to new: Policy) {
        let old = policy
        precondition(
            new.apps.map(\.name) == old.apps.map(\.name)
                && new.pipelines.map(\.identity) == old.pipelines.map(\.identity),
            "another plan: \(new.pipelines.map(\.identity)) instead of \(old.pipelines.map(\.identity))"
        )
        policy = new
        for index in pipelines.indices { pipelines[index].limit.change(to: new.pipelines[index].inFlight) }
        for target in targets.indices { targets[target].held.set(isHeld(targets[target]), at: now.monotonic) }
        for id in requests.ids {
            let pipeline = requests[id.index].pipeline
            let (before, after) = (old.pipelines[pipeline].retry, new.pipelines[pipeline].retry)
            if before != after { follow(after, id) }
        }
        deriveLimits()
        probeReinterpreted()
        offerRoomAnew()
        // A pause may have brought the limit down to the position: the first record to come must not wait for a commit.
        for state in partitions.states where state.phase == .active && !isPaused(state.pipeline) {
            wishAdmission(state.id.slot, state.pipeline)
        }
        if stopDeadline != nil { dropPaused() }
    }

    /// Whether the pipeline reads and calls nothing.
    func isPaused(_ pipeline: Int) -> Bool { policy.pipelines[pipeline].isPaused }

    /// Whether a target's requests cannot be called, for a hold or a pause: that time is not theirs.
    func isHeld(_ target: Target) -> Bool {
        isPaused(target.address.pipeline)
            || target.scopes.contains { scopes[$0].hold?.isClosedToCalls ?? false }
    }

    /// What other retries mean for a request that waits. One that is under way is judged by its answer.
    private mutating func follow(_ retry: RetryPolicy, _ id: RequestID) {
        let request = requests[id.index]
        guard !request.isInFlight && request.phase != .settling else { return }
        if retry.maybeRan == .fail && request.invocationsPossible > 0 {
            if request.lastAnswer == nil {
                requests[id.index].lastAnswer = AttemptResult(code: .errcode(0), errmsg: Self.ranBefore)
            }
            fail(id, .maybeRan)
            return
        }
        // A wait of an hour that the old backoff began must not outlive it; a short one ends by itself.
        guard case .waitingForRetry(let due) = request.phase, due - now.monotonic > Self.shortWait else { return }
        let retryAfter = request.lastAnswer?.retryAfter
        let longest = max(Backoff.ceiling(afterFailures: request.backoffSteps, policy: retry), retryAfter ?? .zero)
        guard due > now.monotonic + longest else { return }
        let delay = Backoff.delay(
            afterFailures: request.backoffSteps,
            policy: retry,
            lowerBound: retryAfter,
            random: &random
        )
        requests[id.index].phase = .waitingForRetry(due: now.monotonic + delay)
        retries.insert(id, due: now.monotonic + delay)
    }

    /// As long as the longest wait that the backoff does not decide (between refusals of the configuration).
    private static let shortWait = Duration.seconds(5)

    /// Nothing is called in a paused pipeline, so a stop does not wait for what would have to be called.
    mutating func dropPaused() {
        for id in requests.ids where isPaused(requests[id.index].pipeline) {
            guard !requests[id.index].isInFlight && requests[id.index].phase != .settling else { continue }
            if requests[id.index].attempts > 0 { isStopCut = true }
            drop(id)
        }
    }
}

extension PipelinePolicy {
    /// What open state refers to: it cannot change under a running machine.
    fileprivate var identity: [String] { [name, "\(app)", ordering.rawValue] + request.topics }
}
