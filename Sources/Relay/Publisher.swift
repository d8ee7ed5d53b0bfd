import Kafka
import Logging
import NIOCore
import RelayConfiguration
import RelayCore

/// Writes outcomes and hears how they ended; makes a new producer when one has died.
final class Publisher {
    /// Those of every reply and a trace; librdkafka makes room for more.
    private static let usualHeaderCount = 13
    /// Enough for a failure's document with a short message.
    private static let usualDocumentSize = 1_024

    private let shard: Shard
    private let properties: Properties
    private let wake: @Sendable () -> Void
    private var producer: Producer?
    /// The producer reported a fatal error: it is emptied, then replaced.
    private var isDead = false
    /// Errors of connections since the last report, so that an outage is one line and not a thousand.
    private var isUnreachable = false

    init(shard: Shard, properties: Properties) throws {
        self.shard = shard
        self.properties = properties
        let bound = NIOLoopBound(shard, eventLoop: shard.eventLoop)
        wake = {
            bound.eventLoop.execute { bound.value.publisher?.poll() }
        }
        try makeProducer()
    }

    private func makeProducer() throws(KafkaError) {
        producer = try Producer(properties, logger: shard.logger, wake: wake)
        for pipeline in shard.policy.pipelines {
            for topic in [pipeline.replyTopic, pipeline.deadLetterTopic] {
                if let topic { try producer?.prepare(topic: topic) }
            }
        }
    }

    /// Hands one record to the producer; how it ends comes to the core as an event, a refusal at once.
    func publish(_ publication: Publication) {
        guard let request = shard.request(publication.id.request) else {
            preconditionFailure("\(publication.id) is published without its record")
        }
        // Copied once: each look at what lies in another object is a copy of it.
        let head = request.head
        let facts = shard.machine.facts(of: publication)
        let failure =
            switch publication.form {
            case .deadLetter: produceDeadLetter(publication, of: request, head, facts)
            case .answer, .failure, .tooLarge: produceReply(publication, of: request, head, facts)
            }
        if let failure { report(failure, of: publication.id) }
    }

    /// The original record with what became of it.
    private func produceDeadLetter(
        _ publication: Publication,
        of request: OpenRequest,
        _ head: RequestHead,
        _ facts: ReplyFacts
    ) -> KafkaError? {
        var headers = HeaderList(capacity: Self.usualHeaderCount)
        request.forEachHeader { headers.append(name: $0, value: $1) }
        DeadLetter.writeHeaders(
            facts,
            head,
            request.source,
            group: shard.configuration.group,
            replyError: publication.replyError,
            into: &headers
        )
        // The list is given away once, and the compiler cannot see that these closures are called no more often.
        var list: HeaderList? = headers
        return request.withKey { key in
            request.withValue { value in produce(publication, key: key, value: value, headers: list.take()) }
        }
    }

    /// The answer, or the document that takes its place.
    private func produceReply(
        _ publication: Publication,
        of request: OpenRequest,
        _ head: RequestHead,
        _ facts: ReplyFacts
    ) -> KafkaError? {
        var headers = HeaderList(capacity: Self.usualHeaderCount)
        ReplyHeaders.write(facts, head, request.source, replyError: publication.replyError, into: &headers)
        let key = head.bytes.span.bytes.extracting(head.correlationId)
        let answer = request.answer
        let respData = answer.span.bytes.extracting(request.respData)
        if case .answer = publication.form { return produce(publication, key: key, value: respData, headers: headers) }
        var document: [UInt8] = []
        document.reserveCapacity(Self.usualDocumentSize)
        let isTooLarge = publication.form == .tooLarge
        FailureDocument.write(facts, head, request.source, respData: isTooLarge ? respData : nil, into: &document)
        return produce(publication, key: key, value: document.span.bytes, headers: headers)
    }

    private func produce(
        _ publication: Publication,
        key: RawSpan?,
        value: RawSpan?,
        headers: consuming HeaderList?
    ) -> KafkaError? {
        guard !isDead else { return KafkaError(code: .fatal) }
        do throws(KafkaError) {
            try producer?.produce(
                topic: publication.topic,
                partition: publication.partition,
                key: key,
                value: value,
                headers: headers,
                tag: PublicationTag(publication.id).value
            )
            return nil
        } catch {
            return error
        }
    }

    private func report(_ error: KafkaError, of id: PublicationID) {
        shard.handle(.published(id, .judging(code: error.code.rawValue, name: error.name)))
    }

    /// Takes delivery reports and errors.
    func poll() {
        producer?.drain { event in
            switch event {
            case .delivered(let report): take(report)
            case .error(let error): take(error)
            case .statistics: break
            }
        }
        if isDead && (producer?.outstanding ?? 0) == 0 { replace() }
    }

    private func take(_ report: DeliveryReport) {
        guard let id = PublicationTag(value: report.tag).id(in: shard) else { return }
        if let error = report.error {
            self.report(error, of: id)
        } else {
            if isUnreachable {
                isUnreachable = false
                shard.logger.notice("replies are written again")
            }
            shard.handle(.published(id, .acknowledged))
        }
    }

    private func take(_ error: KafkaError) {
        if error.isFatal {
            guard !isDead else { return }
            isDead = true
            // Undelivered records come back as reports by themselves; purging makes sure of it.
            producer?.purge()
            shard.logger.warning(
                "the producer has died and is replaced; what was not acknowledged is written again",
                metadata: ["error": "\(error)"]
            )
        } else if !isUnreachable {
            isUnreachable = true
            shard.logger.warning("replies wait for the brokers", metadata: ["error": "\(error)"])
        }
    }

    private func replace() {
        producer = nil
        do throws(KafkaError) {
            try makeProducer()
            isDead = false
        } catch {
            shard.logger.error(
                "no new producer could be made; the next try follows in a second",
                metadata: ["error": "\(error)"]
            )
        }
    }
}

/// The core's headers go straight into librdkafka's list.
extension HeaderList: HeaderSink {}

/// A publication's id as the 64 bits that go through the producer: 24 of the slot, 24 of its generation, 15 of the
/// publication's number, 1 of its kind.
struct PublicationTag {
    let value: UInt64

    init(value: UInt64) {
        self.value = value
    }

    init(_ id: PublicationID) {
        let slot = UInt64(id.request.index) & 0xFF_FFFF
        let generation = UInt64(id.request.generation) & 0xFF_FFFF
        let attempt = UInt64(id.attempt % PublicationID.attemptLimit)
        value = slot << 40 | generation << 16 | attempt << 1 | (id.isDeadLetter ? 1 : 0)
    }

    /// The id, unless its request is gone.
    func id(in shard: Shard) -> PublicationID? {
        let index = Int(value >> 40)
        guard index < shard.open.count else { return nil }
        let request = shard.open[index].id
        guard UInt64(request.generation) & 0xFF_FFFF == (value >> 16) & 0xFF_FFFF else { return nil }
        return PublicationID(
            request: request,
            isDeadLetter: value & 1 == 1,
            attempt: Int(value >> 1) % PublicationID.attemptLimit
        )
    }
}
