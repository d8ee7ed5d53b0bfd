package import FakeWeChat

/// What a run left behind: the topics, the committed offsets as an outsider saw them, and WeChat's own log of calls.
///
/// Nothing in it comes from a relay's memory or log. `accidents` is the conductor's diary: it explains repeated calls and
/// proves nothing.
package struct History: Sendable {
    /// The request topic, in each partition's order.
    package var requests: [RequestRecord] = []
    /// The reply topic.
    package var replies: [AnswerRecord] = []
    /// The dead-letter topic.
    package var deadLetters: [AnswerRecord] = []
    /// In the order of their arrival.
    package var calls: [Call] = []
    /// In the order of time.
    package var samples: [Sample] = []
    package var accidents: [Accident] = []
    /// How relay processes ended.
    package var endings: [Ending] = []

    package init() {}
}

/// A place in a topic.
package struct Place: Hashable, Comparable, Sendable, CustomStringConvertible {
    package var partition: Int32
    package var offset: Int64

    package init(partition: Int32, offset: Int64) {
        self.partition = partition
        self.offset = offset
    }

    package var description: String { "\(partition)/\(offset)" }

    package static func < (left: Place, right: Place) -> Bool {
        (left.partition, left.offset) < (right.partition, right.offset)
    }
}

/// A record of the request topic. Its id may stand there twice: then its writer had to write it again.
package struct RequestRecord: Sendable {
    package var place: Place
    package var id: String
    package var key: String
    /// `CallLog.hash` of the value: the function echoes it.
    package var hash: UInt64

    package init(place: Place, id: String, key: String, hash: UInt64) {
        self.place = place
        self.id = id
        self.key = key
        self.hash = hash
    }
}

/// A record of the reply or the dead-letter topic.
package struct AnswerRecord: Sendable {
    /// Its own place.
    package var place: Place
    /// The request's id that it carries.
    package var id: String
    /// Where it says that its request is.
    package var source: Place?
    /// Which relay wrote it: a reply names its function, and each relay calls one of its own. A dead letter does not.
    package var relay: String?
    /// The record's timestamp: when its relay handed it to the producer.
    package var time: Int64
    package var isOK: Bool
    /// `wxrelay-invocations-possible`.
    package var runsPossible: Int
    /// `CallLog.hash` of the value.
    package var hash: UInt64

    package init(
        place: Place,
        id: String,
        source: Place?,
        relay: String?,
        time: Int64,
        isOK: Bool,
        runsPossible: Int,
        hash: UInt64
    ) {
        self.place = place
        self.id = id
        self.source = source
        self.relay = relay
        self.time = time
        self.isOK = isOK
        self.runsPossible = runsPossible
        self.hash = hash
    }
}

/// A call as WeChat's side logged it.
package struct Call: Sendable {
    package var id: String
    /// Which relay made it: each calls a function of its own name.
    package var relay: String
    /// Milliseconds since 1970, like all times here.
    package var arrival: Int64
    /// Nil when it never ended.
    package var end: Int64?
    /// Whether the function ran.
    package var ran: Bool
    package var outcome: CallOutcome?

    package init(id: String, relay: String, arrival: Int64, end: Int64?, ran: Bool, outcome: CallOutcome?) {
        self.id = id
        self.relay = relay
        self.arrival = arrival
        self.end = end
        self.ran = ran
        self.outcome = outcome
    }

    /// Whether the function returned or threw: nobody would call it again who knows.
    package var isFinal: Bool { outcome == .errcode(0) || outcome == .errcode(-504_002) }
}

/// What the group had committed, then where the logs ended: asked in this order, so an answer that a commit rests on lies
/// below the ends.
package struct Sample: Sendable {
    package var time: Int64
    /// The next offset to read, of each partition that has a commit.
    package var committed: [Int32: Int64]
    /// Whose word each commit is: the nonce in its metadata, which each owner has of its own.
    package var owners: [Int32: UInt64]
    package var requestEnds: [Int32: Int64]
    package var replyEnds: [Int32: Int64]
    package var deadLetterEnds: [Int32: Int64]
    /// Since the sample before a relay ran and was not stopped by a signal, and the broker was up.
    package var isProgressDue: Bool

    package init(
        time: Int64,
        committed: [Int32: Int64],
        owners: [Int32: UInt64] = [:],
        requestEnds: [Int32: Int64],
        replyEnds: [Int32: Int64],
        deadLetterEnds: [Int32: Int64] = [:],
        isProgressDue: Bool = true
    ) {
        self.time = time
        self.committed = committed
        self.owners = owners
        self.requestEnds = requestEnds
        self.replyEnds = replyEnds
        self.deadLetterEnds = deadLetterEnds
        self.isProgressDue = isProgressDue
    }

    /// How many records the reply topic had.
    var replies: Int64 { replyEnds.values.reduce(0, +) }

    /// Whether a partition has more than is committed; logs of requests have no gaps.
    var hasOpenRequests: Bool { requestEnds.contains { committed[$0.key] ?? 0 < $0.value } }
}

/// Something that was done to the group.
package struct Accident: Sendable {
    package enum Kind: String, CaseIterable, Sendable {
        case kill = "SIGKILL"
        case suspension = "SIGSTOP"
        case termination = "SIGTERM"
        case join = "join"
        case brokerPause = "broker paused"
        case brokerRestart = "broker restarted"
        case eviction = "broker restarted to evict"
        case gatewayRestart = "gateway restarted"
    }

    package var kind: Kind
    /// Whom it struck; nil for the broker and WeChat.
    package var relay: String?
    package var begin: Int64
    package var end: Int64

    package init(_ kind: Kind, relay: String? = nil, begin: Int64, end: Int64) {
        self.kind = kind
        self.relay = relay
        self.begin = begin
        self.end = end
    }
}

/// How a relay process ended, and what it had been told.
package struct Ending: Sendable {
    package enum How: Equatable, Sendable {
        case exit(Int32)
        case signal(Int32)
    }

    package enum Told: Equatable, Sendable {
        case nothing
        /// SIGKILL.
        case kill
        /// SIGTERM among the accidents.
        case stop
        /// SIGTERM in the end, when all is done.
        case lastStop
    }

    package var relay: String
    package var told: Told
    package var how: How
    /// When it was told, and when it was gone.
    package var begin: Int64
    package var end: Int64

    package init(relay: String, told: Told, how: How, begin: Int64, end: Int64) {
        self.relay = relay
        self.told = told
        self.how = how
        self.begin = begin
        self.end = end
    }
}
