import RelayCore

extension World {
    func perform(_ action: Action) {
        switch action {
        case .append(let partition): append(partition)
        case .start(let member): start(member)
        case .stop(let process): if hasFaults { member(process, inLoop: action)?.stop() }
        case .joinArrives(let process, let request): atBroker(action) { takeJoin(process, request) }
        case .rebalanceExpires(let generation):
            if group.isPreparing && group.generation == generation { completeRebalance() }
        case .synchronised(let process, let answer): member(process, awake: action)?.synchronise(answer)
        case .heartbeat(let process, let consumer): member(process, awake: action)?.heartbeat(consumer)
        case .heartbeatAnswered(let process, let answer):
            member(process, awake: action)?.takeHeartbeat(answer)
        case .sessionEnds(let client): endSession(client)
        case .startsAsked(let process, let question): atBroker(action) { answerStarts(process, question) }
        case .startsAnswered(let process, let question, let answers):
            member(process, inLoop: action)?.takeStarts(answers, question)
        case .joinAnew(let process, let consumer): member(process, inLoop: action)?.joinAnew(consumer)
        case .reassign(let process, let id): member(process, inLoop: action)?.reassign(id)
        case .commitArrives(let number): atBroker(action) { takeCommit(number) }
        case .commitAnswered(let process, let answer): member(process, awake: action)?.hearCommit(answer)
        case .othersDrained(let process): member(process, inLoop: action)?.leave()
        case .leaveArrives(let process): atBroker(action) { takeLeave(process) }
        case .exit(let process):
            if let member = member(process, awake: action) { bury(member, restart: random.seconds(1...20)) }
        case .beat(let process): member(process, inLoop: action)?.beat()
        case .wake(let process): member(process, inLoop: action)?.wake()
        case .poll(let process): member(process, inLoop: action)?.poll()
        case .read(let process): member(process, inLoop: action)?.readAgain()
        case .callArrives(let number): takeCall(number)
        case .callEnds(let number): endCall(number)
        case .tokenArrives(let process, let app): member(process, inLoop: action)?.takeToken(app)
        case .hostProbed(let process, let app): member(process, inLoop: action)?.takeHostProbe(app)
        case .publicationWritten(let number): atBroker(action) { write(number) }
        case .publicationReported(let number):
            member(broker.publications[number].process, inLoop: action)?.takeReport(number)
        case .topicLookedUp(let process, let topic):
            member(process, inLoop: action)?.takeTopicLookup(topic)
        case .strike(let fault): if hasFaults || fault == .stop { strike(fault) }
        case .subside(let weather): subside(weather)
        case .faultsEnd: endFaults()
        }
    }

    /// A process that still lives and is not stopped; what reaches a stopped one waits.
    private func member(_ process: Process, awake action: Action) -> Member? {
        guard let member = members[process.member], member.process == process else { return nil }
        guard member.pausedUntil <= now else {
            plan(action, at: member.pausedUntil)
            return nil
        }
        return member
    }

    /// The same, and its loop turns.
    private func member(_ process: Process, inLoop action: Action) -> Member? {
        guard let member = member(process, awake: action) else { return nil }
        guard member.stalledUntil <= now else {
            plan(action, at: member.stalledUntil)
            return nil
        }
        return member
    }

    private func atBroker(_ action: Action, _ body: () -> Void) {
        guard broker.downUntil <= now else {
            plan(action, at: broker.downUntil + random.milliseconds(1...500))
            return
        }
        body()
    }

    private func start(_ number: Int) {
        guard members[number] == nil else { return }
        lives[number] += 1
        let member = Member(Process(member: number, life: lives[number]), self)
        members[number] = member
        say("member \(number) starts, life \(lives[number])")
        member.handle(.partitionTotals(scenario.partitions))
        member.begin()
        if scenario.isRolling, hasFaults, let other = members.compactMap({ $0 }).first(where: { $0 !== member }) {
            plan(.stop(other.process), after: random.seconds(0...6))
        }
    }

    /// The process is gone, with all it had under way.
    func bury(_ member: Member, restart delay: Duration) {
        member.close()
        members[member.process.member] = nil
        plan(.start(member: member.process.member), after: delay)
    }

    // MARK: Logs

    private func append(_ partition: Int) {
        let offset = broker.logs[partition].end + Int64(random.happens(200) ? random.number(1...3) : 0)
        append(partition, at: offset)
    }

    func append(_ partition: Int, at offset: Int64) {
        let isCalm = scenario.mode == .calm
        let isBad = scenario.intensity(of: .badRecord) > 0 && random.happens(scenario.intensity(of: .badRecord))
        let nature: Record.Nature =
            isBad ? random.pick([.throwing, .timingOut, .refused, .unreadableReply, .hugeReply, .well]) : .well
        let kind: Record.Kind =
            random.happens(40) ? .tombstone : random.happens(40) ? .malformed : .request
        let wall = WallTime(milliseconds: Member.wallStart + now.nanoseconds / 1_000_000)
        let log = broker.logs[partition]
        let record = Record(
            number: broker.records.count,
            partition: partition,
            offset: offset,
            kind: kind,
            nature: nature,
            key: random.happens(750) ? UInt64(random.number(0...scenario.keys - 1)) : nil,
            function: random.number(0...scenario.functions - 1),
            isFunctionNamed: isBad && random.happens(300),
            replyTopic: random.happens(150) ? random.number(0...(isCalm ? 1 : 2)) : nil,
            replyPartition: random.happens(80) ? (isBad ? 99 : 3) : nil,
            deadline: !isCalm && random.happens(120) ? wall + random.seconds(0...60) : nil,
            timestamp: wall,
            byteCount: random.number(10...400),
            isShadowed: offset < max(log.furthestRead, log.committed ?? 0)
        )
        broker.records.append(record)
        broker.logs[partition].records.append(record.number)
        broker.logs[partition].end = offset + (random.happens(150) ? 2 : 1)
        say("\(name(record)) is written: \(record.kind), \(record.nature), key \(record.key.map { "\($0)" } ?? "none")")
        for member in members { member?.noticeAppend(partition) }
    }

    // MARK: The group

    private func takeJoin(_ process: Process, _ request: JoinRequest) {
        let wasEmpty = group.participants.isEmpty
        guard let client = group.join(request, process, at: now) else {
            plan(.heartbeatAnswered(process, .unknown), after: random.milliseconds(1...20))
            return
        }
        say("the broker takes member \(process.member)'s join as \(client)")
        beginRebalance()
        if wasEmpty {
            // The first round of a group waits for others (group.initial.rebalance.delay.ms).
            firstRoundEnds = now + .seconds(3)
            plan(.rebalanceExpires(generation: group.generation), at: firstRoundEnds)
        } else {
            completeIfAllJoined()
        }
    }

    private func beginRebalance() {
        guard group.prepare() else { return }
        statistics.rebalances += 1
        plan(.rebalanceExpires(generation: group.generation), after: .seconds(300))
    }

    private func completeIfAllJoined() {
        guard group.isPreparing, group.haveAllJoined, !group.participants.isEmpty, firstRoundEnds <= now else { return }
        completeRebalance()
    }

    private func completeRebalance() {
        for participant in group.complete(at: now) {
            say("generation \(group.generation): client \(participant.client) gets \(participant.assignment)")
            plan(
                .synchronised(
                    participant.process,
                    SyncAnswer(
                        join: participant.join,
                        client: participant.client,
                        generation: group.generation,
                        partitions: participant.assignment
                    )
                ),
                after: random.milliseconds(1...200)
            )
            plan(.sessionEnds(client: participant.client), after: scenario.timing.session)
        }
    }

    /// Looks whether a member was silent for its session; looks again later if not.
    private func endSession(_ client: Int) {
        guard group.position(of: client) != nil else { return }
        guard now >= broker.downUntil + scenario.timing.session else {
            // A coordinator that comes back counts anew.
            plan(.sessionEnds(client: client), at: broker.downUntil + scenario.timing.session)
            return
        }
        let session = scenario.timing.session
        let limit = MonotonicTime(nanoseconds: now.nanoseconds - session.wholeNanoseconds)
        guard group.isSilent(client, since: limit) else {
            plan(.sessionEnds(client: client), after: .seconds(1))
            return
        }
        say("the broker puts client \(client) out: silent for its session")
        group.remove { $0.client == client }
        beginRebalance()
        completeIfAllJoined()
    }

    private func takeLeave(_ process: Process) {
        guard group.participants.contains(where: { $0.process == process }) else { return }
        group.leave(process)
        beginRebalance()
        completeIfAllJoined()
    }

    /// What a member is told of its committed offsets and the logs' bounds.
    private func answerStarts(_ process: Process, _ question: StartsQuestion) {
        var inheritances: [Int: Inheritance] = [:]
        for partition in question.partitions {
            guard let inheritance = inheritance(broker.logs[partition], mayAskAgain: now < question.anchorsUntil) else {
                plan(.startsAsked(process, question), after: .milliseconds(500))
                return
            }
            inheritances[partition] = inheritance
        }
        let answers = question.partitions.map { partition in
            let log = broker.logs[partition]
            broker.logs[partition].furthestRead = max(log.furthestRead, log.committed ?? 0, log.start)
            let position = StartPosition.decide(
                committed: log.committed.map { Offset($0) },
                low: Offset(log.start),
                high: Offset(log.end),
                startFrom: .earliest,
                atTime: nil,
                onOutOfRange: scenario.policy.onOutOfRange
            )
            assignments += 1
            switch position {
            case .at(let offset):
                return StartAnswer(
                    partition: partition,
                    assignment: assignments,
                    isCurrent: group.hasGiven(partition, to: process),
                    offset: offset.value,
                    committed: log.committed,
                    inheritance: inheritances[partition] ?? .nothing,
                    isStopped: false
                )
            case .outOfRange(_, _, let high):
                return StartAnswer(
                    partition: partition,
                    assignment: assignments,
                    isCurrent: group.hasGiven(partition, to: process),
                    offset: high.value,
                    committed: log.committed,
                    inheritance: .nothing,
                    isStopped: true
                )
            }
        }
        plan(.startsAnswered(process, question, answers), after: random.milliseconds(1...100))
    }

    /// Judges a commit's metadata, and looks its anchor up; nil: nobody says what is there, and it is to be asked again.
    private func inheritance(_ log: ModelLog, mayAskAgain: Bool) -> Inheritance? {
        let end = Offset(log.end)
        var reading = CommitReading.reading(
            log.metadata,
            topic: log.topic,
            partition: log.number,
            committed: log.committed.map { Offset($0) },
            low: Offset(log.start),
            end: end
        )
        if let anchor = reading.anchor {
            let index = log.index(from: anchor.offset.value, in: broker.records)
            let record = index < log.records.count ? broker.records[log.records[index]] : nil
            let isThere = record?.offset == anchor.offset.value && record?.isGone == false
            var finding = AnchorFinding.absent
            if let timestamp = record?.timestamp, isThere { finding = .record(timestamp) }
            if meets(.lookUpFailure) { finding = .unanswered }
            guard let verified = reading.verified(by: finding, end: end, mayAskAgain: mayAskAgain) else { return nil }
            reading = verified
        }
        if case .refused(let refusal, _) = reading {
            say("metadata of \(log.topic)/\(log.number) is not used: \(refusal.message)")
            broker.logs[log.partition].hasLostCounts = true
        }
        if case .usable(let metadata) = reading { noteToldDone(metadata, log) }
        return reading.inheritance
    }

    /// A record that is told to be done comes without its counts.
    private func noteToldDone(_ metadata: CommitMetadata, _ log: ModelLog) {
        guard let end = metadata.highestDone?.offset.value else { return }
        let open = Set(metadata.open.map(\.offset.value))
        for number in log.records[log.index(from: metadata.base.value, in: broker.records)...] {
            let offset = broker.records[number].offset
            if offset > end { return }
            if !open.contains(offset) { broker.records[number].isToldDone = true }
        }
    }
}
