import RelayCore

extension World {
    // MARK: Commits

    func takeCommit(_ number: Int) {
        let request = broker.commits[number]
        guard
            let consumer = members[request.process.member].flatMap({ $0.process == request.process ? $0.consumer : nil }
            )
        else {
            // Sent before the process died: it counts all the same.
            _ = store(request)
            return
        }
        var answer = CommitAnswer(consumer: consumer)
        if meets(.commitRefusal) && random.happens(500) {
            answer.error = "REQUEST_TIMED_OUT"
        } else {
            answer.errors = store(request)
            if meets(.lostCommitAnswer) { answer.error = "_TIMED_OUT" }
        }
        plan(.commitAnswered(request.process, answer), after: random.milliseconds(1...80))
    }

    private func store(_ request: CommitRequest) -> [(id: PartitionID, error: String)] {
        let isEarly = group.isLeaveUnheard(by: request.client) && meets(.refusalAtLeave)
        let early = isEarly ? "ILLEGAL_GENERATION" : nil
        if let refusal = early ?? group.refusal(of: request.client, generation: request.generation) {
            say("the broker refuses a commit of member \(request.process.member): \(refusal)")
            return request.parts.map { ($0.id, refusal) }
        }
        let bytes = request.parts.reduce(0) { $0 + $1.metadata.count }
        var errors: [(id: PartitionID, error: String)] = []
        for part in request.parts {
            if meets(.commitRefusal) {
                errors.append((part.id, random.happens(200) ? "ILLEGAL_GENERATION" : "COORDINATOR_NOT_AVAILABLE"))
                continue
            }
            if let error = broker.store(part, requestBytes: bytes) {
                errors.append((part.id, error))
            } else {
                statistics.commits += 1
                say("the broker stores \(part.offset) for \(broker.logs[part.partition].topic)/\(part.partition)")
                checkStored(part)
            }
        }
        return errors
    }

    /// Everything below a committed offset has an answer in the model's own logs.
    private func checkStored(_ part: CommitRequest.Part) {
        let log = broker.logs[part.partition]
        var index = log.checkedTo
        while index < log.records.count {
            let record = broker.records[log.records[index]]
            guard record.offset < part.offset else { break }
            if record.kind != .tombstone && !record.isGone && !record.isShadowed
                && record.replies + record.deadLetters == 0
            {
                breach(.nothingLost, "\(part.offset) is committed, and \(name(record)) has no answer")
            }
            index += 1
        }
        broker.logs[part.partition].checkedTo = index
    }

    // MARK: Producers

    func write(_ number: Int) {
        let publication = broker.publications[number].publication
        let record = broker.publications[number].record
        var result = broker.judge(publication, of: broker.records[record])
        if result == .acknowledged, meets(.publishFailure) {
            result = .failedForNow(error: "NOT_LEADER_OR_FOLLOWER")
        }
        if result == .acknowledged {
            if publication.form == .deadLetter {
                broker.records[record].deadLetters += 1
            } else {
                broker.records[record].replies += 1
            }
            statistics.written += 1
            if meets(.lostReport) { result = .failedForNow(error: "_TIMED_OUT") }
        }
        broker.publications[number].result = result
        plan(.publicationReported(number), after: random.milliseconds(1...30))
    }

    // MARK: WeChat

    func takeCall(_ number: Int) {
        let call = weChat.calls[number]
        // A process that died or a call that was closed: sometimes the request was out already.
        if call.isCut && random.happens(500) { return }
        weChat.calls[number].hasArrived = true
        let record = broker.records[call.record]
        if let refusal = weChat.refusal(
            of: call,
            record: record,
            now: now,
            scenario,
            faults: hasFaults,
            random: &random
        ) {
            if refusal.mayHaveRun && random.happens(500) { execute(number) }
            answer(number, refusal, after: random.milliseconds(1...60))
            return
        }
        if meets(.badAnswer) {
            let answer = random.pick(ModelAnswer.passing)
            if answer.mayHaveRun && (answer == .thrown || random.happens(500)) { execute(number) }
            self.answer(number, answer, after: random.milliseconds(1...300))
            return
        }
        execute(number)
        weChat.inFlight[call.environment] += 1
        var delay = random.milliseconds(10...250)
        if meets(.slowness) { delay = random.seconds(1...12) }
        // WeChat's own time-out comes first. A record that always outlasts the relay's, alone in its function, is probed
        // without end: a hold's probes are not counted.
        if record.nature == .timingOut { delay = scenario.requestTimeout - .milliseconds(500) }
        let answer: ModelAnswer =
            switch record.nature {
            case .throwing: .thrown
            case .timingOut: .timedOut
            case .unreadableReply: .unreadableReply
            case .well, .refused, .hugeReply: .success
            }
        if meets(.lostAnswer) {
            self.answer(number, random.pick([.requestTimeout, ModelAnswer.away[4], ModelAnswer.away[5]]), after: delay)
        } else {
            self.answer(number, answer, after: delay)
        }
    }

    private func execute(_ number: Int) {
        weChat.calls[number].executed = true
        broker.records[weChat.calls[number].record].executions.append(weChat.calls[number].assignment)
        statistics.executions += 1
    }

    /// The member's own time-out ends a call that takes longer.
    private func answer(_ number: Int, _ answer: ModelAnswer, after delay: Duration) {
        var answer = answer
        var end = now + delay
        let timeout = weChat.calls[number].started + scenario.connectTimeout + scenario.requestTimeout
        if answer == .requestTimeout || end > timeout {
            answer = .requestTimeout
            end = timeout
        }
        weChat.calls[number].answer = answer
        plan(.callEnds(number), at: end)
    }

    func endCall(_ number: Int) {
        let call = weChat.calls[number]
        if call.executed && weChat.inFlight[call.environment] > 0 { weChat.inFlight[call.environment] -= 1 }
        guard !call.isCut, let member = members[call.process.member], member.process == call.process else { return }
        let busyUntil = max(member.pausedUntil, member.stalledUntil)
        guard busyUntil <= now else {
            weChat.inFlight[call.environment] += call.executed ? 1 : 0
            plan(.callEnds(number), at: busyUntil)
            return
        }
        member.takeAnswer(number)
    }
}
