/// What the last owner's commit says of records that have not come to this one yet.
struct InheritedRecords: Sendable {
    enum Fate: Equatable {
        case done
        case open(CallHistory)
    }

    /// Up to here and not in the list: done.
    let highestDone: SeenRecord?
    private let open: [OpenRecord]
    /// The first of `open` that has neither come nor been passed.
    private var next = 0

    /// - Parameter metadata: the last owner's.
    init(_ metadata: CommitMetadata) {
        highestDone = metadata.highestDone
        // A call that the last owner may have made since, or that was under way when it ended.
        let limit = metadata.isClean ? nil : metadata.admissionLimit
        open = metadata.open.map { record in
            guard let limit, record.offset <= limit, let history = record.history else { return record }
            var later = record
            later.history?.invocationsPossible = history.invocationsPossible + 1
            return later
        }
    }

    /// What became of the next record to come; nil when the commit says nothing of it.
    mutating func take(_ offset: Offset) -> Fate? {
        pass(offset)
        if next < open.count, open[next].offset == offset {
            defer { next += 1 }
            return open[next].history.map { .open($0) }
        }
        return highestDone.map { offset <= $0.offset } ?? false ? .done : nil
    }

    /// Records below are not waited for: they are no longer in the log.
    mutating func pass(_ position: Offset) {
        while next < open.count, open[next].offset < position { next += 1 }
    }

    /// Whether it says nothing of any record from a position on.
    func isOver(at position: Offset) -> Bool {
        next == open.count && highestDone.map { $0.offset < position } ?? true
    }

    /// The open records that have not come yet.
    var remaining: ArraySlice<OpenRecord> { open[next...] }
}
