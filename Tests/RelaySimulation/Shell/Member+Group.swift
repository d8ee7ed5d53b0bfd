import RelayCore

/// A member's side of the group protocol, as librdkafka plays it under cooperative-sticky.
struct GroupClient {
    var client: Int?
    var generation = -1
    var owned: [Bool]
    var isJoining = false
    /// From JoinGroup sent until SyncGroup answered.
    var isGateClosed = false
    /// The shell owes an answer to a revoke or an assignment; nothing else of the group goes on until then.
    var isAnswerOwed = false
    var added: [Int]?
    var mustRejoin = false
    var lastHeard = MonotonicTime(nanoseconds: 0)
    var isBeating = false

    init(partitionCount: Int) {
        owned = [Bool](repeating: false, count: partitionCount)
    }
}

/// What librdkafka tells the shell.
enum ConsumerEvent {
    case assign([Int])
    case revoke([Int], isLost: Bool)
    case committed(CommitAnswer)
}

/// The question where partitions begin.
struct StartsQuestion {
    let partitions: [Int]
    let consumer: Int
    /// It is asked for the group's assignment; else for a partition that left its log.
    let isAnswer: Bool
    /// Records that nobody says anything of are asked for again until then.
    let anchorsUntil: MonotonicTime
}

struct StartAnswer {
    let partition: Int
    let assignment: Int
    /// The group has given it to this member at that moment; else the answer goes to one that was put out, and what it
    /// reads of the present owner's runs is not the last word.
    let isCurrent: Bool
    let offset: Int64
    let committed: Int64?
    let inheritance: Inheritance
    let isStopped: Bool
}

extension Member {
    // MARK: librdkafka

    func join() {
        guard !isClosed, !group.isJoining, !isLeaving else { return }
        group.isJoining = true
        group.isGateClosed = true
        joins += 1
        let request = JoinRequest(
            client: group.client,
            number: joins,
            owned: group.owned,
            generation: group.generation
        )
        world.plan(.joinArrives(process, request), at: coordinatorTime())
        beginHeartbeats()
    }

    private func beginHeartbeats() {
        guard !group.isBeating else { return }
        group.isBeating = true
        world.plan(.heartbeat(process, consumer: consumer), after: .seconds(3))
    }

    /// SyncGroup was answered.
    func synchronise(_ answer: SyncAnswer) {
        guard answer.join == joins, group.isJoining, group.client ?? answer.client == answer.client else {
            return
        }
        group.isJoining = false
        group.isGateClosed = false
        group.client = answer.client
        group.generation = answer.generation
        group.lastHeard = world.now
        guard !isLeaving else { return }
        let mine = Set(answer.partitions)
        let revoked = group.owned.indices.filter { group.owned[$0] && !mine.contains($0) }
        let added = answer.partitions.filter { !group.owned[$0] }
        group.isAnswerOwed = true
        for partition in added { group.owned[partition] = true }
        if revoked.isEmpty {
            consumerEvents.append(.assign(added))
        } else {
            group.added = added
            group.mustRejoin = true
            consumerEvents.append(.revoke(revoked, isLost: false))
        }
        duePoll()
    }

    func heartbeat(_ consumer: Int) {
        guard consumer == self.consumer, !isClosed else { return }
        world.plan(.heartbeat(process, consumer: consumer), after: .seconds(3))
        guard let client = group.client, !group.isJoining, !isLeaving else { return }
        if world.now - group.lastHeard > world.scenario.timing.session {
            loseAll(forgetsClient: true)
        } else if isolatedUntil <= world.now, world.broker.downUntil <= world.now {
            let answer = world.group.hear(client, at: world.now)
            world.plan(.heartbeatAnswered(process, answer), after: world.random.milliseconds(1...30))
        }
    }

    func takeHeartbeat(_ answer: HeartbeatAnswer) {
        switch answer {
        case .well:
            group.lastHeard = world.now
        case .rebalancing:
            group.lastHeard = world.now
            if group.isAnswerOwed { group.mustRejoin = true } else { join() }
        case .unknown:
            group.isJoining = false
            loseAll(forgetsClient: true)
        }
    }

    /// The assignment is somebody else's. While the shell owes an answer the next heartbeat tells it again.
    private func loseAll(forgetsClient: Bool) {
        guard !group.isAnswerOwed, !isLeaving else { return }
        world.say("member \(process.member) has lost its assignment")
        if forgetsClient { group.client = nil }
        // The answer to a join under way is not waited for.
        group.isJoining = false
        let lost = group.owned.indices.filter { group.owned[$0] }
        guard !lost.isEmpty else {
            join()
            return
        }
        group.isAnswerOwed = true
        consumerEvents.append(.revoke(lost, isLost: true))
        duePoll()
    }

    func hearCommit(_ answer: CommitAnswer) {
        guard answer.consumer == consumer, !isClosed else { return }
        consumerEvents.append(.committed(answer))
        duePoll()
        // librdkafka before 2.10 takes these for the loss of the whole assignment.
        let errors = answer.errors.map(\.error)
        if errors.contains("UNKNOWN_MEMBER_ID") {
            loseAll(forgetsClient: true)
        } else if errors.contains("ILLEGAL_GENERATION") {
            loseAll(forgetsClient: false)
        }
    }

    /// The shell has answered a revoke or an assignment.
    private func answered() {
        group.isAnswerOwed = false
        if let added = group.added {
            group.added = nil
            group.isAnswerOwed = true
            consumerEvents.append(.assign(added))
            duePoll()
        } else if isLeaving {
            beginClose()
        } else if group.mustRejoin {
            group.mustRejoin = false
            join()
        }
    }

    // MARK: The shell's side

    func take(_ event: ConsumerEvent) {
        switch event {
        case .assign(let partitions): beginAssignment(partitions, isAnswer: true)
        case .revoke(let partitions, let isLost): revoke(partitions, isLost: isLost)
        case .committed(let answer): takeCommit(answer)
        }
    }

    private func revoke(_ partitions: [Int], isLost: Bool) {
        let ids = partitions.compactMap { slotOfPartition[$0] }.compactMap { assigned[$0]?.id }
        returning.subtract(partitions)
        if isLost {
            world.statistics.losses += 1
            handle(.lost(ids))
            guard !isClosed else { return }
            unassign(partitions)
            release(partitions)
            group.isAnswerOwed = false
            group.mustRejoin = false
            if isLeaving { beginClose() } else { join() }
        } else {
            world.statistics.revocations += 1
            revoking = partitions
            handle(.revoked(ids))
        }
    }

    func letGo() {
        guard !isReading else {
            isLetGoDue = true
            return
        }
        guard let partitions = revoking else { return }
        revoking = nil
        unassign(partitions)
        release(partitions)
        answered()
    }

    private func release(_ partitions: [Int]) {
        for partition in partitions { group.owned[partition] = false }
    }

    func unassign(_ partitions: [Int]) {
        for partition in partitions {
            guard let slot = slotOfPartition[partition] else { continue }
            slotOfPartition[partition] = nil
            assigned[slot] = nil
        }
    }

    func beginAssignment(_ partitions: [Int], isAnswer: Bool) {
        let question = StartsQuestion(
            partitions: partitions,
            consumer: consumer,
            isAnswer: isAnswer,
            anchorsUntil: world.now + CommitReading.patience
        )
        guard !partitions.isEmpty else {
            takeStarts([], question)
            return
        }
        world.plan(.startsAsked(process, question), at: sendTime())
    }

    func takeStarts(_ answers: [StartAnswer], _ question: StartsQuestion) {
        guard question.consumer == consumer, !isClosed else { return }
        if !question.isAnswer {
            // Taken back meanwhile, it is the next owner's.
            guard returning.isSuperset(of: question.partitions), !isLeaving else { return }
            guard !group.isAnswerOwed else {
                world.plan(.startsAsked(process, question), after: .milliseconds(100))
                return
            }
        }
        if !answers.isEmpty, world.meets(.lookUpFailure) {
            if isLeaving {
                takeStarts([], question)
            } else {
                world.plan(.startsAsked(process, question), after: .milliseconds(500))
            }
            return
        }
        if !question.isAnswer { returning.subtract(question.partitions) }
        var partitions: [AssignedPartition] = []
        for answer in answers where group.owned[answer.partition] && slotOfPartition[answer.partition] == nil {
            partitions.append(take(answer))
        }
        handle(.assigned(partitions))
        guard !isClosed else { return }
        if question.isAnswer { answered() }
        poll()
    }

    private func take(_ answer: StartAnswer) -> AssignedPartition {
        let log = world.broker.logs[answer.partition]
        let index = assigned.firstIndex { $0 == nil } ?? assigned.count
        if index == assigned.count { assigned.append(nil) }
        epoch += 1
        let id = PartitionID(slot: index, epoch: epoch)
        let start = resumption(answer) ?? answer.offset
        assigned[index] = AssignedPartition.Slot(
            id: id,
            partition: answer.partition,
            position: start,
            isStopped: answer.isStopped
        )
        slotOfPartition[answer.partition] = index
        noteRead(answer.partition, start)
        world.say("member \(process.member) begins \(log.topic)/\(log.number) at \(start)")
        witness.noteAssignment(id, answer)
        return AssignedPartition(
            id: id,
            topic: log.topic,
            partition: log.number,
            pipeline: log.pipeline,
            start: Offset(start),
            committed: answer.committed.map { Offset($0) },
            inheritance: answer.inheritance,
            isStopped: answer.isStopped
        )
    }

    /// Where reading goes on of a partition that comes back from limbo.
    private func resumption(_ answer: StartAnswer) -> Int64? {
        let log = world.broker.logs[answer.partition]
        return machine.resumption(
            of: log.topic,
            log.number,
            committed: answer.committed.map { Offset($0) },
            inheritance: answer.inheritance
        )?.value
    }

    /// A fatal error: neither revoke nor lost comes, and another consumer joins in five seconds.
    func loseConsumer() {
        guard hasConsumer else { return }
        world.say("member \(process.member)'s consumer dies")
        let lost = assigned.compactMap { $0?.id }
        assigned = []
        slotOfPartition = [Int?](repeating: nil, count: slotOfPartition.count)
        returning = []
        revoking = nil
        isLetGoDue = false
        consumerEvents = []
        consumer += 1
        group = GroupClient(partitionCount: group.owned.count)
        hasConsumer = false
        handle(.lost(lost))
        guard !isClosed else { return }
        refuse(machine.commitsUnderWay, "_FATAL")
        if isLeaving {
            world.plan(.exit(process), after: .zero)
        } else if mayJoin {
            world.plan(.joinAnew(process, consumer: consumer), after: .seconds(5))
        }
    }

    func joinAnew(_ consumer: Int) {
        guard consumer == self.consumer, !hasConsumer, mayJoin else { return }
        hasConsumer = true
        join()
    }

    private var mayJoin: Bool { !isLeaving && !isDrained }

    // MARK: Leaving

    /// The core is finished. Other shards may not be, at most until the deadline of all: so long it answers what the group
    /// asks.
    func finish() {
        isDrained = true
        guard let others = world.scenario.othersDrain, let deadline = witness.stopDeadline else {
            leave()
            return
        }
        let rest = max(.zero, deadline + .seconds(2) - clock.monotonic)
        world.plan(.othersDrained(process), after: min(others, rest))
    }

    /// Leaves the group; closing has a limit, then the process ends all the same.
    func leave() {
        isLeaving = true
        world.plan(.exit(process), after: hasConsumer ? .seconds(7) : .zero)
        if hasConsumer && !group.isAnswerOwed { beginClose() }
    }

    private func beginClose() {
        let owned = group.owned.indices.filter { group.owned[$0] }
        guard owned.isEmpty else {
            group.isAnswerOwed = true
            consumerEvents.append(.revoke(owned, isLost: false))
            duePoll()
            return
        }
        world.plan(.leaveArrives(process), at: coordinatorTime())
        world.plan(.exit(process), after: .milliseconds(1))
    }
}
