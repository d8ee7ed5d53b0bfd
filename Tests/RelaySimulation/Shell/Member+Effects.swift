import RelayCore

extension Member {
    /// Does what the core wants: the simulated `Shard+Execute`.
    func execute(_ effect: Effect) {
        switch effect {
        case .call(let id): call(id)
        case .cancel(let id): cancel(id)
        case .copyOut: break
        case .release(let id): if id.index < open.count, open[id.index]?.id == id { open[id.index] = nil }
        case .readOn(let id): readOn(id)
        case .publish(let publication): publish(publication)
        case .lookUpTopic(let topic): lookUp(topic)
        case .commit: commit()
        case .takeUpAgain(let id): world.plan(.reassign(process, id), after: .zero)
        case .letGo: letGo()
        case .refreshToken(let app, let refused): refreshToken(app, refused)
        case .probeToken(let app): fetchToken(app)
        case .probeHost(let app): world.plan(.hostProbed(process, app: app), after: world.random.milliseconds(5...500))
        case .dropConnections, .report: break
        case .finished: finish()
        }
    }

    func request(_ id: RequestID) -> OpenCall? {
        guard id.index < open.count, let request = open[id.index], request.id == id else { return nil }
        return request
    }

    // MARK: Calls

    private func call(_ id: RequestID) {
        guard let request = request(id) else {
            world.breach(.protocolKept, "a call of \(id), which is not open")
            return
        }
        let app = machine.app(of: id)
        guard let token = tokens[app].current else {
            world.breach(.token, "a call of \(machine.place(of: id)) without a token")
            return
        }
        let record = world.broker.records[request.record]
        let number = world.weChat.calls.count
        world.weChat.calls.append(
            ModelCall(
                process: process,
                request: id,
                record: request.record,
                assignment: witness.assignmentNumber(of: id),
                app: app,
                environment: world.broker.logs[record.partition].pipeline,
                function: record.function,
                token: token.token,
                started: world.now
            )
        )
        world.broker.records[request.record].calls += 1
        world.statistics.calls += 1
        open[id.index]?.call = number
        witness.noteCall(id, app: app, token: token.generation)
        world.say("member \(process.member) calls \(world.name(record))")
        world.plan(.callArrives(number), after: world.random.milliseconds(1...30))
    }

    private func cancel(_ id: RequestID) {
        guard let number = request(id)?.call else { return }
        world.weChat.calls[number].isCut = true
        open[id.index]?.call = nil
    }

    /// Nobody waits for their answers any more.
    func cutCalls() {
        for request in open {
            if let number = request?.call { world.weChat.calls[number].isCut = true }
        }
    }

    func takeAnswer(_ number: Int) {
        let call = world.weChat.calls[number]
        guard let answer = call.answer else { return }
        if request(call.request)?.call == number { open[call.request.index]?.call = nil }
        var result = answer.result
        result.token = witness.token(of: call.request)
        world.say(
            "member \(process.member) hears \(answer.code) for \(world.name(world.broker.records[call.record]))"
        )
        witness.noteAnswer(call.request, answer, executed: call.executed, app: call.app)
        handle(.answered(call.request, result))
    }

    func takeHostProbe(_ app: Int) {
        let code = world.weChat.apps[app].outage?.code ?? .errcode(0)
        witness.noteHostProbe(app, isWell: world.weChat.apps[app].outage == nil)
        handle(.hostProbeAnswered(app: app, code))
    }

    // MARK: Tokens

    private func refreshToken(_ app: Int, _ refused: TokenGeneration) {
        guard tokens[app].current?.generation == refused, !tokens[app].isRefused else { return }
        tokens[app].isRefused = true
        fetchToken(app)
    }

    func fetchToken(_ app: Int) {
        guard !tokens[app].isFetching else { return }
        tokens[app].isFetching = true
        world.plan(.tokenArrives(process, app: app), after: world.random.milliseconds(10...600))
    }

    func takeToken(_ app: Int) {
        tokens[app].isFetching = false
        let refusal = world.weChat.apps[app].outage ?? world.weChat.apps[app].tokenRefusal
        let isUsable = tokens[app].current != nil && !tokens[app].isRefused
        if let refusal {
            let isAway = refusal.meaning == .transient || refusal.meaning == .unknown
            world.say("the token endpoint says \(refusal.code)")
            handle(
                .token(
                    app: app,
                    isAway
                        ? .away(refusal.code, detail: "", isUsable: isUsable)
                        : .refused(refusal.code, errmsg: "", rid: nil, isUsable: isUsable)
                )
            )
            return
        }
        let token = world.weChat.apps[app].token
        let isSame = tokens[app].current?.token == token && !tokens[app].isRefused
        let before = tokens[app].current?.generation ?? 0
        let generation = isSame ? before : before + 1
        tokens[app].current = (generation, token)
        tokens[app].isRefused = false
        handle(.token(app: app, .ready(generation)))
    }

    // MARK: Publications

    private func publish(_ publication: Publication) {
        guard let request = request(publication.id.request) else {
            world.breach(.protocolKept, "\(publication.id) is published without its record")
            return
        }
        let facts = machine.facts(of: publication.id.request)
        witness.notePublication(publication, facts)
        if isProducerDead {
            handle(.published(publication.id, .failedForNow(error: "_FATAL")))
            return
        }
        guard outstanding < world.scenario.producerQueue else {
            handle(.published(publication.id, .queueFull))
            return
        }
        outstanding += 1
        let number = world.broker.publications.count
        world.broker.publications.append(
            ModelPublication(process: process, producer: producer, publication: publication, record: request.record)
        )
        world.say(
            """
            member \(process.member) writes \(publication.form) of \
            \(world.name(world.broker.records[request.record])) to \(publication.topic)
            """
        )
        world.plan(.publicationWritten(number), at: sendTime())
    }

    func takeReport(_ number: Int) {
        let publication = world.broker.publications[number]
        guard !publication.isForgotten, publication.producer == producer, let result = publication.result else {
            return
        }
        outstanding -= 1
        handle(.published(publication.publication.id, result))
        replaceProducer()
    }

    /// A fatal error: what is outstanding comes back as reports, written or not.
    func loseProducer() {
        guard !isProducerDead else { return }
        isProducerDead = true
        for number in world.broker.publications.indices.reversed() {
            let publication = world.broker.publications[number]
            guard publication.process == process, publication.producer == producer, !publication.isForgotten,
                publication.result == nil
            else { continue }
            world.broker.publications[number].isForgotten = true
            outstanding -= 1
            handle(.published(publication.publication.id, .failedForNow(error: "_PURGE_QUEUE")))
            if isClosed { return }
        }
    }

    func replaceProducer() {
        guard isProducerDead, outstanding == 0 else { return }
        producer += 1
        isProducerDead = false
    }

    // MARK: Topics

    private func lookUp(_ topic: String) {
        world.plan(.topicLookedUp(process, topic: topic), at: sendTime())
    }

    func takeTopicLookup(_ topic: String) {
        let lookup: TopicLookup
        if world.meets(.lookUpFailure) {
            lookup = .unanswered
        } else {
            let exists = world.broker.topic(topic)?.exists ?? false
            lookup = exists ? .exists(partitions: 8) : .unusable("UNKNOWN_TOPIC_OR_PART")
        }
        handle(.topicLookedUp(topic, lookup))
    }
}
