/// One assigned partition's whole state.
struct PartitionState: Sendable {
    enum Phase {
        case active
        /// Revoked: calls under way may end, nothing new starts.
        case draining
        /// Not relayed (out of range): no reading, no commit.
        case stopped
        /// Lost: calls under way may end, nothing new starts, nothing is written or committed.
        case limbo
    }

    var id: PartitionID
    let topic: String
    let partition: Int32
    let pipeline: Int
    var phase: Phase
    var ledger: OffsetLedger
    /// The last offset that the brokers acknowledged.
    var committed: Offset?
    /// Open requests; fewer than the ledger's open offsets once some were dropped.
    private(set) var requestCount = 0
    private(set) var openBytes = 0
    /// The shell was refused room: it is told when there is some again.
    var isStarved = false
    /// It was left unread while enough of its pipeline waited to be called.
    var waitsForLine = false
    /// From when on its share of the app's limits is this owner's.
    var sharesFrom: MonotonicTime

    // MARK: What the owners before left

    /// nil once all that it tells of has come.
    private(set) var inherited: InheritedRecords?
    private let earlierRuns: [EarlierRuns]
    private let doubtfulLimit: Offset?

    // MARK: What this owner commits

    let place: UInt64
    let nonce: UInt64
    /// The offset of the last commit that was begun; nil before the first.
    var offeredPosition: Offset?
    /// Nothing is called or written: from the loss on until a commit of the next assignment is acknowledged.
    var isHeldBack = false
    /// Until when it is kept in limbo.
    var limboEnds: MonotonicTime?
    /// No record above it is called: that of the last acknowledged commit of this assignment, nil before the first.
    var admissionLimit: Offset?
    /// That of the commit under way, else `admissionLimit`.
    var offeredLimit: Offset?
    /// Counts this assignment's commits.
    var commitsBegun = 0
    var lastAcknowledged = 0
    /// `OffsetLedger.changes` of the last acknowledged commit, nil before the first.
    var committedChanges: Int?
    /// `commitsBegun` when a call that may have run was last noted for a record that will be called again.
    var lastRunNoted: Int?
    var commitWish = CommitWish.none
    /// The brokers take no list from this partition.
    var isListRefused = false
    /// The last acknowledged commit was a settled one, behind the last call's end.
    var isHandedOver = false
    /// Requests that wait for a commit, in the order of their coming.
    var waitingForCommit: [RequestID] = []
    /// Since when they have waited with the gate open and no commit was acknowledged.
    var commitAwaitedSince: MonotonicTime?
    /// Refused commits since that was last told, and when it was.
    var refusalsUntold = 0
    var refusalTold: MonotonicTime?

    /// - Parameters:
    ///   - assignment: what the group gave.
    ///   - nonce: drawn for this assignment.
    ///   - sharesFrom: when an owner before has surely ended its calls.
    init(_ assignment: AssignedPartition, nonce: UInt64, sharesFrom: MonotonicTime) {
        self.sharesFrom = sharesFrom
        id = assignment.id
        topic = assignment.topic
        partition = assignment.partition
        pipeline = assignment.pipeline
        ledger = OffsetLedger(position: assignment.start)
        committed = assignment.committed
        phase = assignment.isStopped ? .stopped : .active
        place = CommitMetadata.place(topic: assignment.topic, partition: assignment.partition)
        self.nonce = nonce
        switch assignment.inheritance {
        case .nothing:
            (earlierRuns, doubtfulLimit) = ([], nil)
        case .records(let metadata):
            inherited = InheritedRecords(metadata)
            var runs = metadata.earlierRuns
            if !metadata.isClean { runs.add(limit: metadata.admissionLimit) }
            (earlierRuns, doubtfulLimit) = (runs, metadata.doubtfulLimit)
        case .doubtful(let end):
            (earlierRuns, doubtfulLimit) = ([], Offset(end.value - 1))
        }
    }

    // MARK: Records that come

    /// Its pipeline, while it takes records.
    var readingPipeline: Int? { phase == .active ? pipeline : nil }

    mutating func openRequest(of byteCount: Int) {
        requestCount += 1
        openBytes += byteCount
    }

    mutating func closeRequest(of byteCount: Int) {
        requestCount -= 1
        openBytes -= byteCount
    }

    /// What is to be done for a record that has come.
    enum Entry {
        /// To be called: its handle in the ledger, and what the owners before did for it.
        case open(handle: Int, CallHistory)
        /// Nothing: an owner before has done it.
        case done
        /// Nothing: it came again.
        case repeated
    }

    /// Enters the next record into the ledger.
    mutating func enter(_ offset: Offset, timestamp: WallTime?) -> Entry {
        guard offset >= ledger.position else { return .repeated }
        guard case .open(let history) = fate(of: offset) else {
            ledger.admitDone(offset, timestamp: timestamp)
            return .done
        }
        let handle = ledger.admit(offset, timestamp: timestamp, history: history)
        return handle.map { .open(handle: $0, history) } ?? .repeated
    }

    /// What is known of the next record to come.
    private mutating func fate(of offset: Offset) -> InheritedRecords.Fate {
        guard inherited != nil else { return .open(plainHistory(of: offset)) }
        let fate = inherited?.take(offset) ?? .open(plainHistory(of: offset))
        if inherited?.isOver(at: offset.next) ?? false { inherited = nil }
        return fate
    }

    private func plainHistory(of offset: Offset) -> CallHistory {
        CallHistory(invocationsPossible: earlierRuns.possibleRuns(of: offset))
    }

    /// Whether the record may have run under an owner whose metadata could not be used.
    func isDoubtful(_ offset: Offset) -> Bool {
        doubtfulLimit.map { offset <= $0 } ?? false
    }

    /// What all of its records wait behind under `ordering: partition`.
    var partitionKey: UInt64 { KeyHash.hash(RawSpan(), partition: place) }

    // MARK: Commits

    /// Whether the brokers know something else than what is so.
    var hasChanged: Bool { committedChanges != ledger.changes }

    /// Whether something was done that no acknowledged commit tells: whoever comes next calls it again.
    var isUncommitted: Bool {
        guard phase != .stopped, let lastCompletion = ledger.lastCompletion else { return false }
        return committedChanges.map { lastCompletion > $0 } ?? true
    }

    /// Whether so much of the room between position and limit is used that another commit should raise the limit.
    func wantsAdmission(_ window: WindowPolicy) -> Bool {
        guard let offeredLimit else { return true }
        return offeredLimit.value - ledger.position.value < Int64(window.open / 2)
    }

    /// Up to where calls may be made once a commit that begins now is acknowledged.
    ///
    /// Under a pause nothing is called, and the next owner is not to suspect it.
    ///
    /// - Parameters:
    ///   - window: the pipeline's.
    ///   - isPaused: the pipeline is.
    ///   - isSettled: no call is made before another commit.
    /// - Returns: the limit. It is lower than the last one only where that is settled.
    func nextLimit(_ window: WindowPolicy, isPaused: Bool, isSettled: Bool) -> Offset {
        let limit = Offset(ledger.position.value + (isPaused || isSettled ? -1 : Int64(window.open)))
        return isSettled ? limit : max(limit, admissionLimit ?? limit)
    }

    /// What a commit that begins now says.
    ///
    /// - Parameters:
    ///   - limit: its admission limit.
    ///   - isSettled: all calls are over, and none is made before another commit.
    /// - Returns: as much as the brokers take.
    func metadata(limit: Offset, isSettled: Bool) -> CommitMetadata {
        let base = ledger.commitPosition
        var metadata = CommitMetadata(
            place: place,
            base: base,
            // A limit below the base would be no metadata; of what is clean nobody looks at it.
            admissionLimit: max(limit, base),
            nonce: nonce,
            isClean: isSettled,
            baseTimestamp: ledger.baseTimestamp,
            earlierRuns: earlierRuns.filter { $0.limit >= base },
            doubtfulLimit: doubtfulLimit.flatMap { $0 >= base ? $0 : nil }
        )
        let highestDone =
            inherited?.highestDone.flatMap { $0.offset >= ledger.position ? $0 : nil }
            ?? ledger.highestDone(below: ledger.position)
        metadata.highestDone = highestDone
        metadata.open = ledger.openRecords(completeUpTo: highestDone?.offset, earlierRuns: earlierRuns)
        if let inherited { metadata.open += inherited.remaining.drop { $0.offset < ledger.position } }
        return isListRefused ? metadata.withoutList(ledger) : metadata.fitted(ledger)
    }
}

/// How much a partition needs a commit before the next regular one.
enum CommitWish: Int, Comparable {
    case none
    /// A record's next call waits for it, or a stop's end.
    case soon
    /// The room for calls runs out.
    case atOnce

    static func < (left: CommitWish, right: CommitWish) -> Bool { left.rawValue < right.rawValue }
}
