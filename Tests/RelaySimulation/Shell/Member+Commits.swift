import RelayCore

extension Member {
    /// The simulated `ConsumerFeed.commit`.
    func commit() {
        let commits = machine.commitsUnderWay
        guard hasConsumer else {
            refuse(commits, "_STATE")
            return
        }
        // The gate may have closed since the last poll: nothing wakes for that.
        noticeGate()
        guard !isGateNoticed else {
            refuse(commits, "REBALANCE_IN_PROGRESS")
            return
        }
        let number = world.broker.commits.count
        world.broker.commits.append(
            CommitRequest(
                process: process,
                client: group.client,
                generation: group.generation,
                parts: commits.compactMap { commit in
                    guard let slot = assigned.indices.contains(commit.id.slot) ? assigned[commit.id.slot] : nil else {
                        return nil
                    }
                    return CommitRequest.Part(
                        id: commit.id,
                        partition: slot.partition,
                        offset: commit.offset.value,
                        metadata: commit.metadata
                    )
                }
            )
        )
        world.plan(.commitArrives(number), at: coordinatorTime())
    }

    func refuse(_ commits: [PartitionCommit], _ error: String) {
        guard !commits.isEmpty else { return }
        handle(.committed(refused: Dictionary(uniqueKeysWithValues: commits.map { ($0.id, error) })))
    }

    func takeCommit(_ answer: CommitAnswer) {
        let commits = machine.commitsUnderWay
        if let error = answer.error {
            refuse(commits, error)
            return
        }
        var refused: [PartitionID: String] = [:]
        for commit in commits { refused[commit.id] = answer.errors.first { $0.id == commit.id }?.error }
        handle(.committed(refused: refused))
    }
}
