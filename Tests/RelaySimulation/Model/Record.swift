import RelayCore

/// A record of a request topic, and the truth about it.
struct Record {
    enum Kind {
        case request
        /// A null value under `on-null: skip`.
        case tombstone
        /// Not readable as a request.
        case malformed
    }

    /// How its function takes it.
    enum Nature {
        case well, throwing, timingOut, refused, unreadableReply, hugeReply
    }

    let number: Int
    let partition: Int
    let offset: Int64
    let kind: Kind
    let nature: Nature
    /// nil: without a key.
    let key: UInt64?
    let function: Int
    /// The record's own header names the function, and nobody else does.
    let isFunctionNamed: Bool
    /// A topic's index in `ModelBroker.topics`.
    let replyTopic: Int?
    let replyPartition: Int32?
    let deadline: WallTime?
    let timestamp: WallTime
    let byteCount: Int
    /// Some reader's or commit's offset was behind this one's already when the log was cut and written anew: nobody can
    /// know that it is another record.
    let isShadowed: Bool

    /// Deleted by retention, or gone with its log.
    var isGone = false
    /// A commit has told an owner that it is done: should it be called again, when the brokers take no more lists, nobody
    /// knows how often it had been.
    var isToldDone = false
    /// The assignments, by their number, under which its function was run.
    var executions: [Int] = []
    var replies = 0
    var deadLetters = 0
    var calls = 0
}

/// A partition's log.
struct ModelLog {
    let partition: Int
    let pipeline: Int
    let topic: String
    let number: Int32
    /// Numbers of its records, by rising offsets.
    var records: [Int] = []
    /// The first offset that is still there.
    var start: Int64 = 0
    /// Behind the last record or transaction marker.
    var end: Int64 = 0
    /// Behind everything that any reader was ever given.
    var furthestRead: Int64 = 0
    var committed: Int64?
    /// Opaque to the broker.
    var metadata: [UInt8] = []
    /// The log was cut, or metadata could not be used: what is known of runs before is lost, and wxrelay says so.
    var hasLostCounts = false
    /// Offsets of records below `committed` were checked up to here.
    var checkedTo = 0

    /// Whether the group is done with all of it. A commit from before a cut may lie behind the log's end.
    var isCommitted: Bool { committed.map { $0 >= end } ?? (end == 0) }

    /// The index of the first record at or behind an offset.
    func index(from offset: Int64, in all: [Record]) -> Int {
        var low = 0
        var high = records.count
        while low < high {
            let middle = (low + high) / 2
            if all[records[middle]].offset < offset { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
