import RelayCore
import Testing

/// What a test knows of the records it gave to a machine: who is open, what was answered, what may be committed.
struct RecordLog {
    private struct Assignment {
        let start: Offset
        var highest: Offset?
        var unanswered: Set<Offset> = []
    }

    private struct Open {
        var partition: PartitionID
        let offset: Offset
        let key: UInt64?
        var app: Int?
    }

    private var assignments: [PartitionID: Assignment] = [:]
    private var open: [RequestID: Open] = [:]
    /// By slot: what the brokers have for the group.
    private(set) var committed: [Int: Offset] = [:]

    var openCount: Int { open.count }
    var openIDs: [RequestID] { open.keys.sorted { ($0.index, $0.generation) < ($1.index, $1.generation) } }

    mutating func begin(_ id: PartitionID, at start: Offset) {
        assignments[id] = Assignment(start: start)
    }

    mutating func end(_ id: PartitionID) {
        assignments[id] = nil
    }

    /// A lost partition is back, and its records are still open.
    mutating func move(_ old: PartitionID, to new: PartitionID) {
        assignments[new] = assignments.removeValue(forKey: old)
        for (id, record) in open where record.partition == old { open[id]?.partition = new }
    }

    /// A record comes to the machine; one that was answered under an owner before may be passed over.
    mutating func take(
        _ offset: Offset,
        in partition: PartitionID,
        as id: RequestID,
        key: UInt64?,
        isAnswered: Bool = false
    ) {
        if open[id] != nil { Issue.record("\(id) is given to two records") }
        open[id] = Open(partition: partition, offset: offset, key: key)
        if let highest = assignments[partition]?.highest, highest >= offset { return }
        assignments[partition]?.highest = offset
        if !isAnswered { assignments[partition]?.unanswered.insert(offset) }
    }

    mutating func note(_ app: Int, of id: RequestID) {
        open[id]?.app = app
    }

    mutating func answer(_ id: RequestID) {
        guard let request = open[id] else { return }
        assignments[request.partition]?.unanswered.remove(request.offset)
    }

    mutating func release(_ id: RequestID) {
        if open.removeValue(forKey: id) == nil { Issue.record("\(id) is released twice") }
    }

    /// A commit must not pass a record without an acknowledged outcome.
    func check(_ commit: PartitionCommit) {
        guard let assignment = assignments[commit.id] else {
            Issue.record("a commit for \(commit.id), which is not assigned")
            return
        }
        if let lost = assignment.unanswered.min(), lost < commit.offset {
            Issue.record("\(commit.offset) is committed over the open record \(lost) of \(commit.id)")
        }
        if commit.offset < assignment.start { Issue.record("\(commit.offset) is behind the start of \(commit.id)") }
    }

    /// The brokers take no commit from an owner that is none any more.
    mutating func commit(_ offset: Offset, of id: PartitionID) {
        guard assignments[id] != nil else { return }
        committed[id.slot] = offset
    }

    func place(of id: RequestID) -> (partition: PartitionID, offset: Offset)? {
        open[id].map { ($0.partition, $0.offset) }
    }

    func app(of id: RequestID) -> Int? { open[id]?.app }

    func callOfSameKey(as id: RequestID, among underWay: Set<RequestID>) -> RequestID? {
        guard let own = open[id], let key = own.key else { return nil }
        return underWay.first { $0 != id && open[$0]?.key == key && open[$0]?.partition == own.partition }
    }
}
