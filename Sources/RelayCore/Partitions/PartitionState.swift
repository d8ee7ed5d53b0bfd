/// One assigned partition's whole state.
struct PartitionState: Sendable {
    enum Phase {
        case active
        /// Revoked: calls under way may end, nothing new starts.
        case draining
        /// Not relayed (out of range): no reading, no commit.
        case stopped
    }

    let id: PartitionID
    let topic: String
    let partition: Int32
    let pipeline: Int
    var phase: Phase
    var ledger: OffsetLedger
    /// The last offset that the brokers acknowledged.
    var committed: Offset?
    /// Open requests; fewer than the ledger's open offsets once some were dropped.
    var requestCount = 0
    var openBytes = 0
    /// The shell was refused room: it is told when there is some again.
    var isStarved = false
    /// From when on its share of the app's limits is this owner's.
    let sharesFrom: MonotonicTime

    /// - Parameters:
    ///   - assignment: what the group gave.
    ///   - sharesFrom: when an owner before has surely ended its calls.
    init(_ assignment: AssignedPartition, sharesFrom: MonotonicTime) {
        self.sharesFrom = sharesFrom
        id = assignment.id
        topic = assignment.topic
        partition = assignment.partition
        pipeline = assignment.pipeline
        ledger = OffsetLedger(position: assignment.start)
        committed = assignment.committed
        phase = assignment.isStopped ? .stopped : .active
    }

    /// Whether a commit would tell the brokers something new.
    var hasUncommitted: Bool {
        phase != .stopped && ledger.commitPosition != committed
    }
}
