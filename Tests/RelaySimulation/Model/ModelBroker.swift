import RelayCore

/// One commit request as the broker takes it: each partition's offset and its opaque metadata.
struct CommitRequest {
    struct Part {
        let id: PartitionID
        let partition: Int
        let offset: Int64
        let metadata: [UInt8]
    }

    let process: Process
    let client: Int?
    let generation: Int
    let parts: [Part]
}

/// What the broker says to a commit.
struct CommitAnswer {
    let consumer: Int
    /// By part; nil: committed.
    var errors: [(id: PartitionID, error: String)] = []
    /// The whole request failed.
    var error: String?
}

/// A record given to a producer.
struct ModelPublication {
    let process: Process
    let producer: Int
    let publication: Publication
    let record: Int
    /// Nobody waits for its report.
    var isForgotten = false
    var result: PublishResult?
}

/// A topic that answers are written to.
struct ReplyTopic {
    let name: String
    var exists: Bool
}

/// The brokers: logs, committed offsets, reply topics.
struct ModelBroker {
    /// All of a commit request's metadata becomes one batch of the offsets topic.
    static let requestLimit = 512 << 10

    let metadataLimit: Int

    var logs: [ModelLog] = []
    var records: [Record] = []
    var commits: [CommitRequest] = []
    var publications: [ModelPublication] = []
    var topics: [ReplyTopic]
    var downUntil = MonotonicTime(nanoseconds: 0)

    init(_ scenario: Scenario) {
        metadataLimit = scenario.metadataLimit
        topics = ["asked0", "asked1"].map { ReplyTopic(name: $0, exists: true) }
        topics.append(ReplyTopic(name: "absent", exists: false))
        for pipeline in scenario.policy.pipelines {
            for name in [pipeline.replyTopic, pipeline.deadLetterTopic] {
                if let name { topics.append(ReplyTopic(name: name, exists: true)) }
            }
        }
        for (index, count) in scenario.partitions.enumerated() {
            for number in 0..<count {
                logs.append(
                    ModelLog(
                        partition: logs.count,
                        pipeline: index,
                        topic: "requests\(index)",
                        number: Int32(number)
                    )
                )
            }
        }
    }

    func topic(_ name: String) -> ReplyTopic? { topics.first { $0.name == name } }

    /// Stores one part of a commit, by Kafka's rules for its size.
    mutating func store(_ part: CommitRequest.Part, requestBytes: Int) -> String? {
        if part.metadata.count > metadataLimit || requestBytes > Self.requestLimit {
            return part.metadata.count > metadataLimit ? "OFFSET_METADATA_TOO_LARGE" : "INVALID_COMMIT_OFFSET_SIZE"
        }
        logs[part.partition].committed = part.offset
        logs[part.partition].metadata = part.metadata
        return nil
    }

    /// What becomes of a record at its reply topic.
    func judge(_ publication: Publication, of record: Record) -> PublishResult {
        guard topic(publication.topic)?.exists == true else {
            return .refused(.topic, error: "UNKNOWN_TOPIC_OR_PART")
        }
        if let partition = publication.partition, partition > 7 {
            return .refused(.partition, error: "_UNKNOWN_PARTITION")
        }
        if record.nature == .hugeReply && publication.form == .answer {
            return .refused(.tooLarge, error: "MSG_SIZE_TOO_LARGE")
        }
        return .acknowledged
    }
}
