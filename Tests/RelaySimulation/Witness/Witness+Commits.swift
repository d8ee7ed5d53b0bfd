import RelayCore

extension Witness {
    func seeCommit(_ parts: [PartitionCommit]) {
        if !commits.isEmpty { world.breach(.commitAnswered, "a commit while another is under way") }
        if gateClosedSince != nil { world.breach(.commitAnswered, "a commit behind a closed gate") }
        if isFinished { world.breach(.stop, "a commit after the stop's end") }
        if parts.isEmpty { world.breach(.protocolKept, "a commit of nothing") }
        for part in parts {
            guard let assignment = assignment(part.id) else {
                world.breach(.commit, "\(part.topic)/\(part.partition) is committed, and is not assigned")
                continue
            }
            if assignment.isStopped {
                world.breach(.commit, "\(part.topic)/\(part.partition) is committed, and is not relayed")
            }
            if part.offset.value > assignment.commitPosition {
                world.breach(
                    .commit,
                    """
                    \(part.topic)/\(part.partition): \(part.offset) is committed, and \(assignment.commitPosition) \
                    is open
                    """
                )
            }
            guard case .success(let metadata) = CommitMetadata.decode(part.metadata), metadata.base == part.offset
            else {
                world.breach(.commit, "\(part.topic)/\(part.partition): the metadata is not this commit's")
                continue
            }
            assignment.nonce = metadata.nonce
            assignment.begun = part.offset.value
            assignment.noteCommit()
            if assignment.isListRefused && !(metadata.open.isEmpty && metadata.highestDone == nil) {
                world.breach(.commit, "\(part.topic)/\(part.partition): a list again, which the brokers refused")
            }
            if part.offset.value < assignment.start {
                world.breach(.commit, "\(part.topic)/\(part.partition): \(part.offset) is behind the start")
            }
        }
        commits = parts
        isCommitAskedInDoubt = assignments.contains { $0?.isDoubtful ?? false }
    }

    func takeCommitAnswer(_ refused: [PartitionID: String]) {
        for part in commits {
            guard let assignment = assignment(part.id), assignment.lostAt == nil else { continue }
            if let error = refused[part.id] {
                let isTooLarge = ["OFFSET_METADATA_TOO_LARGE", "INVALID_COMMIT_OFFSET_SIZE"].contains(error)
                assignment.isListRefused = assignment.isListRefused || isTooLarge
                continue
            }
            assignment.committed = part.offset.value
            assignment.noteCommitted()
            assignment.isHeldBack = false
            if case .success(let metadata) = CommitMetadata.decode(part.metadata) {
                assignment.admissionLimit = metadata.admissionLimit.value
            }
            if isCommitAskedInDoubt {
                for assignment in assignments { assignment?.isDoubtful = false }
            }
        }
        commits = []
    }

    func seeLetGo(_ ids: [PartitionID]) {
        let isLate = drainDeadline.map { now.monotonic >= $0 + .seconds(2) } ?? false
        for id in ids {
            guard let assignment = assignment(id) else { continue }
            if !assignment.isDraining { world.breach(.letGo, "\(id) is let go, and nobody asked") }
            if assignment.requestCount > 0 {
                world.breach(.letGo, "\(id) is let go with \(assignment.requestCount) requests")
            }
            let isCommitted = assignment.isStopped || assignment.committed == assignment.commitPosition
            if !isCommitted && !isLate && !isFinished {
                world.breach(.letGo, "\(id) is let go before \(assignment.commitPosition) is committed")
            }
            if assignment.hasDoneUncommitted { noteCut() }
            assignments[id.slot] = nil
        }
    }
}
