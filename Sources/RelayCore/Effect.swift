/// What the core asks the shell to do. Appended to a list that the shell owns and reuses.
package enum Effect: Equatable, Codable, Sendable {
    /// Make one HTTP request for this request with the app's current token.
    case call(RequestID)
    /// Close the request's call if one is under way; its result no longer counts.
    case cancel(RequestID)
    /// The request will wait: copy it out of the fetch buffer that it pins.
    case copyOut(RequestID)
    /// The request is over: forget its payload.
    case release(RequestID)
    /// There is room again in a partition whose queue was left unread.
    case readOn(PartitionID)
    case publish(Publication)
    /// Ask the brokers about a topic through the consumer handle (a producer handle would create it).
    case lookUpTopic(String)
    /// Commit `RelayMachine.commitsUnderWay`.
    case commit
    /// Let go of a partition, though the group did not ask for it, look up where it begins now, and assign it anew: its
    /// next offset is not in its log, and `on-out-of-range` says to go on.
    case takeUpAgain(PartitionID)
    /// Unassign these partitions: drained and committed, or given up. Each `Event.revoked` is answered so, once; two
    /// that came together are answered by one.
    case letGo([PartitionID])
    /// The token of this generation was refused by a call.
    case refreshToken(app: Int, refused: TokenGeneration)
    /// Ask the token endpoint once: a hold's probe.
    case probeToken(app: Int)
    /// Make the call that changes nothing (`openapi/quota/get`): a hold's probe where no call may be risked.
    case probeHost(app: Int)
    /// WeChat says that the address is retired at which it was called (48017): no connection of the app that is there
    /// now is used for another request, so that the next ones resolve the host's name anew. Before the calls that
    /// follow it.
    case dropConnections(app: Int)
    /// Elsewhere in memory: reports are rare and large, and each effect would be as large as they.
    indirect case report(Report)
    /// The stop is complete; `isClean` when nothing that was begun is left.
    case finished(isClean: Bool)
}

/// Where and how one outcome is written.
package struct Publication: Equatable, Codable, Sendable {
    package var id: PublicationID
    package var topic: String
    /// nil: by key.
    package var partition: Int32?
    package var form: Form
    /// `wxrelay-reply-error`: why the answer is not where it was asked for.
    package var replyError: String?

    package enum Form: Equatable, Codable, Sendable {
        /// `resp_data`, byte for byte.
        case answer
        /// The failure document.
        case failure
        /// The document that stands for an answer the topic does not take.
        case tooLarge
        /// The original record with `wxrelay-dlq-*` headers.
        case deadLetter
    }
}

/// One try to write one of a request's outcomes.
package struct PublicationID: Hashable, Codable, Sendable {
    package let request: RequestID
    package let isDeadLetter: Bool
    package let attempt: Int

    /// Numbers of tries go round: what is carried through a producer has this much room for them, and a report is
    /// never that many tries late.
    package static let attemptLimit = 0x8000

    package init(request: RequestID, isDeadLetter: Bool, attempt: Int) {
        self.request = request
        self.isDeadLetter = isDeadLetter
        self.attempt = attempt
    }
}

/// What a person should know: one log event each.
package enum Report: Equatable, Codable, Sendable {
    case holdOpened(HoldReport)
    case holdProbeFailed(HoldReport)
    case holdClosed(HoldReport, lasted: Duration)
    /// A code that no table lists, at its first sight.
    case unlistedCode(OutcomeCode, errmsg: String)
    /// An answer went elsewhere than its asker said.
    case replyRedirected(RequestID, topic: String, error: String, to: String)
    /// Neither reply nor dead letter can be written: the partition waits.
    case nowhereToWrite(RequestID, error: String)
    /// The reply is written, its dead letter cannot be.
    case deadLetterDropped(record: String, error: String)
    /// The brokers refused a commit, and by `count` how many since this was last told of the partition.
    case commitRefused(topic: String, partition: Int32, error: String, count: Int)
    /// The time between two events was longer than the session: calls wait for a commit's answer.
    case lateTick(gap: Duration)
    /// No commit could be made for longer than a rebalance may take: the group does not come together.
    case gateStaysClosed(for: Duration)
    /// What `gateStaysClosed` told of is over.
    case gateOpened(after: Duration)
    /// A partition's next offset is not in its log: records were deleted before they were relayed, or the log was cut.
    /// `isTakenUp`: it goes on where the log begins now; else it stops.
    case leftLog(topic: String, partition: Int32, offset: Offset, isTakenUp: Bool)
    /// A lost partition is in limbo no more; so many requests of it were kept.
    case limboEnded(LimboEnd, topic: String, partition: Int32, requests: Int)
    /// Something that should have happened did not.
    case stalled(String)
}

/// How a lost partition's time in limbo ended.
package enum LimboEnd: Equatable, Codable, Sendable {
    /// It came back, nobody else had begun, and it goes on.
    case resumed
    /// It came back, and what is committed is not this member's last word.
    case changedHands
    /// It did not come back within `session.timeout.ms`.
    case outOfTime
    /// The relay stops.
    case stopped
}

/// A hold in words.
package struct HoldReport: Equatable, Codable, Sendable {
    package var app: String
    package var scope: HoldScope
    /// The environment, or environment and function; empty for an app.
    package var name: String
    package var cause: HoldCause
    package var code: OutcomeCode
    package var errmsg: String
    package var rid: String?
    package var remedy: String
    package var nextProbe: Duration?
    package var waiting: Int
}
