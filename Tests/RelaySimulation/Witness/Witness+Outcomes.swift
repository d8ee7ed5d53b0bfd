import RelayCore

extension Witness {
    /// An outcome leaves for a topic: it must be what WeChat's log admits, and stay what it is.
    func notePublication(_ publication: Publication, _ facts: ReplyFacts) {
        guard let request = tracked(publication.id.request), request.isAdmitted else {
            world.breach(.protocolKept, "\(publication.id) is published, and is not open")
            return
        }
        if request.isInFlight { world.breach(.finality, "\(name(request)) is answered with its call under way") }
        if assignment(request.partition)?.isHeldBack ?? false {
            world.breach(.limbo, "\(name(request)) is written, and its partition is lost")
        }
        if !request.isSettled {
            request.isSettled = true
            request.reason = facts.reason
            checkOutcome(request, facts)
        } else if request.reason != facts.reason {
            world.breach(.finality, "\(name(request)) was \(words(request.reason)), now \(words(facts.reason))")
        }
        let before = assignment(request.partition).map { runsBefore(request, $0) } ?? 0
        if facts.invocationsPossible < max(request.runs, request.executions + before) {
            world.breach(
                .runs,
                """
                \(name(request)) says \(facts.invocationsPossible) possible invocations; it ran \(before) times under others, \
                \(request.executions) times here, and may have \(request.runs) times here
                """
            )
        }
        if facts.attempts < request.calls {
            world.breach(
                .runs,
                "\(name(request)) says \(facts.attempts) attempts, it was called \(request.calls) times"
            )
        }
        checkPlace(publication, of: request)
        let leg = Tracked.Leg(pending: publication)
        if publication.id.isDeadLetter { request.deadLetter = leg } else { request.reply = leg }
    }

    private func words(_ reason: FailureReason?) -> String { reason?.rawValue ?? "a success" }

    private func checkOutcome(_ request: Tracked, _ facts: ReplyFacts) {
        let answer = request.lastAnswer
        let retry = policy(request.pipeline).retry
        let longestDelay = max(retry.max, .seconds(5))
        let record = world.broker.records[request.record]
        func refuse(_ why: String) {
            world.breach(.outcome, "\(name(request)) ends as \(words(facts.reason)): \(why)")
        }
        if request.hasSucceeded && facts.reason != nil { refuse("WeChat answered 0") }
        switch facts.reason {
        case nil:
            if answer?.meaning != .success {
                refuse("WeChat's last answer is \(answer.map { "\($0.code)" } ?? "none")")
            }
        case .permanent:
            switch answer?.meaning {
            case .functionFailed, .badRequest: break
            case .misconfiguration: if request.refusals?.count ?? 0 < 3 { refuse("refused for the first time") }
            default: refuse("WeChat's last answer is \(answer.map { "\($0.code)" } ?? "none")")
            }
        case .attemptsExhausted:
            let least = answer == .unlisted ? min(3, retry.maxAttempts) : answer == .timedOut ? 2 : retry.maxAttempts
            if request.unclear < min(least, retry.maxAttempts) { refuse("after \(request.unclear) unclear answers") }
        case .budgetExhausted:
            let spent = request.firstCall.map { now.monotonic - $0 } ?? .zero
            if spent + longestDelay < retry.budget { refuse("after \(spent)") }
        case .deadlineExceeded:
            guard let deadline = request.deadline else {
                refuse("it has none")
                return
            }
            let window = apps[policy(request.pipeline).app].throttledUntil - (request.arrived + facts.duration)
            if facts.endedAt + max(longestDelay, window) < deadline { refuse("\(deadline - facts.endedAt) before it") }
        case .maybeRan:
            // Without a call: somebody else may have called it.
            if retry.maybeRan != .fail || request.calls > 0 && request.runs == 0 { refuse("it cannot have run") }
        case .invalidRequest:
            if record.kind != .malformed && !record.isFunctionNamed { refuse("it is well formed") }
        case .notAllowed, .requestTooLarge, .replyTooLarge, .cancelled:
            refuse("nothing in this world brings that about")
        }
        if request.hasFailed && facts.reason != .permanent { refuse("the function failed") }
        if record.kind == .malformed && facts.reason != .invalidRequest { refuse("it is malformed") }
    }

    private func checkPlace(_ publication: Publication, of request: Tracked) {
        let policy = policy(request.pipeline)
        let record = world.broker.records[request.record]
        let asked = asked(request)
        func refuse(_ why: String) { world.breach(.place, "\(name(request)) goes to \(publication.topic): \(why)") }
        if publication.form == .deadLetter {
            if isHopeless(request) { request.wasHopeless = true }
            if publication.topic != policy.deadLetterTopic { refuse("that is no dead-letter topic") }
            if request.reason == nil {
                if publication.replyError == nil { refuse("it succeeded, and no word why") }
                if isHopeless(request) { request.reply.isRefused = true } else { refuse("its reply is not refused") }
            }
            return
        }
        let isFailure = request.reason != nil
        if isFailure != (publication.form == .failure) { refuse("as \(publication.form)") }
        if publication.topic == asked, asked != policy.replyTopic {
            if !found.contains(publication.topic) { refuse("nobody has looked whether it exists") }
        } else if publication.topic != policy.replyTopic {
            refuse("nobody asked for that")
        } else if asked != nil && publication.replyError == nil {
            refuse("\(asked ?? "") was asked for, and no word why")
        }
        if publication.partition != nil && publication.partition != record.replyPartition { refuse("partition") }
    }

    func takeReport(_ id: PublicationID, _ result: PublishResult) {
        // What comes behind a deadline was cut before: it is the next owner's.
        guard let request = tracked(id.request), !isLate(request) else { return }
        let leg = id.isDeadLetter ? request.deadLetter : request.reply
        guard let publication = leg.pending, publication.id == id else { return }
        switch result {
        case .acknowledged:
            if id.isDeadLetter { request.deadLetter.isWritten = true } else { request.reply.isWritten = true }
        case .refused(let refusal, let error):
            if refusal == .topic && publication.topic == asked(request) {
                looked[publication.topic] = .unusable(error)
            }
            if id.isDeadLetter {
                request.deadLetter.isRefused = true
            } else if isRedirected(publication, refusal, of: request) {
                // The other place may turn out to be none before anything is handed over.
                request.reply.pending = nil
            } else {
                request.reply.isRefused = true
            }
        case .failedForNow:
            let waiting = Tracked.Leg(isWaiting: true)
            if id.isDeadLetter { request.deadLetter = waiting } else { request.reply = waiting }
            return
        case .queueFull: return
        }
        finishIfWritten(request)
    }

    private func isLate(_ request: Tracked) -> Bool {
        if let stopDeadline, now.monotonic >= stopDeadline { return true }
        guard let drainDeadline, now.monotonic >= drainDeadline else { return false }
        return assignment(request.partition)?.isDraining ?? false
    }

    /// What brokers say of a topic may be the last word on some answers.
    func takeLookup(_ topic: String, _ lookup: TopicLookup) {
        looked[topic] = lookup
        if case .exists = lookup { found.insert(topic) }
        for request in tracked {
            if let request, request.isSettled, asked(request) == topic { finishIfWritten(request) }
        }
    }

    private func asked(_ request: Tracked) -> String? {
        world.broker.records[request.record].replyTopic.map { world.broker.topics[$0].name }
    }

    /// Whether a refused reply has another place to go to.
    private func isRedirected(_ publication: Publication, _ refusal: PublishRefusal, of request: Tracked) -> Bool {
        if refusal == .partition && publication.partition != nil { return true }
        if refusal == .tooLarge && publication.form == .answer { return true }
        guard let own = policy(request.pipeline).replyTopic else { return false }
        return publication.topic != own
    }

    private func finishIfWritten(_ request: Tracked) {
        // Where another request's look-up found no topic, this one's reply may still wait for its own next try.
        let isRefused = request.reply.isRefused || asked(request) == nil
        finishIfWritten(request, hopeless: isRefused && isHopeless(request) && !request.reply.isWaiting)
    }

    /// The machine is done with it. A reply that waited for its next try may have found its topic gone, and one that was
    /// given up stays so, though its topic may be back before the dead letter is acknowledged.
    func finishAtRelease(_ request: Tracked) {
        finishIfWritten(request, hopeless: isHopeless(request) || request.wasHopeless)
    }

    private func finishIfWritten(_ request: Tracked, hopeless: Bool) {
        let policy = policy(request.pipeline)
        let needsDeadLetter = request.reason != nil && policy.deadLetterTopic != nil
        let hasDeadLetter = request.deadLetter.isWritten
        let isDone =
            request.reply.isWritten
            ? !needsDeadLetter || hasDeadLetter || request.deadLetter.isRefused
            : hasDeadLetter && hopeless
        guard isDone, !request.isDone else { return }
        request.isDone = true
        assignment(request.partition)?.finish(request.offset)
        assignment(request.partition)?.noteDone()
    }

    /// No reply topic takes the answer.
    private func isHopeless(_ request: Tracked) -> Bool {
        if request.reply.isRefused { return true }
        guard policy(request.pipeline).replyTopic == nil, request.reply.pending == nil else { return false }
        guard let asked = asked(request) else { return true }
        if case .some(.some(.unusable)) = looked[asked] { return true }
        return false
    }
}
