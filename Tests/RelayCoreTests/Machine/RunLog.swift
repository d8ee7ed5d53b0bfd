import RelayCore
import Testing

/// What a test knows of the calls of each record under all owners of its partition, and what it holds the machine to.
struct RunLog {
    private struct Place: Hashable {
        let slot: Int
        let offset: Offset
    }

    private struct Assignment {
        let inherited: CommitMetadata?
        let pipeline: Int
        var limit: Offset?
    }

    /// By pipeline: what holds now.
    var maybeRan: [MaybeRanRule] = []
    private var assignments: [PartitionID: Assignment] = [:]
    /// How often the function may really have run.
    private var runs: [Place: Int] = [:]
    private var answered: Set<Place> = []
    /// By slot: what the brokers have for the group beside the offset.
    private(set) var metadata: [Int: [UInt8]] = [:]

    /// Timestamps differ from record to record.
    static func timestamp(of offset: Offset) -> WallTime {
        WallTime(milliseconds: 1_700_000_000_000 + offset.value * 7)
    }

    /// What the next owner of a partition reads from the group's commit.
    func inheritance(slot: Int, committed: Offset?, low: Offset = Offset(0)) -> Inheritance {
        let end = Offset(1 << 40)
        let reading = CommitReading.reading(
            metadata[slot],
            topic: "requests",
            partition: Int32(slot),
            committed: committed,
            low: low,
            end: end
        )
        let finding = reading.anchor.map { AnchorFinding.record(Self.timestamp(of: $0.offset)) } ?? .absent
        return reading.verified(by: finding, end: end, mayAskAgain: false)?.inheritance ?? .nothing
    }

    mutating func begin(_ id: PartitionID, _ inheritance: Inheritance, pipeline: Int) {
        let inherited = if case .records(let metadata) = inheritance { metadata } else { CommitMetadata?.none }
        assignments[id] = Assignment(inherited: inherited, pipeline: pipeline)
    }

    mutating func end(_ id: PartitionID) {
        assignments[id] = nil
    }

    /// A lost partition is back; nothing may be called before the next commit.
    mutating func move(_ old: PartitionID, to new: PartitionID) {
        assignments[new] = assignments.removeValue(forKey: old)
        assignments[new]?.limit = nil
    }

    mutating func acknowledge(_ commit: PartitionCommit) {
        guard assignments[commit.id] != nil else { return }
        assignments[commit.id]?.limit = commit.admissionLimit
        metadata[commit.id.slot] = commit.metadata
    }

    /// A call must lie within the acknowledged limit and must not be of a record that is done, or perhaps run where that
    /// is not to be risked.
    mutating func call(_ offset: Offset, of id: PartitionID) {
        runs[Place(slot: id.slot, offset: offset), default: 0] += 1
        guard let assignment = assignments[id] else {
            Issue.record("\(offset) of \(id) is called, which is not assigned")
            return
        }
        if assignment.limit.map({ offset > $0 }) ?? true {
            Issue.record("\(offset) is called, beyond the acknowledged limit \(assignment.limit as Any)")
        }
        guard let inherited = assignment.inherited else { return }
        let isListed = inherited.open.contains { $0.offset == offset }
        if !isListed && inherited.highestDone.map({ offset <= $0.offset }) ?? false {
            Issue.record("\(offset) is called and was done")
        }
        if maybeRan[assignment.pipeline] == .fail && !inherited.isClean && offset <= inherited.admissionLimit {
            Issue.record("\(offset) is called and may have run")
        }
    }

    /// The last call has not run the function.
    mutating func didNotRun(_ offset: Offset, of id: PartitionID) {
        runs[Place(slot: id.slot, offset: offset), default: 0] -= 1
    }

    mutating func answer(_ offset: Offset, of id: PartitionID) {
        answered.insert(Place(slot: id.slot, offset: offset))
    }

    func isAnswered(_ offset: Offset, of id: PartitionID) -> Bool {
        answered.contains(Place(slot: id.slot, offset: offset))
    }

    func check(_ facts: ReplyFacts, _ offset: Offset, of id: PartitionID) {
        let most = runs[Place(slot: id.slot, offset: offset)] ?? 0
        if facts.invocationsPossible < most {
            Issue.record("\(offset) may have run \(most) times, its answer says \(facts.invocationsPossible)")
        }
    }
}
