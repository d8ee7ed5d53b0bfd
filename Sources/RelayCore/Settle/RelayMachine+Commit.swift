extension RelayMachine {
    /// Commits once a second what has changed; at once where a call waits for the answer.
    mutating func commitIfDue() {
        let isUrgent = isOwnershipInDoubt && !isCommitAskedInDoubt
        if let lastCommit, now.monotonic - lastCommit < timing.commitInterval, !isUrgent { return }
        commitNow()
    }

    /// Begins a commit of every partition with something new, unless one is under way or the gate is closed.
    mutating func commitNow() {
        guard !isCommitUnderWay, gateClosedSince == nil, !isFinished else { return }
        // A commit that is refused at once would be repeated at once, by revocation and stop.
        if let lastCommitRefusal, now.monotonic - lastCommitRefusal < .milliseconds(500) { return }
        for state in partitions.lazy.compactMap({ $0 }) where state.phase != .stopped {
            guard state.hasUncommitted || isOwnershipInDoubt else { continue }
            commitsUnderWay.append(
                PartitionCommit(
                    id: state.id,
                    topic: state.topic,
                    partition: state.partition,
                    offset: state.ledger.commitPosition
                )
            )
        }
        guard isCommitUnderWay else {
            // Nothing is assigned, so nothing can be lost.
            isOwnershipInDoubt = false
            return
        }
        lastCommit = now.monotonic
        isCommitAskedInDoubt = isOwnershipInDoubt
        effects.append(.commit)
    }

    mutating func takeCommitAnswer(_ refused: [PartitionID: String]) {
        for commit in commitsUnderWay {
            guard partition(commit.id) != nil else { continue }
            if let error = refused[commit.id] {
                counters.commitsRefused += 1
                lastCommitRefusal = now.monotonic
                // Expected while the group changes; the assignment's own events follow.
                if !Self.expectedCommitErrors.contains(error) {
                    effects.append(
                        .report(.commitRefused(topic: commit.topic, partition: commit.partition, error: error))
                    )
                }
            } else {
                partitions[commit.id.slot]?.committed = commit.offset
                // The answer to a commit from before the gap proves nothing.
                if isCommitAskedInDoubt { isOwnershipInDoubt = false }
            }
        }
        commitsUnderWay.removeAll(keepingCapacity: true)
    }

    /// The broker's names for "the group is changing" and "you were away too long".
    private static let expectedCommitErrors: Set<String> = [
        "ILLEGAL_GENERATION", "REBALANCE_IN_PROGRESS", "UNKNOWN_MEMBER_ID", "FENCED_INSTANCE_ID", "_FATAL",
    ]

    /// A gap longer than the session (SIGSTOP, a suspended machine): the partitions may be somebody else's, so no
    /// call starts before a commit is answered.
    mutating func noticeGap() {
        defer { lastEvent = now.monotonic }
        guard let lastEvent, now.monotonic - lastEvent > timing.session else { return }
        guard partitions.contains(where: { $0 != nil }) else { return }
        isOwnershipInDoubt = true
        isCommitAskedInDoubt = false
        effects.append(.report(.lateTick(gap: now.monotonic - lastEvent)))
    }

    // MARK: Stop

    /// Takes no new record and finishes what was begun.
    ///
    /// Records behind the last one that was called in their partition are forgotten at once: whoever comes next
    /// reads them, and none of them has run.
    mutating func stop(_ deadline: MonotonicTime) {
        guard stopDeadline == nil else { return }
        stopDeadline = deadline
        dropPaused()
        var begun: [PartitionID: Offset] = [:]
        for state in partitions.lazy.compactMap({ $0 }) { begun[state.id] = state.ledger.highestDone }
        for id in requests.ids {
            let request = requests[id.index]
            guard request.attempts > 0 || request.phase == .settling else { continue }
            begun[request.partition] = max(begun[request.partition] ?? request.offset, request.offset)
        }
        for id in requests.ids {
            let request = requests[id.index]
            guard request.attempts == 0 && request.phase != .settling else { continue }
            if begun[request.partition].map({ request.offset > $0 }) ?? true { drop(id) }
        }
    }

    mutating func finishStop() {
        guard let stopDeadline, !isFinished, requests.count == 0 else { return }
        let isUncommitted = partitions.contains { $0?.hasUncommitted ?? false }
        if isCommitUnderWay || isUncommitted, now.monotonic < stopDeadline + Self.lastCommitTime {
            commitNow()
            return
        }
        isFinished = true
        effects.append(.finished(isClean: !isStopCut && !isUncommitted))
    }

    /// What the last commit of a revocation or a stop may take behind the deadline.
    static let lastCommitTime = Duration.seconds(2)
}
