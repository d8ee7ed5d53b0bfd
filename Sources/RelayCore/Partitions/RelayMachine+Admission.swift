extension RelayMachine {
    // MARK: What may be called

    /// Whether the brokers know all that they must before the request's next call: that a call may be made for its
    /// record at all, and that the last one may have run.
    func mayStart(_ id: RequestID) -> Bool {
        let slot = requests[id.index].partition.slot
        guard let limit = partitions[slot]?.admissionLimit, requests[id.index].offset <= limit, !isHeldBack(id) else {
            return false
        }
        guard let noted = requests[id.index].runNoted, let acknowledged = partitions[slot]?.lastAcknowledged else {
            return true
        }
        return acknowledged > noted
    }

    /// Keeps a request out of its target's line until a commit is acknowledged.
    mutating func waitForCommit(_ id: RequestID) {
        requests[id.index].phase = .waitingForCommit
        let slot = requests[id.index].partition.slot
        partitions[slot]?.waitingForCommit.append(id)
        if partitions[slot]?.commitAwaitedSince == nil { partitions[slot]?.commitAwaitedSince = now.monotonic }
        forgetEnded(slot)
    }

    /// Requests whose deadline passed while they waited must not pile up.
    private mutating func forgetEnded(_ slot: Int) {
        guard let count = partitions[slot]?.requestCount, let waiting = partitions[slot]?.waitingForCommit,
            waiting.count > 2 * count + 64
        else { return }
        let kept = waiting.filter { isWaitingForCommit($0) }
        partitions[slot]?.waitingForCommit = kept
    }

    func isWaitingForCommit(_ id: RequestID) -> Bool {
        requests.contains(id) && requests[id.index].phase == .waitingForCommit
    }

    /// A commit was acknowledged: those that waited for it go on.
    mutating func admitWaiting(_ slot: Int) {
        partitions[slot]?.commitAwaitedSince = nil
        guard let waiting = partitions[slot]?.waitingForCommit, !waiting.isEmpty else { return }
        partitions[slot]?.waitingForCommit.removeAll(keepingCapacity: true)
        for id in waiting where isWaitingForCommit(id) { becomeReady(id) }
        offerRoom(slot)
    }

    // MARK: What may have run

    /// A request that may have run goes on: the brokers are told before its next call, or a crash after several calls
    /// would count as one.
    ///
    /// An outcome that is known is not noted: the record is not called again, and whoever comes next counts one run for
    /// what it cannot know.
    mutating func noteRun(_ id: RequestID) {
        guard requests[id.index].invocationsPossible > requests[id.index].invocationsNoted else { return }
        let slot = requests[id.index].partition.slot
        guard let begun = partitions[slot]?.commitsBegun else { return }
        let (possible, handle) = (requests[id.index].invocationsPossible, requests[id.index].ledgerHandle)
        requests[id.index].invocationsNoted = possible
        requests[id.index].runNoted = begun
        partitions[slot]?.ledger.notePossibleRuns(possible, handle)
        partitions[slot]?.lastRunNoted = begun
        wishCommit(.soon, slot)
    }

    /// While the group changes no commit can be made: what waits for one waits anew from then on.
    mutating func takeGate(isClosed: Bool) {
        if let since = gateClosedSince, !isClosed { sayGateOpened(closedSince: since) }
        gateClosedSince = isClosed ? gateClosedSince ?? now.monotonic : nil
        for slot in partitions.indices where partitions[slot]?.commitAwaitedSince != nil {
            partitions[slot]?.commitAwaitedSince = now.monotonic
        }
    }

    // MARK: Commits before their time

    mutating func wishCommit(_ wish: CommitWish, _ slot: Int) {
        guard let state = partitions[slot]?.commitWish, state < wish else { return }
        partitions[slot]?.commitWish = wish
        commitWish = max(commitWish, wish)
    }

    /// The position has moved: another commit must raise the limit in time.
    mutating func wishAdmission(_ slot: Int, _ pipeline: Int) {
        let window = policy.pipelines[pipeline].window
        if partitions[slot]?.wantsAdmission(window) ?? false { wishCommit(.atOnce, slot) }
    }
}
