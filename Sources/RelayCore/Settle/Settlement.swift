/// An outcome on its way to the topics. Each request has one from its arrival on, or whoever asks for its legs would ask first
/// whether there is one.
struct Settlement: Sendable {
    /// One record to be written.
    enum Leg: Equatable {
        /// Not asked for.
        case unneeded
        /// Waits until the brokers say whether the topic exists.
        case lookingUp(Publication)
        /// Handed to the producer.
        case underWay(Publication)
        /// The producer refused for now; it is tried again at its time.
        case waiting(Publication)
        case written
        /// Waits until its lost partition is this member's again.
        case heldBack(Publication)
        /// Cannot be written for good.
        case refused(error: String)

        var publication: Publication? {
            switch self {
            case .lookingUp(let publication), .underWay(let publication), .waiting(let publication): publication
            case .unneeded, .written, .heldBack, .refused: nil
            }
        }

        /// What `publication` is, without a copy of it.
        var awaited: (id: PublicationID, form: Publication.Form)? {
            switch self {
            case .lookingUp(let publication), .underWay(let publication), .waiting(let publication):
                (publication.id, publication.form)
            case .unneeded, .written, .heldBack, .refused: nil
            }
        }

        var isUnneeded: Bool {
            if case .unneeded = self { true } else { false }
        }

        var isWritten: Bool {
            if case .written = self { true } else { false }
        }
    }

    /// How the request ended.
    struct Outcome {
        /// nil: success.
        let reason: FailureReason?
        /// Its class by the rules of that time, so that reply and dead letter agree.
        let outcomeClass: OutcomeClass
        let settledAt: Now
    }

    /// nil until it is known.
    var outcome: Outcome?
    var reply: Leg = .unneeded
    var deadLetter: Leg = .unneeded
    /// When the last of its publications was handed to the producer.
    private var handedOver: MonotonicTime?
    /// Publications made, so that a report of an earlier one is known as such.
    private var publications = 0
    /// Tries in a row that failed for now.
    var transientFailures = 0
    var isStuckReported = false

    /// The number of another publication.
    mutating func takeNumber() -> Int {
        defer { publications = (publications + 1) % PublicationID.attemptLimit }
        return publications
    }

    mutating func setLeg(_ leg: consuming Leg, isDeadLetter: Bool) {
        if isDeadLetter {
            deadLetter = leg
        } else {
            reply = leg
        }
    }

    /// A record goes to the producer.
    mutating func handOver(_ publication: Publication, at now: MonotonicTime) {
        setLeg(.underWay(publication), isDeadLetter: publication.id.isDeadLetter)
        handedOver = now
    }

    /// A record is acknowledged.
    mutating func noteWritten(isDeadLetter: Bool) {
        setLeg(.written, isDeadLetter: isDeadLetter)
        transientFailures = 0
    }

    /// Whether the reply is all that was to be written, and is: most end so.
    var isReplyWrittenAlone: Bool { reply.isWritten && deadLetter.isUnneeded }

    /// Since when the producer has had its last record; nil while it has none.
    var underWaySince: MonotonicTime? {
        let isUnderWay = [reply, deadLetter].contains {
            if case .underWay = $0 { true } else { false }
        }
        return isUnderWay ? handedOver : nil
    }
}
