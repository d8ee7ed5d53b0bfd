/// What the shell tells the core. Plain values: a recorded list of events replays a run.
package enum Event: Equatable, Codable, Sendable {
    /// Partitions were assigned, each with the offset at which reading begins.
    case assigned([AssignedPartition])
    /// The group takes partitions back; they must be drained, committed and let go.
    case revoked([PartitionID])
    /// The group has given the partitions up without asking, and they may be somebody else's already: nothing of them can
    /// be committed. They are kept in limbo for a session, should they come back. No `letGo` follows for them, except for a
    /// revocation that was under way.
    case lost([PartitionID])
    /// The partitions cannot be read on, as their next offset is not in the log: what is open of them is dropped. They stay
    /// this member's, and by `on-out-of-range` each is taken up again or stops. No `letGo` follows.
    case forgotten([PartitionID])
    /// A record was taken from a partition's queue.
    case arrived(Arrival)
    /// A record that is no request (a skipped tombstone) was taken from a partition's queue.
    case skipped(PartitionID, Offset)
    /// The end of a partition was reached: `offset` is the next one that will come.
    case endOfPartition(PartitionID, Offset)
    /// An attempt ended.
    case answered(RequestID, AttemptResult)
    /// The call that changes nothing (`openapi/quota/get`) ended.
    case hostProbeAnswered(app: Int, OutcomeCode)
    /// A delivery report, or a refusal by the producer itself.
    case published(PublicationID, PublishResult)
    /// What is known of a reply topic that a header named.
    case topicLookedUp(String, TopicLookup)
    /// The commit under way ended; a partition that is missing from `refused` is committed. Each `Effect.commit` is
    /// answered once, also when its consumer is gone: no other commit is made before.
    case committed(refused: [PartitionID: String])
    case token(app: Int, TokenEvent)
    /// How many partitions the topics of each pipeline have together, in the order of `Policy.pipelines`: what shares of
    /// limits are parts of. Until it is told, this member counts as the only one.
    case partitionTotals([Int])
    /// From JoinGroup sent until SyncGroup answered no commit is made (librdkafka before 2.10 gives up the
    /// assignment when a commit meets a rebalance).
    case commitGate(isClosed: Bool)
    /// Decide by another policy from now on: the same apps, pipelines and topics, other rules. What is open goes on.
    case policy(Policy)
    /// Time has passed.
    case tick
    /// Take no new record, finish what was begun until the deadline, commit.
    case stop(deadline: MonotonicTime)

    var isArrival: Bool {
        if case .arrived = self { true } else { false }
    }
}

/// A partition at the beginning of an assignment.
package struct AssignedPartition: Equatable, Codable, Sendable {
    package var id: PartitionID
    package var topic: String
    package var partition: Int32
    package var pipeline: Int
    /// Where reading begins: `RelayMachine.resumption` when that gives an offset.
    package var start: Offset
    /// The group's committed offset, nil without one.
    package var committed: Offset?
    /// What is known of the owners before, from the commit's metadata (`CommitReading`).
    package var inheritance: Inheritance
    /// Out of range under `on-out-of-range: stop`: assigned but not read.
    package var isStopped: Bool

    package init(
        id: PartitionID,
        topic: String,
        partition: Int32,
        pipeline: Int,
        start: Offset,
        committed: Offset? = nil,
        inheritance: Inheritance = .nothing,
        isStopped: Bool = false
    ) {
        self.id = id
        self.topic = topic
        self.partition = partition
        self.pipeline = pipeline
        self.start = start
        self.committed = committed
        self.inheritance = inheritance
        self.isStopped = isStopped
    }

    /// Whether an owner before may still make calls: there was one, and its last commit does not say that it let go.
    var mayStillBeCalledFor: Bool {
        switch inheritance {
        case .nothing: committed != nil
        case .records(let metadata): !metadata.isClean
        case .doubtful: true
        }
    }
}

/// A record as the core sees it: everything but its payload.
package struct Arrival: Equatable, Codable, Sendable {
    /// The slot that the shell keeps the payload in: `RelayMachine.nextRequest` at that moment.
    package var request: RequestID
    package var partition: PartitionID
    package var offset: Offset
    /// The record's own timestamp; nil when it has none.
    package var timestamp: WallTime?
    /// The key's hash within its partition; nil for a record without a key, which is unordered.
    package var key: UInt64?
    /// The function that the record's own header or envelope named.
    package var function: String?
    /// The environment that the record's own header or envelope named.
    package var environment: String?
    /// Nobody but the record named the function, neither the pipeline nor a literal entry of its allow-list
    /// (`RequestHead.functionNamedByRecord`): when there is no such function, the record is wrong.
    package var functionNamedByRecord: Bool
    /// The same for the environment.
    package var environmentNamedByRecord: Bool
    package var replyTopic: String?
    package var replyPartition: Int32?
    package var deadline: WallTime?
    /// Bytes of value, key and headers.
    package var byteCount: Int
    /// Set when the record cannot be a request: it is answered with this failure.
    package var rejection: Rejection?
}

// In an extension, so that it has the compiler's own initializer, as `ReplyFacts`.
extension Arrival {
    /// What is known of each record; a rejection is set where there is one.
    package init(
        request: RequestID,
        partition: PartitionID,
        offset: Offset,
        timestamp: WallTime? = nil,
        key: UInt64? = nil,
        function: String? = nil,
        environment: String? = nil,
        functionNamedByRecord: Bool = false,
        environmentNamedByRecord: Bool = false,
        replyTopic: String? = nil,
        replyPartition: Int32? = nil,
        deadline: WallTime? = nil,
        byteCount: Int = 0
    ) {
        self.init(
            request: request,
            partition: partition,
            offset: offset,
            timestamp: timestamp,
            key: key,
            function: function,
            environment: environment,
            functionNamedByRecord: functionNamedByRecord,
            environmentNamedByRecord: environmentNamedByRecord,
            replyTopic: replyTopic,
            replyPartition: replyPartition,
            deadline: deadline,
            byteCount: byteCount,
            rejection: nil
        )
    }
}

/// How one attempt ended.
package struct AttemptResult: Equatable, Codable, Sendable {
    package var code: OutcomeCode
    /// WeChat's own words, cut and redacted; empty on success.
    package var errmsg: String
    package var rid: String?
    /// The start of an answer without a readable errcode, redacted; else empty.
    package var excerpt: String
    /// The lower bound for the next attempt that an HTTP answer named, as it named it.
    package var retryAfter: Duration?
    /// `resp_data` at errcode 0 was no string: the function's failure.
    package var isReplyUnreadable: Bool
    /// Bytes of `resp_data` that are kept for the reply.
    package var answerByteCount: Int
    /// Looked at only when the code's meaning depends on the body (`OutcomeRules.dependsOnBody`).
    package var bodyIsJSON: Bool
    package var token: TokenGeneration
}

// In an extension for the same reason.
extension AttemptResult {
    /// An attempt's end; what only some codes ask of the body is set where they do.
    package init(
        code: OutcomeCode,
        errmsg: String = "",
        rid: String? = nil,
        excerpt: String = "",
        retryAfter: Duration? = nil,
        isReplyUnreadable: Bool = false,
        answerByteCount: Int = 0,
        token: TokenGeneration = 0
    ) {
        self.init(
            code: code,
            errmsg: errmsg,
            rid: rid,
            excerpt: excerpt,
            retryAfter: retryAfter,
            isReplyUnreadable: isReplyUnreadable,
            answerByteCount: answerByteCount,
            bodyIsJSON: false,
            token: token
        )
    }

    /// The end of an attempt that was answered.
    ///
    /// - Parameters:
    ///   - answer: what was read of it.
    ///   - retryAfter: the answer's own word on the next attempt.
    ///   - answerByteCount: bytes of `resp_data` that are kept.
    ///   - token: the one of the attempt.
    package init(
        reading answer: borrowing Answer,
        retryAfter: Duration?,
        answerByteCount: Int,
        token: TokenGeneration
    ) {
        let text: String? = if case .notText(let text) = answer.respData { text } else { nil }
        self.init(
            code: answer.code,
            errmsg: text ?? answer.errmsg,
            rid: answer.rid,
            excerpt: answer.excerpt,
            retryAfter: retryAfter,
            isReplyUnreadable: text != nil,
            answerByteCount: answerByteCount,
            bodyIsJSON: false,
            token: token
        )
    }
}

/// What an app's token source says.
package enum TokenEvent: Equatable, Codable, Sendable {
    case ready(TokenGeneration)
    /// The token endpoint refused: the app's configuration is wrong, or its quota is used up.
    case refused(OutcomeCode, errmsg: String, rid: String?, isUsable: Bool)
    /// The token endpoint cannot be reached or is busy. `isUsable`: an unexpired token is left.
    case away(OutcomeCode, detail: String, isUsable: Bool)
}

/// What the brokers said of a topic.
package enum TopicLookup: Equatable, Codable, Sendable {
    case exists(partitions: Int)
    /// The name of Kafka's error (`UNKNOWN_TOPIC_OR_PART`, `TOPIC_EXCEPTION`, …).
    case unusable(String)
    /// The brokers could not be asked; ask again later.
    case unanswered
}
