import FakeWeChat
import Foundation
import Kafka
import RelayCore

/// An outside reader: what the group has committed, where topics end, and in the end what is in them.
///
/// It asks under the group's name and never joins it, so the group does not notice.
actor Onlooker {
    private let consumer: Consumer
    private let names: Names

    init(_ broker: Broker, names: Names) throws {
        // A subscription that matches nothing never asks to join.
        consumer = try Consumer(
            // Back at a broker that was away as soon as it is there: the gaps between samples are judged.
            try broker.clientProperties(["group.id": names.group, "reconnect.backoff.max.ms": "500"]),
            topics: ["^no-such-topic$"],
            logger: .silent
        ) {}
        self.names = names
    }

    /// Commits and ends, asked in this order: an answer that a commit rests on lies below the ends.
    func sample(within limit: Duration = .seconds(2)) async throws -> Sample {
        // Errors of brokers that are away pile up here.
        while consumer.nextEvent() != nil {}
        let lookups = consumer.lookups
        let names = names
        return try await blocking {
            let requests = Self.all([names.requests])
            var committed: [Int32: Int64] = [:]
            var owners: [Int32: UInt64] = [:]
            for commit in try lookups.committed(requests, timeout: limit) {
                if let error = commit.error { throw error }
                if let offset = commit.offset { committed[commit.partition.partition] = offset.value }
                if let metadata = commit.metadata, case .success(let words) = CommitMetadata.decode(metadata) {
                    owners[commit.partition.partition] = words.nonce
                }
            }
            let time = wallTime()
            var ends: [String: [Int32: Int64]] = [:]
            for bounds in try lookups.logBounds(Self.all(names.topics), timeout: limit) {
                guard let end = bounds.end else { throw bounds.error ?? KafkaError(code: .timedOut) }
                ends[bounds.partition.topic, default: [:]][bounds.partition.partition] = end.value
            }
            return Sample(
                time: time,
                committed: committed,
                owners: owners,
                requestEnds: ends[names.requests] ?? [:],
                replyEnds: ends[names.replies] ?? [:],
                deadLetterEnds: ends[names.deadLetters] ?? [:]
            )
        }
    }

    /// Reads all topics from their first records to their present ends.
    func readAll(into history: inout History) async throws {
        for record in try await records(names.requests) {
            history.requests.append(
                RequestRecord(place: record.place, id: record.id, key: record.text(record.key), hash: record.hash)
            )
        }
        history.replies = try await records(names.replies).map { $0.answer("wxrelay-") }
        history.deadLetters = try await records(names.deadLetters).map { $0.answer("wxrelay-dlq-") }
    }

    private func records(_ topic: String) async throws -> [TopicRecord] {
        let partitions = Self.all([topic])
        let lookups = consumer.lookups
        let bounds = try await blocking { try lookups.logBounds(partitions, timeout: .seconds(30)) }
        // What the log dropped could not be judged: a lost request would not be missed.
        for bounds in bounds where bounds.start != Offset(0) {
            throw Missing("all of \(bounds.partition), which begins at \(bounds.start.map(\.description) ?? "nothing")")
        }
        let ends = Dictionary(uniqueKeysWithValues: bounds.map { ($0.partition, $0.end?.value ?? 0) })
        let slots = try consumer.assign(partitions.map { ($0, Offset(0)) })
        var records: [TopicRecord] = []
        var next = ends.mapValues { _ in Int64(0) }
        let deadline = ContinuousClock.now + .seconds(120)
        while next.contains(where: { $0.value < ends[$0.key] ?? 0 }) {
            guard ContinuousClock.now < deadline else {
                throw Missing("\(topic) to be read up to \(ends), not \(next)")
            }
            while consumer.nextEvent() != nil {}
            var failure: KafkaError?
            for slot in slots {
                _ = consumer.read(slot, max: 10_000) { message in
                    let partition = TopicPartition(topic: message.topic, partition: message.partition)
                    switch message.content {
                    case .record:
                        records.append(TopicRecord(message.copy()))
                        next[partition] = message.offset.next.value
                    case .partitionEnd(let position): next[partition] = position.value
                    case .error(let error, _): failure = error
                    }
                }
            }
            if let failure, !failure.isRetriable { throw failure }
            try await Task.sleep(for: .milliseconds(5))
        }
        try consumer.unassign(partitions)
        return records
    }

    private static func all(_ topics: [String]) -> [TopicPartition] {
        topics.flatMap { topic in
            (0..<Names.partitions).map { TopicPartition(topic: topic, partition: Int32($0)) }
        }
    }
}

/// A record as the checker wants it.
private struct TopicRecord {
    let place: Place
    let key: [UInt8]
    let hash: UInt64
    /// Milliseconds since 1970; 0 without one.
    let time: Int64
    private let headers: [String: [UInt8]]

    init(_ record: CopiedRecord) {
        place = Place(partition: record.partition, offset: record.offset.value)
        key = record.withKey { Self.bytes($0) }
        hash = record.withValue { CallLog.hash(Self.bytes($0)) }
        time = record.timestamp?.milliseconds ?? 0
        var headers: [String: [UInt8]] = [:]
        record.forEachHeader { name, value in
            headers[String(decoding: Self.bytes(name), as: UTF8.self)] = Self.bytes(value)
        }
        self.headers = headers
    }

    /// A request has it by one name, a dead letter with the request's own headers, a reply by the other.
    var id: String { header("correlation-id") ?? header("wxrelay-correlation-id") ?? "" }

    func answer(_ prefix: String) -> AnswerRecord {
        let source = (header(prefix + "source") ?? "").split(separator: "/")
        let numbers = source.dropFirst().compactMap { Int64($0) }
        return AnswerRecord(
            place: place,
            id: id,
            source: numbers.count == 2 ? Place(partition: Int32(clamping: numbers[0]), offset: numbers[1]) : nil,
            relay: header(prefix + "function"),
            time: time,
            isOK: header("wxrelay-status") == "ok",
            // Without the header nothing is admitted.
            runsPossible: header(prefix + "invocations-possible").flatMap { Int($0) } ?? 0,
            hash: hash
        )
    }

    func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

    private func header(_ name: String) -> String? { headers[name].map(text) }

    private static func bytes(_ span: RawSpan?) -> [UInt8] {
        guard let span else { return [] }
        return span.withUnsafeBytes { Array($0) }
    }
}
