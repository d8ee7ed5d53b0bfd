import Foundation
import Kafka
import Relay
import RelayConfiguration
import RelayCore

/// Tries what the relay does with the brokers, without joining its group and without writing: asks for the group's
/// offsets, reads from the ends of the request topics, and lets a producer be admitted.
struct GroupCheck {
    let configuration: Configuration
    let properties: Properties
    /// The request topics that exist, and whose partitions may be seen.
    let topics: [String]

    private static let patience = Duration.seconds(5)

    func run() -> [Finding] {
        var findings = topics.isEmpty ? [] : reading()
        findings.append(writing())
        return findings
    }

    // MARK: The consumer's part

    private func reading() -> [Finding] {
        let bell = Bell()
        do throws(KafkaError) {
            var reader = try TopicReader(
                topics,
                properties: properties,
                logger: BrokerQuestions.silent,
                bell: bell,
                timeout: Self.patience
            )
            return [try offsets(of: reader)] + (try read(&reader, bell))
        } catch {
            return [Finding("group \(configuration.group)", trouble(error))]
        }
    }

    private func offsets(of reader: borrowing TopicReader) throws(KafkaError) -> Finding {
        let subject = "group \(configuration.group)"
        let committed: [CommittedOffset]
        do throws(KafkaError) {
            committed = try reader.lookups.committed(reader.partitions, timeout: Self.patience)
        } catch {
            return Finding(subject, trouble(error))
        }
        if let error = committed.lazy.compactMap(\.error).first { return Finding(subject, trouble(error)) }
        let bounds = try reader.lookups.logBounds(reader.partitions, timeout: Self.patience)
        var lag: Int64 = 0
        for (commit, bounds) in zip(committed, bounds) {
            guard let offset = commit.offset, let start = bounds.start, let end = bounds.end else { continue }
            guard start <= offset, offset <= end else { return lost(offset, bounds, subject) }
            lag += end.value - offset.value
        }
        let known = committed.count { $0.offset != nil }
        guard known > 0 else {
            return Finding(subject, ok: "no offsets committed yet: it begins where start-from says")
        }
        return Finding(
            subject,
            ok: "offsets committed for \(known) of \(committed.count) partitions,"
                + " \(lag) record\(lag == 1 ? "" : "s") behind"
        )
    }

    private func lost(_ offset: Kafka.Offset, _ bounds: LogBounds, _ subject: String) -> Finding {
        let start = bounds.start.map { "\($0.value)" } ?? "?"
        let end = bounds.end.map { "\($0.value)" } ?? "?"
        let what = "\(bounds.partition) was relayed up to offset \(offset.value), but its log has \(start) to \(end)"
        guard configuration.policy.onOutOfRange == .stop else {
            return Finding(subject, ok: "\(what): the relay goes on at \(start) (on-out-of-range: earliest)")
        }
        return Finding(
            subject,
            .wrong,
            "\(what): the relay will not read it",
            remedy: "set on-out-of-range: earliest to go on behind the gap, or set the group's offset"
        )
    }

    /// One answer of each partition proves that it may be read: the end of its log.
    private func read(_ reader: inout TopicReader, _ bell: Bell) throws(KafkaError) -> [Finding] {
        var refusals: [String: KafkaError] = [:]
        let deadline = ContinuousClock.now + Self.patience
        while !reader.isAnswered, ContinuousClock.now < deadline {
            bell.wait(atMost: .milliseconds(200))
            try reader.read(refused: { refusals[$0.topic] = refusals[$0.topic] ?? $1 }) { _ in }
        }
        let isAnswered = reader.isAnswered
        return topics.map { topic in
            let subject = "reading \(topic)"
            if let error = refusals[topic] { return Finding(subject, trouble(error)) }
            guard !isAnswered else { return Finding(subject, ok: "may be read") }
            return Finding(
                subject,
                .unreachable,
                "not all its partitions answered within 5 s",
                remedy: "see whether each partition has a leader that can be reached from here"
            )
        }
    }

    // MARK: The producer's part

    /// An idempotent producer needs an id from the brokers before it writes anything. Statistics tell when it has one.
    private func writing() -> Finding {
        let subject = "producer"
        var properties = properties
        let bell = Bell()
        do {
            try properties.set("statistics.interval.ms", to: "100")
        } catch {
            return Finding(subject, .wrong, "\(error)", remedy: "correct the properties under kafka:")
        }
        do throws(KafkaError) {
            let producer = try Producer(properties, logger: BrokerQuestions.silent) { bell.ring() }
            let deadline = ContinuousClock.now + Self.patience
            var refusal: KafkaError?
            var isAdmitted = false
            while !isAdmitted, refusal == nil, ContinuousClock.now < deadline {
                bell.wait(atMost: .milliseconds(200))
                producer.drain { event in
                    switch event {
                    case .error(let error): if error.isFatal { refusal = error }
                    case .statistics(let text): isAdmitted = isAdmitted || ProducerStatistics(text).isAdmitted
                    case .delivered: break
                    }
                }
            }
            if let refusal { return Finding(subject, trouble(refusal)) }
            guard isAdmitted else {
                return Finding(
                    subject,
                    .unreachable,
                    "it got no producer id within 5 s",
                    remedy: "see whether the brokers can write their own topics, and whether this user may write at all"
                )
            }
            return Finding(
                subject,
                ok: "admitted; a check writes nothing, so a missing right to write shows at the first reply"
            )
        } catch {
            return Finding(subject, trouble(error))
        }
    }

    // MARK: Words

    private func trouble(_ error: KafkaError) -> Finding.Trouble {
        switch error.code {
        case .groupAuthorizationFailed:
            .init(
                .wrong,
                "this user may not use the group",
                "the Kafka administrator grants this user Read on the group \(configuration.group)"
            )
        case .topicAuthorizationFailed:
            .init(.wrong, "this user may not read it", "the Kafka administrator grants this user Read on the topic")
        case .clusterAuthorizationFailed:
            .init(
                .wrong,
                "this user may not write idempotently",
                "the Kafka administrator grants IdempotentWrite on the cluster (brokers before 3.0), or Write on a topic"
            )
        case _ where error.isUnreachable:
            .init(.unreachable, error.words, "see whether all brokers can be reached from here")
        default:
            .init(.wrong, error.words, "see the brokers' logs")
        }
    }
}

/// What librdkafka's statistics tell of an idempotent producer (its page STATISTICS.md, `eos`).
private struct ProducerStatistics: Decodable {
    struct ExactlyOnce: Decodable {
        let state: String

        private enum CodingKeys: String, CodingKey {
            case state = "idemp_state"
        }
    }

    let eos: ExactlyOnce?

    init(_ text: String) {
        do {
            self = try JSONDecoder().decode(Self.self, from: Data(text.utf8))
        } catch {
            // Another form in a later version: the check then says that it saw no id.
            eos = nil
        }
    }

    /// The brokers have given it an id.
    var isAdmitted: Bool { eos?.state == "Assigned" }
}
