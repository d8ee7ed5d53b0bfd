import RelayCore
import Testing

@Suite("What brokers say of a topic") struct TopicJudgementTests {
    @Test(
        "a topic that is not there is no place for an answer; a question that nobody answered is asked again",
        arguments: [
            (Int32(0), false, TopicLookup.exists(partitions: 3)), (3, true, .unusable("E")),
            (17, false, .unusable("E")), (29, false, .unusable("E")), (5, true, .unanswered), (-185, true, .unanswered),
        ]
    )
    func judged(code: Int32, isRetriable: Bool, expected: TopicLookup) {
        #expect(TopicLookup.judging(code: code, name: "E", isRetriable: isRetriable, partitions: 3) == expected)
    }
}

@Suite("Outcomes are written") struct PublishTests {
    /// A bench that does not acknowledge by itself, with one success to be written.
    private func answered(
        _ pipeline: PipelinePolicy,
        errcode: Int64 = 0,
        replyTopic: String? = nil,
        replyPartition: Int32? = nil
    ) -> MachineBench {
        var bench = MachineBench(pipeline)
        bench.assign()
        bench.acknowledges = false
        bench.answer(bench.arrive(0, replyTopic: replyTopic, replyPartition: replyPartition), errcode)
        return bench
    }

    private func lookUps(_ bench: inout MachineBench) -> [String] {
        bench.takeEffects().compactMap { if case .lookUpTopic(let topic) = $0 { topic } else { nil } }
    }

    /// Refuses the only publication under way.
    private func refuse(_ bench: inout MachineBench, _ refusal: PublishRefusal, _ error: String = "ERROR") {
        #expect(bench.unreported.count == 1)
        if let publication = bench.unreported.first { bench.report(publication, .refused(refusal, error: error)) }
    }

    private func topics(_ bench: MachineBench) -> [String] { bench.unreported.map(\.topic) }

    @Test("an outcome is complete when it is acknowledged, and committed then, not before")
    func acknowledgement() {
        var bench = answered(.bench())
        bench.pass(.seconds(3))
        #expect(bench.log.committed[0] == Offset(0))
        #expect(bench.machine.counters.completed == 0)
        bench.acknowledgeAll()
        bench.pass(.seconds(2))
        #expect(bench.log.committed[0] == Offset(1))
        #expect(bench.machine.counters.completed == 1)
        #expect(bench.machine.counters.repliesOK == 1)
    }

    @Test("an error that passes is waited for, longer each time, and the function is not called again")
    func transient() {
        var bench = answered(.bench())
        _ = bench.takeCalls()
        for failures in 1...8 {
            for publication in bench.unreported {
                bench.report(publication, .failedForNow(error: "LEADER_NOT_AVAILABLE"))
            }
            #expect(bench.unreported.isEmpty)
            bench.pass(.milliseconds(min(100 << (failures - 1), 30_000) * 13 / 10))
            #expect(topics(bench) == ["replies"])
        }
        bench.acknowledgeAll()
        #expect(bench.machine.counters.completed == 1)
        #expect(bench.takeCalls().isEmpty)
    }

    @Test("a report of an earlier publication is not one of the present one")
    func oldReport() {
        var bench = answered(.bench())
        let first = bench.unreported
        for publication in first { bench.report(publication, .failedForNow(error: "LEADER_NOT_AVAILABLE")) }
        bench.pass(.seconds(1))
        for publication in first { bench.handle(.published(publication.id, .acknowledged)) }
        #expect(bench.machine.counters.completed == 0)
        bench.acknowledgeAll()
        #expect(bench.machine.counters.completed == 1)
    }

    @Test("while the producer's queue is full no call starts; each report makes room again", arguments: [true, false])
    func queueFull(isAcknowledged: Bool) {
        var bench = MachineBench(.bench(deadLetterTopic: "dead"))
        bench.assign()
        bench.acknowledges = false
        let ids = (Int64(0)..<40).map { bench.arrive($0) }
        for id in ids { bench.answer(id, 0) }
        let written = bench.unreported
        #expect(written.count == 40)
        for publication in written.dropFirst() { bench.report(publication, .queueFull) }
        _ = bench.takeCalls()
        bench.arrive(100)
        bench.answer(bench.arrive(101), 0)
        #expect(bench.takeCalls().isEmpty)
        let waiting = bench.unreported.count
        #expect(waiting == 1)
        bench.report(written[0], isAcknowledged ? .acknowledged : .refused(.topic, error: "TOPIC_EXCEPTION"))
        #expect(bench.unreported.count > 1, "the others are tried again")
        bench.acknowledges = true
        bench.acknowledgeAll()
        #expect(bench.machine.counters.completed == 40)
        #expect(bench.takeCalls().count == 2)
    }

    @Test("a full queue that reports nothing is tried again each second")
    func queueFullInSilence() {
        var bench = answered(.bench())
        for publication in bench.unreported { bench.report(publication, .queueFull) }
        #expect(bench.unreported.isEmpty)
        bench.pass(.seconds(2))
        #expect(bench.unreported.count == 1)
    }

    // MARK: Refused for good

    @Test("an answer that a header's topic refuses goes to the pipeline's own, and says why")
    func ownTopic() {
        var bench = answered(.bench(), replyTopic: "asked")
        bench.handle(.topicLookedUp("asked", .exists(partitions: 1)))
        #expect(topics(bench) == ["asked"])
        refuse(&bench, .topic, "TOPIC_AUTHORIZATION_FAILED")
        #expect(topics(bench) == ["replies"])
        #expect(bench.reply(0)?.publication.replyError == "TOPIC_AUTHORIZATION_FAILED: asked")
        #expect(bench.reply(0)?.publication.form == .answer)
        bench.acknowledgeAll()
        #expect(bench.machine.counters.completed == 1)
    }

    @Test("an answer whose partition does not exist goes to the same topic by key")
    func byKey() {
        var bench = answered(.bench(), replyPartition: 7)
        #expect(bench.reply(0)?.publication.partition == 7)
        refuse(&bench, .partition, "UNKNOWN_PARTITION")
        #expect(topics(bench) == ["replies"])
        #expect(bench.reply(0)?.publication.partition == nil)
        #expect(bench.reply(0)?.publication.replyError == "UNKNOWN_PARTITION: replies/7")
    }

    @Test(
        "an answer that is too large goes as a document to the same topic, then to the own one, then as a dead letter"
    )
    func tooLarge() {
        var bench = answered(.bench(deadLetterTopic: "dead"), replyTopic: "asked")
        bench.handle(.topicLookedUp("asked", .exists(partitions: 1)))
        refuse(&bench, .tooLarge, "MSG_SIZE_TOO_LARGE")
        #expect(topics(bench) == ["asked"])
        #expect(bench.reply(0)?.publication.form == .tooLarge)
        refuse(&bench, .tooLarge, "MSG_SIZE_TOO_LARGE")
        #expect(topics(bench) == ["replies"])
        #expect(bench.reply(0)?.publication.form == .tooLarge)
        #expect(bench.reason(0) == .replyTooLarge)
        refuse(&bench, .topic)
        #expect(topics(bench) == ["dead"])
        #expect(bench.writings.last?.facts.reason == nil, "the function succeeded")
        bench.acknowledgeAll()
        #expect(bench.machine.counters.completed == 1)
        #expect(bench.machine.counters.deadLetters == 1)
    }

    @Test("an answer without any reply topic is a dead letter that says so")
    func noReplyTopic() {
        var bench = answered(.bench(replyTopic: nil, deadLetterTopic: "dead"))
        #expect(topics(bench) == ["dead"])
        #expect(bench.unreported.first?.replyError == "no reply topic")
        bench.acknowledgeAll()
        #expect(bench.machine.counters.completed == 1)
    }

    @Test("with nowhere to write the partition waits, says so once, and tries again")
    func nowhere() {
        var bench = answered(.bench())
        _ = bench.takeEffects()
        for _ in 0..<3 {
            refuse(&bench, .topic)
            #expect(bench.unreported.isEmpty)
            bench.pass(.seconds(40))
            #expect(topics(bench) == ["replies"])
        }
        let reports = bench.takeReports().filter { if case .nowhereToWrite = $0 { true } else { false } }
        #expect(reports.count == 1)
        #expect(bench.log.committed[0] == Offset(0))
        bench.acknowledgeAll()
        #expect(bench.machine.counters.completed == 1)
    }

    @Test("an answer that comes to the own topic after a wait still says why it is there")
    func nowhereWithHeader() {
        var bench = answered(.bench(), replyTopic: "asked")
        bench.handle(.topicLookedUp("asked", .unusable("UNKNOWN_TOPIC_OR_PART")))
        refuse(&bench, .topic)
        bench.pass(.seconds(40))
        #expect(topics(bench) == ["replies"])
        #expect(bench.unreported.first?.replyError == "UNKNOWN_TOPIC_OR_PART: asked")
    }

    // MARK: Dead letters

    @Test("a failure goes to both topics, and is complete when both have it")
    func failure() {
        var bench = answered(.bench(deadLetterTopic: "dead"), errcode: -504_002)
        #expect(Set(topics(bench)) == ["dead", "replies"])
        let letter = bench.unreported.first { $0.topic == "dead" }
        letter.map { bench.report($0, .acknowledged) }
        #expect(bench.machine.counters.completed == 0)
        bench.acknowledgeAll()
        #expect(bench.machine.counters.completed == 1)
        #expect(bench.machine.counters.deadLetters == 1)
        #expect(bench.machine.counters.repliesFailed == 1)
    }

    @Test("a success is no dead letter")
    func successIsNoDeadLetter() {
        let bench = answered(.bench(deadLetterTopic: "dead"))
        #expect(topics(bench) == ["replies"])
    }

    @Test("a dead letter that is refused while the reply is written is counted and dropped", arguments: [true, false])
    func deadLetterRefused(isLetterFirst: Bool) {
        var bench = answered(.bench(deadLetterTopic: "dead"), errcode: -504_002)
        _ = bench.takeEffects()
        for publication in bench.unreported where isLetterFirst == (publication.topic == "dead") {
            bench.report(publication, isLetterFirst ? .refused(.topic, error: "E") : .acknowledged)
        }
        for publication in bench.unreported {
            bench.report(publication, isLetterFirst ? .acknowledged : .refused(.topic, error: "E"))
        }
        #expect(bench.machine.counters.completed == 1)
        #expect(bench.machine.counters.deadLettersDropped == 1)
        let reports = bench.takeReports().filter { if case .deadLetterDropped = $0 { true } else { false } }
        #expect(reports.count == 1)
    }

    @Test("a failure whose reply is refused is complete with its dead letter")
    func deadLetterAlone() {
        var bench = answered(.bench(deadLetterTopic: "dead"), errcode: -504_002)
        for publication in bench.unreported where publication.topic == "replies" {
            bench.report(publication, .refused(.topic, error: "E"))
        }
        #expect(topics(bench) == ["dead"])
        bench.acknowledgeAll()
        #expect(bench.machine.counters.completed == 1)
    }

    // MARK: Topics that headers name

    @Test("a topic that many records name is looked up once")
    func lookedUpOnce() {
        var bench = MachineBench()
        bench.assign()
        for offset in Int64(0)..<20 { bench.answer(bench.arrive(offset, replyTopic: "asked"), 0) }
        #expect(lookUps(&bench) == ["asked"])
        #expect(bench.writings.isEmpty)
        bench.handle(.topicLookedUp("asked", .exists(partitions: 1)))
        #expect(bench.writings.count == 20)
        bench.answer(bench.arrive(20, replyTopic: "asked"), 0)
        #expect(lookUps(&bench).isEmpty)
        #expect(bench.writings.count == 21)
        #expect(bench.writings.allSatisfy { $0.publication.topic == "asked" })
    }

    @Test("an unknown topic is remembered for a minute")
    func unknownTopic() {
        var bench = MachineBench()
        bench.assign()
        for offset in Int64(0)..<3 { bench.answer(bench.arrive(offset, replyTopic: "asked"), 0) }
        bench.handle(.topicLookedUp("asked", .unusable("UNKNOWN_TOPIC_OR_PART")))
        #expect(bench.writings.count == 3)
        #expect(bench.reply(2)?.publication.topic == "replies")
        #expect(bench.reply(2)?.publication.replyError == "UNKNOWN_TOPIC_OR_PART: asked")
        _ = bench.takeEffects()
        bench.pass(.seconds(58))
        bench.answer(bench.arrive(3, replyTopic: "asked"), 0)
        #expect(lookUps(&bench).isEmpty)
        #expect(bench.reply(3)?.publication.topic == "replies")
        bench.pass(.seconds(3))
        bench.answer(bench.arrive(4, replyTopic: "asked"), 0)
        #expect(lookUps(&bench) == ["asked"])
    }

    @Test("a topic that was known and refuses is remembered like an unknown one")
    func refusedTopicRemembered() {
        var bench = answered(.bench(), replyTopic: "asked")
        bench.handle(.topicLookedUp("asked", .exists(partitions: 1)))
        refuse(&bench, .topic)
        bench.acknowledgeAll()
        bench.answer(bench.arrive(1, replyTopic: "asked"), 0)
        #expect(bench.reply(1)?.publication.topic == "replies")
    }

    @Test("a lookup that the brokers do not answer is made again")
    func lookUpAgain() {
        var bench = answered(.bench(), replyTopic: "asked")
        for _ in 0..<3 {
            #expect(lookUps(&bench) == ["asked"])
            bench.handle(.topicLookedUp("asked", .unanswered))
            bench.pass(.seconds(1))
        }
        bench.handle(.topicLookedUp("asked", .exists(partitions: 1)))
        #expect(topics(bench) == ["asked"])
    }

    @Test("the pipeline's own topic is not looked up, even when a header names it")
    func ownTopicNamed() {
        var bench = answered(.bench(), replyTopic: "replies")
        #expect(lookUps(&bench).isEmpty)
        #expect(topics(bench) == ["replies"])
    }
}
