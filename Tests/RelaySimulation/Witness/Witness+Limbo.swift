import RelayCore

/// Lost partitions: kept for a session, neither called nor written, and gone on with only where nobody else began.
extension Witness {
    func lose(_ ids: [PartitionID]) {
        for id in ids {
            guard let assignment = assignment(id) else { continue }
            guard !assignment.isDraining, !assignment.isStopped, !isStopping else {
                forget([id])
                continue
            }
            assignments[id.slot] = nil
            assignment.lose(at: now.monotonic)
            limbo.append(assignment)
        }
    }

    /// What is left of the partitions is dropped.
    func forget(_ ids: [PartitionID]) {
        for id in ids {
            guard let assignment = assignment(id) else { continue }
            if leavesWork(assignment) { noteCut() }
            assignments[id.slot] = nil
        }
    }

    /// Whether something in it was begun, or is done and not committed.
    private func leavesWork(_ assignment: TrackedAssignment) -> Bool {
        assignment.hasDoneUncommitted
            || tracked.contains { $0.map { $0.partition == assignment.id && isBegun($0) } ?? false }
    }

    /// The partition that is lost is assigned again: it goes on, or what was kept of it is dropped.
    func noteReturn(_ assigned: AssignedPartition, _ answer: StartAnswer) {
        if limbo.contains(where: { $0.partition == answer.partition }) { returns.append((assigned, answer)) }
    }

    func seeLimboEnd(_ end: LimboEnd, topic: String, partition: Int32) {
        guard let index = limbo.firstIndex(where: { isAt($0, topic, partition) }) else {
            world.breach(.limbo, "\(topic)/\(partition) ends its limbo, and was in none")
            return
        }
        let assignment = limbo.remove(at: index)
        let back = returns.first { $0.answer.partition == assignment.partition }
        world.say("member \(process.member): limbo of \(topic)/\(partition) ends: \(end)")
        switch end {
        case .resumed:
            guard let back, goesOn(assignment, back.assigned) else {
                world.breach(.limbo, "\(topic)/\(partition) goes on, and its last commit is not there")
                return
            }
            checkNobodyElse(assignment, back.answer)
            world.statistics.resumptions += 1
            for request in tracked where request?.partition == assignment.id { request?.partition = back.assigned.id }
            assignment.resume(back.assigned, back.answer)
            assignments[back.assigned.id.slot] = assignment
        case .changedHands:
            if back.map({ goesOn(assignment, $0.assigned) }) ?? true {
                world.breach(.limbo, "\(topic)/\(partition) is dropped, and could go on")
            }
        case .outOfTime:
            if !isOutOfTime(assignment) { world.breach(.limbo, "\(topic)/\(partition) is dropped before its time") }
        case .stopped:
            if !isStopping { world.breach(.limbo, "\(topic)/\(partition) is dropped without a stop") }
            if leavesWork(assignment) { noteCut() }
        }
    }

    private func isAt(_ assignment: TrackedAssignment, _ topic: String, _ partition: Int32) -> Bool {
        let log = world.broker.logs[assignment.partition]
        return log.topic == topic && log.number == partition
    }

    /// Whether the brokers have what this assignment has committed last, as far as it can know.
    private func goesOn(_ assignment: TrackedAssignment, _ back: AssignedPartition) -> Bool {
        guard let committed = back.committed?.value, case .records(let metadata) = back.inheritance,
            metadata.nonce == assignment.nonce
        else { return false }
        return committed == assignment.committed || committed == assignment.begun
    }

    /// By the model's own books.
    private func checkNobodyElse(_ assignment: TrackedAssignment, _ answer: StartAnswer) {
        guard answer.isCurrent, assignment.isCurrent else { return }
        let log = world.broker.logs[assignment.partition]
        guard !log.hasLostCounts else { return }
        for number in log.records {
            let record = world.broker.records[number]
            if record.executions.contains(where: { $0 > assignment.number }) {
                world.breach(.limbo, "\(world.name(record)) goes on, and another owner has called it")
            }
        }
    }

    private func isOutOfTime(_ assignment: TrackedAssignment) -> Bool {
        assignment.lostAt.map { now.monotonic - $0 >= world.scenario.timing.session } ?? false
    }

    /// After each event.
    func checkLimbo() {
        for (assigned, _) in returns where limbo.contains(where: { isAt($0, assigned.topic, assigned.partition) }) {
            world.breach(.limbo, "\(assigned.topic)/\(assigned.partition) is back, and still in limbo")
        }
        returns = []
        for assignment in limbo where isOutOfTime(assignment) {
            world.breach(.limbo, "\(assignment.id) is kept longer than a session")
        }
    }
}
