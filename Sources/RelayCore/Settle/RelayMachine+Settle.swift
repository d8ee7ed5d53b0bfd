import DequeModule

extension RelayMachine {
    mutating func fail(_ id: RequestID, _ reason: FailureReason) {
        settle(id, reason: reason)
    }

    /// The outcome is known: it is written to its reply topic and, a failure, to the dead-letter topic.
    mutating func settle(_ id: RequestID, reason: FailureReason?) {
        leaveChain(id, promoting: partitions[requests[id.index].partition]?.keepsRequests ?? false)
        requests[id.index].phase = .settling
        requests[id.index].settlement.outcome = Settlement.Outcome(
            reason: reason,
            outcomeClass: outcomeClass(of: id, reason: reason),
            settledAt: now
        )
        let pipeline = requests[id.index].pipeline
        if reason != nil, let topic = policy.pipelines[pipeline].deadLetterTopic {
            publish(publication(id, topic: topic, form: .deadLetter))
        }
        let form: Publication.Form = reason == nil ? .answer : .failure
        if let topic = requests[id.index].replyTopic ?? policy.pipelines[pipeline].replyTopic {
            publish(publication(id, topic: topic, partition: requests[id.index].replyPartition, form: form))
        } else {
            refuseReply(id, error: "no reply topic")
        }
    }

    private mutating func publication(
        _ id: RequestID,
        topic: String,
        partition: Int32? = nil,
        form: Publication.Form,
        replyError: String? = nil
    ) -> Publication {
        let number = requests[id.index].settlement.takeNumber()
        return Publication(
            id: PublicationID(request: id, isDeadLetter: form == .deadLetter, attempt: number),
            topic: topic,
            partition: partition,
            form: form,
            replyError: replyError
        )
    }

    /// Hands a record to the producer; one for a topic that a header named only once the topic is known.
    mutating func publish(_ publication: consuming Publication) {
        let id = publication.id.request
        guard !isHeldBack(id) else {
            setLeg(.heldBack(publication), of: publication.id)
            return
        }
        if isNamedByRecord(publication) {
            switch topics.knowledge(of: publication.topic, at: now.monotonic) {
            case .usable: break
            case .unusable(let error):
                setLeg(.lookingUp(copy publication), of: publication.id)
                redirect(publication, .topic, error: error)
                return
            case .unknown:
                topics.beginLookUp(of: publication.topic, at: now.monotonic)
                effects.append(.lookUpTopic(publication.topic))
                setLeg(.lookingUp(publication), of: publication.id)
                return
            case .underWay:
                setLeg(.lookingUp(publication), of: publication.id)
                return
            }
        }
        requests[id.index].settlement.handOver(publication, at: now.monotonic)
        if isProducerFull {
            unpublished.append(consume publication)
        } else {
            effects.append(.publish(consume publication))
        }
    }

    private func isNamedByRecord(_ publication: Publication) -> Bool {
        let pipeline = requests[publication.id.request.index].pipeline
        return publication.topic != policy.pipelines[pipeline].replyTopic
            && publication.topic != policy.pipelines[pipeline].deadLetterTopic
    }

    mutating func takeTopicLookup(_ topic: String, _ lookup: TopicLookup) {
        topics.learn(lookup, of: topic, at: now.monotonic)
        for id in requests.ids {
            guard case .lookingUp(let publication) = requests[id.index].settlement.reply, publication.topic == topic
            else { continue }
            if lookup == .unanswered {
                retryPublication(publication, error: "the brokers did not say whether the topic exists")
            } else {
                publish(publication)
            }
        }
    }

    mutating func takePublishResult(_ id: PublicationID, _ result: PublishResult) {
        // Whatever became of it: it is no longer in the queue.
        if result != .queueFull { flushUnpublished() }
        guard requests.contains(id.request), let awaited = awaited(id), awaited.id == id else { return }
        switch result {
        case .acknowledged:
            countWritten(awaited.form)
            requests[id.request.index].settlement.noteWritten(isDeadLetter: id.isDeadLetter)
            completeIfWritten(id.request)
        case .queueFull:
            if !isProducerFull { lastFlush = now.monotonic }
            isProducerFull = true
            if let publication = leg(of: id).publication { unpublished.append(publication) }
        case .failedForNow(let error):
            if let publication = leg(of: id).publication { retryPublication(publication, error: error) }
        case .refused(let refusal, let error):
            guard let publication = leg(of: id).publication else { return }
            if refusal == .topic && isNamedByRecord(publication) {
                topics.refuse(publication.topic, error: error, at: now.monotonic)
            }
            redirect(publication, refusal, error: error)
        }
    }

    /// The producer has room again. A few at a time: all at once would be refused again, for each report anew.
    mutating func flushUnpublished() {
        guard isProducerFull else { return }
        lastFlush = now.monotonic
        var room = 16
        while room > 0, let publication = unpublished.popFirst() {
            guard requests.contains(publication.id.request),
                leg(of: publication.id).publication?.id == publication.id
            else { continue }
            if isHeldBack(publication.id.request) {
                setLeg(.heldBack(publication), of: publication.id)
                continue
            }
            effects.append(.publish(publication))
            room -= 1
        }
        isProducerFull = !unpublished.isEmpty
    }

    private mutating func retryPublication(_ publication: Publication, error: String) {
        let id = publication.id.request
        let failures = requests[id.index].settlement.transientFailures
        requests[id.index].settlement.transientFailures = failures + 1
        let policy = RetryPolicy(initial: .milliseconds(100), multiplier: 2, max: .seconds(30))
        let delay = Backoff.ceiling(afterFailures: failures + 1, policy: policy)
        setLeg(.waiting(publication), of: publication.id)
        republications.insert(publication.id, due: now.monotonic + jittered(delay))
    }

    mutating func publishAgain(_ id: PublicationID) {
        guard requests.contains(id.request), case .waiting(let old) = leg(of: id), old.id == id else { return }
        publish(
            publication(
                id.request,
                topic: old.topic,
                partition: old.partition,
                form: old.form,
                replyError: old.replyError
            )
        )
    }

    /// A topic does not take a record for good: the answer goes to the next best place, never back to the function.
    private mutating func redirect(_ publication: Publication, _ refusal: PublishRefusal, error: String) {
        let id = publication.id.request
        let pipeline = policy.pipelines[requests[id.index].pipeline]
        guard publication.form != .deadLetter else {
            refuseDeadLetter(id, error: error)
            return
        }
        let isOwn = publication.topic == pipeline.replyTopic
        let place = publication.partition.map { "\(publication.topic)/\($0)" } ?? publication.topic
        let why = publication.replyError ?? "\(error): \(place)"
        var next: Publication?
        if refusal == .partition && publication.partition != nil {
            next = self.publication(id, topic: publication.topic, form: publication.form, replyError: why)
        } else if refusal == .tooLarge && publication.form == .answer {
            next = self.publication(
                id,
                topic: publication.topic,
                partition: publication.partition,
                form: .tooLarge,
                replyError: why
            )
        } else if let own = pipeline.replyTopic, !isOwn {
            next = self.publication(id, topic: own, form: publication.form, replyError: why)
        }
        guard let next else {
            refuseReply(id, error: why)
            return
        }
        effects.append(.report(.replyRedirected(id, topic: place, error: error, to: next.topic)))
        publish(next)
    }

    /// No reply topic takes the answer: the dead letter alone is the answer, or the partition waits.
    private mutating func refuseReply(_ id: RequestID, error: String) {
        requests[id.index].settlement.reply = .refused(error: error)
        let pipeline = policy.pipelines[requests[id.index].pipeline]
        if requests[id.index].settlement.deadLetter == .unneeded, let topic = pipeline.deadLetterTopic {
            publish(publication(id, topic: topic, form: .deadLetter, replyError: error))
            return
        }
        completeIfWritten(id)
    }

    private mutating func refuseDeadLetter(_ id: RequestID, error: String) {
        requests[id.index].settlement.deadLetter = .refused(error: error)
        completeIfWritten(id)
    }

    /// Completes a request whose outcome is acknowledged wherever it can be.
    private mutating func completeIfWritten(_ id: RequestID) {
        if requests[id.index].settlement.isReplyWrittenAlone {
            complete(id)
            return
        }
        let settlement = requests[id.index].settlement
        switch (settlement.reply, settlement.deadLetter) {
        case (.written, .written), (.written, .unneeded), (.refused, .written):
            complete(id)
        case (.written, .refused(let error)):
            counters.deadLettersDropped += 1
            effects.append(.report(.deadLetterDropped(record: place(of: id), error: error)))
            complete(id)
        case (.refused(let error), .unneeded), (.refused(let error), .refused):
            if !settlement.isStuckReported {
                requests[id.index].settlement.isStuckReported = true
                effects.append(.report(.nowhereToWrite(id, error: error)))
            }
            waitForSomewhereToWrite(id, error: error)
        default: break
        }
    }

    /// Tries the pipeline's own topic again in half a minute: somebody may mend it.
    private mutating func waitForSomewhereToWrite(_ id: RequestID, error: String) {
        let pipeline = policy.pipelines[requests[id.index].pipeline]
        let reason = requests[id.index].settlement.outcome?.reason
        let form: Publication.Form
        let topic: String
        if let own = pipeline.replyTopic {
            (topic, form) = (own, reason == nil ? .answer : .failure)
        } else if let deadLetter = pipeline.deadLetterTopic {
            (topic, form) = (deadLetter, .deadLetter)
        } else {
            return
        }
        // Where the answer was asked for elsewhere, it says why it is here.
        let isElsewhere = form == .deadLetter ? reason == nil : requests[id.index].replyTopic != nil
        let why = isElsewhere ? error : nil
        let next = publication(id, topic: topic, form: form, replyError: why)
        setLeg(.waiting(next), of: next.id)
        republications.insert(next.id, due: now.monotonic + jittered(.seconds(30)))
    }

    private func awaited(_ id: PublicationID) -> (id: PublicationID, form: Publication.Form)? {
        id.isDeadLetter
            ? requests[id.request.index].settlement.deadLetter.awaited
            : requests[id.request.index].settlement.reply.awaited
    }

    private func leg(of id: PublicationID) -> Settlement.Leg {
        id.isDeadLetter
            ? requests[id.request.index].settlement.deadLetter : requests[id.request.index].settlement.reply
    }

    private mutating func setLeg(_ leg: consuming Settlement.Leg, of id: PublicationID) {
        requests[id.request.index].settlement.setLeg(leg, isDeadLetter: id.isDeadLetter)
    }

    private mutating func countWritten(_ form: Publication.Form) {
        switch form {
        case .answer: counters.repliesOK += 1
        case .failure, .tooLarge: counters.repliesFailed += 1
        case .deadLetter: counters.deadLetters += 1
        }
    }

    /// What one publication says: the document in place of an answer that is too large has a reason that the outcome has
    /// not.
    package func facts(of publication: Publication) -> ReplyFacts {
        var facts = facts(of: publication.id.request)
        if publication.form == .tooLarge { facts.reason = .replyTooLarge }
        return facts
    }

    /// What a request's reply, failure and dead letter say.
    package func facts(of id: RequestID) -> ReplyFacts {
        // Field by field: a copy of the whole request costs more than all that is made of it.
        let slot = id.index
        let target = requests[slot].target
        let outcome = requests[slot].settlement.outcome
        let reason = outcome?.reason
        let endedAt = outcome?.settledAt ?? now
        var errcode: Int64?
        if requests[slot].attempts > 0, case .errcode(let code) = requests[slot].lastAnswer?.code { errcode = code }
        return ReplyFacts(
            reason: reason,
            outcomeClass: outcome?.outcomeClass ?? outcomeClass(of: id, reason: reason),
            errcode: errcode,
            errorMessage: requests[slot].lastAnswer?.errmsg.nonEmpty,
            requestId: requests[slot].lastAnswer?.rid,
            excerpt: requests[slot].lastAnswer?.excerpt.nonEmpty,
            attempts: requests[slot].attemptsBefore + requests[slot].attempts,
            invocationsPossible: requests[slot].invocationsPossible + (requests[slot].isDoubtful ? 1 : 0),
            app: policy.apps[targets[target].address.app].name,
            environment: targets[target].address.environment,
            function: targets[target].address.function,
            duration: endedAt.monotonic - requests[slot].arrived.monotonic,
            isLate: requests[slot].deadline.map { now.wall > $0 } ?? false,
            receivedAt: requests[slot].arrived.wall,
            endedAt: endedAt.wall
        )
    }

    private func outcomeClass(of id: RequestID, reason: FailureReason?) -> OutcomeClass {
        guard let reason else { return .success }
        guard requests[id.index].attempts > 0, let answer = requests[id.index].lastAnswer else {
            return reason.classWithoutAnswer
        }
        return row(for: answer, of: id).outcomeClass
    }
}

extension String {
    fileprivate var nonEmpty: String? { isEmpty ? nil : self }
}
