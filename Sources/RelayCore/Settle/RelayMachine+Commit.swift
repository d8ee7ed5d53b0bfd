extension RelayMachine {
    /// Commits once a second what has changed; before that what a call waits for.
    mutating func commitIfDue() {
        let isUrgent = isOwnershipInDoubt && !isCommitAskedInDoubt
        let isRegular = lastCommit.map { now.monotonic.isLater(than: $0, byAtLeast: timing.commitInterval) } ?? true
        if isUrgent || isCommitShort || isRegular {
            commitNow()
        } else if let due = wishDue, due <= now.monotonic {
            beginCommit(.wished)
        }
    }

    /// When the strongest wish for a commit is due, whatever stands against one.
    private var wishDue: MonotonicTime? {
        switch commitWish {
        case .none: nil
        case .soon: lastCommitBegun.map { $0 + Self.soon } ?? now.monotonic
        case .atOnce: now.monotonic
        }
    }

    /// Many records fail alike at one time, or end in a stop: a commit for each would be one a millisecond.
    private static let soon = Duration.milliseconds(100)
    /// A commit that is refused at once would be repeated at once, by revocation, stop and wishes.
    private static let pauseAfterRefusal = Duration.milliseconds(500)
    /// All of a request's metadata becomes one batch of the offsets topic, which takes 1 MiB by default.
    private static let requestLimit = 512 << 10

    /// When a commit that is wished for can begin; nil when that does not depend on time.
    var commitWake: MonotonicTime? {
        guard let wishDue, !isCommitUnderWay, gateClosedSince == nil, !isFinished else { return nil }
        return max(wishDue, lastCommitRefusal.map { $0 + Self.pauseAfterRefusal } ?? wishDue)
    }

    /// Begins a commit of every partition with something new, unless one is under way or the gate is closed.
    mutating func commitNow() {
        guard beginCommit(.changed) else { return }
        guard isCommitUnderWay else {
            // Nothing is assigned, so nothing can be lost.
            isOwnershipInDoubt = false
            return
        }
        lastCommit = now.monotonic
        isCommitAskedInDoubt = isOwnershipInDoubt
    }

    /// Whether a commit would tell the brokers something new.
    func needsCommit(_ state: PartitionState) -> Bool {
        if state.phase == .stopped { return false }
        return state.hasChanged || isSettled(state) && !state.isHandedOver
    }

    /// Whether all calls are over, and none is made before another commit: its owner could die and nothing be suspected.
    private func isSettled(_ state: PartitionState) -> Bool {
        isOver(state) || isPaused(state.pipeline) && state.requestCount == 0 && state.ledger.openCount == 0
    }

    /// Whether nothing is called under this assignment any more.
    private func isOver(_ state: PartitionState) -> Bool {
        (state.phase == .draining || stopDeadline != nil) && state.requestCount == 0
    }

    private enum Selection {
        /// Partitions with something new, all of them when the ownership is in doubt.
        case changed
        /// Those that wish for a commit.
        case wished
    }

    private func isMeant(_ state: PartitionState, _ selection: Selection) -> Bool {
        if state.phase == .stopped { return false }
        if state.commitWish != .none { return true }
        return selection == .changed && (isOwnershipInDoubt || needsCommit(state))
    }

    /// Begins a commit of some partitions.
    ///
    /// - Returns: whether one could begin; it is empty when no partition is meant.
    @discardableResult
    private mutating func beginCommit(_ selection: Selection) -> Bool {
        guard !isCommitUnderWay, gateClosedSince == nil, !isFinished else { return false }
        if let lastCommitRefusal, now.monotonic - lastCommitRefusal < Self.pauseAfterRefusal { return false }
        commitWish = .none
        isCommitShort = false
        var room = Self.requestLimit
        let first = nextCommitSlot < partitions.count ? nextCommitSlot : 0
        for step in partitions.indices {
            let slot = (first + step) % partitions.count
            guard let state = partitions[slot], isMeant(state, selection) else { continue }
            let isSettled = isSettled(state)
            let limit = state.nextLimit(
                policy.pipelines[state.pipeline].window,
                isPaused: isPaused(state.pipeline),
                isSettled: isSettled
            )
            let metadata = state.metadata(limit: limit, isSettled: isSettled).encoded()
            guard metadata.count <= room else {
                // The rest follows as soon as this one is answered.
                nextCommitSlot = slot
                isCommitShort = true
                break
            }
            room -= metadata.count
            commitsUnderWay.append(
                PartitionCommit(
                    id: state.id,
                    topic: state.topic,
                    partition: state.partition,
                    offset: state.ledger.commitPosition,
                    metadata: metadata,
                    admissionLimit: limit,
                    number: state.commitsBegun + 1,
                    changes: state.ledger.changes,
                    isSettled: isSettled
                )
            )
            partitions[slot]?.commitsBegun += 1
            partitions[slot]?.offeredLimit = limit
            partitions[slot]?.offeredPosition = state.ledger.commitPosition
            // From now on the brokers may know the lower one.
            if let known = state.admissionLimit, limit < known { partitions[slot]?.admissionLimit = limit }
            partitions[slot]?.commitWish = .none
        }
        for state in partitions.states { commitWish = max(commitWish, state.commitWish) }
        guard isCommitUnderWay else { return true }
        lastCommitBegun = now.monotonic
        effects.append(.commit)
        return true
    }

    mutating func takeCommitAnswer(_ refused: [PartitionID: String]) {
        for commit in commitsUnderWay {
            guard partitions[commit.id] != nil else { continue }
            if let error = refused[commit.id] {
                takeRefusal(error, of: commit)
            } else {
                let slot = commit.id.slot
                partitions[slot]?.committed = commit.offset
                partitions[slot]?.committedChanges = commit.changes
                partitions[slot]?.admissionLimit = commit.admissionLimit
                partitions[slot]?.lastAcknowledged = commit.number
                partitions[slot]?.isHandedOver = commit.isSettled
                // The answer to a commit from before the gap proves nothing.
                if isCommitAskedInDoubt { isOwnershipInDoubt = false }
                publishHeldBack(slot)
                admitWaiting(slot)
            }
        }
        commitsUnderWay.removeAll(keepingCapacity: true)
    }

    private mutating func takeRefusal(_ error: String, of commit: PartitionCommit) {
        let slot = commit.id.slot
        counters.commitsRefused += 1
        let isTooLarge = Self.sizeErrors.contains(error) && !(partitions[slot]?.isListRefused ?? true)
        if isTooLarge {
            partitions[slot]?.isListRefused = true
        } else {
            lastCommitRefusal = now.monotonic
        }
        let acknowledged = partitions[slot]?.admissionLimit
        partitions[slot]?.offeredLimit = acknowledged
        if let state = partitions[slot] {
            let isUnsecured = state.lastRunNoted.map { $0 >= state.lastAcknowledged } ?? false
            if isTooLarge || state.isHeldBack || state.wantsAdmission(policy.pipelines[state.pipeline].window) {
                wishCommit(.atOnce, slot)
            } else if isUnsecured || stopDeadline != nil && state.isUncommitted {
                wishCommit(.soon, slot)
            }
        }
        // Expected while the group changes; the assignment's own events follow.
        guard !Self.expectedCommitErrors.contains(error) else { return }
        reportRefusal(error, of: commit, isLasting: isTooLarge)
    }

    /// The first refusal is told, then once a minute how many there were; one that changes all later commits always.
    private mutating func reportRefusal(_ error: String, of commit: PartitionCommit, isLasting: Bool) {
        let slot = commit.id.slot
        let count = (partitions[slot]?.refusalsUntold ?? 0) + 1
        partitions[slot]?.refusalsUntold = count
        if !isLasting, let told = partitions[slot]?.refusalTold, now.monotonic - told < .seconds(60) { return }
        partitions[slot]?.refusalsUntold = 0
        partitions[slot]?.refusalTold = now.monotonic
        effects.append(
            .report(.commitRefused(topic: commit.topic, partition: commit.partition, error: error, count: count))
        )
    }

    /// The broker's names for "more metadata than I take": its own limit, or that of its offsets topic.
    private static let sizeErrors: Set<String> = ["OFFSET_METADATA_TOO_LARGE", "INVALID_COMMIT_OFFSET_SIZE"]

    /// The broker's names for "the group is changing" and "you were away too long".
    private static let expectedCommitErrors: Set<String> = [
        "ILLEGAL_GENERATION", "REBALANCE_IN_PROGRESS", "UNKNOWN_MEMBER_ID", "FENCED_INSTANCE_ID", "_FATAL",
    ]

    /// A gap longer than the session (SIGSTOP, a suspended machine): the partitions may be somebody else's, so no
    /// call starts before a commit is answered.
    @inline(__always) mutating func noticeGap() {
        if let lastEvent, now.monotonic.isLater(than: lastEvent, byMoreThan: timing.session) {
            doubtOwnership(since: lastEvent)
        }
        lastEvent = now.monotonic
    }

    private mutating func doubtOwnership(since lastEvent: MonotonicTime) {
        guard !partitions.isEmpty else { return }
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
        // Before another member's leave is known here: some brokers take no commit behind it.
        lastCommit = nil
        stopLimbo()
        dropPaused()
        var begun: [PartitionID: Offset] = [:]
        for state in partitions.states { begun[state.id] = state.ledger.highestDone }
        for id in requests.ids {
            let request = requests[id.index]
            guard hasBegun(id) else { continue }
            begun[request.partition] = max(begun[request.partition] ?? request.offset, request.offset)
        }
        for id in requests.ids {
            let request = requests[id.index]
            guard !hasBegun(id) else { continue }
            if begun[request.partition].map({ request.offset > $0 }) ?? true { drop(id) }
        }
    }

    /// Whether more was done for a request than to wait.
    func hasBegun(_ id: RequestID) -> Bool {
        requests[id.index].attempts > 0 || requests[id.index].phase == .settling
    }

    mutating func finishStop() {
        guard let stopDeadline, !isFinished, requests.count == 0 else { return }
        let isCommitNeeded = partitions.contains { needsCommit($0) }
        if isCommitUnderWay || isCommitNeeded, now.monotonic < stopDeadline + Self.lastCommitTime {
            commitNow()
            return
        }
        isFinished = true
        // One that missed its last commit alone has lost nothing: the next owner suspects more calls than there were.
        let isUncommitted = partitions.contains { $0.isUncommitted }
        effects.append(.finished(isClean: !isStopCut && !isUncommitted))
    }

    /// What the last commit of a revocation or a stop may take behind the deadline.
    static let lastCommitTime = Duration.seconds(2)
}
