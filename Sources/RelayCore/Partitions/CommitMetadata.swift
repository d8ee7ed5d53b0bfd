/// What a commit says beside its offset, for whoever owns the partition next.
///
/// A commit is one number, the lowest open offset, but calls end out of order. The metadata tells which records above
/// it are done, and up to where calls may have been made since: so a new owner repeats nothing that is done, and knows
/// of each other record how often it may have run.
///
/// On the wire it is base64 of at most 3,072 bytes, since brokers take 4,096 (`offset.metadata.max.bytes`) and librdkafka
/// cuts what it reads at a zero byte. Little-endian: version u8, flags u8, place u64, base i64, admission limit i64,
/// nonce u64, timestamps of the base and of the highest done record i64 each; then in varints the highest done record,
/// the earlier runs, the doubtful limit, the open records; at the end CRC-32C u32 of all before it. The first byte and the
/// last four keep their meaning in every later version.
package struct CommitMetadata: Equatable, Codable, Sendable {
    /// `place(topic:partition:)` of the partition that it was written for: tools that copy a group's offsets to other
    /// topics or clusters copy it as well.
    package var place: UInt64
    /// The offset that is committed with it.
    package var base: Offset
    /// No record above it was called under the assignment that made the commit.
    package var admissionLimit: Offset
    /// Drawn at the beginning of each assignment.
    package var nonce: UInt64
    /// All calls of the assignment are over, those that were cut are in the histories of their records, and none follows:
    /// the assignment has ended, or its pipeline is paused with nothing open and commits again before a call.
    package var isClean: Bool
    /// The timestamp of the record at `base`, nil when it is not known.
    package var baseTimestamp: WallTime?
    /// Every record from `base` up to here that is not in `open` is done; nil when none above `base` is.
    package var highestDone: SeenRecord?
    /// What owners before the last one left open, by ascending limits.
    package var earlierRuns: [EarlierRuns] = []
    /// Up to here a record may have run once more, under an owner whose metadata could not be used. That is told and
    /// nothing more: `maybe-ran: fail` does not look at it.
    package var doubtfulLimit: Offset?
    /// Records that are not done, by ascending offset: all of them up to `highestDone`, and above it those with a history.
    package var open: [OpenRecord] = []

    package init(
        place: UInt64,
        base: Offset,
        admissionLimit: Offset,
        nonce: UInt64,
        isClean: Bool,
        baseTimestamp: WallTime? = nil,
        highestDone: SeenRecord? = nil,
        earlierRuns: [EarlierRuns] = [],
        doubtfulLimit: Offset? = nil,
        open: [OpenRecord] = []
    ) {
        self.place = place
        self.base = base
        self.admissionLimit = admissionLimit
        self.nonce = nonce
        self.isClean = isClean
        self.baseTimestamp = baseTimestamp
        self.highestDone = highestDone
        self.earlierRuns = earlierRuns
        self.doubtfulLimit = doubtfulLimit
        self.open = open
    }

    /// A hash of a topic's name and a partition's number (FNV-1a, 64 bits), the same in every process and version.
    package static func place(topic: String, partition: Int32) -> UInt64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        func add(_ byte: UInt8) { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        for byte in topic.utf8 { add(byte) }
        // No topic's name has a zero byte, so it ends one.
        add(0)
        for shift in stride(from: 0, to: 32, by: 8) { add(UInt8(truncatingIfNeeded: partition >> shift)) }
        return hash
    }

    /// The record that tells whether the log is still the one that was committed.
    package var anchor: SeenRecord? {
        highestDone ?? baseTimestamp.map { SeenRecord(offset: base, timestamp: $0) }
    }

    /// What it says of the records from an offset on, those below being no longer in the log.
    ///
    /// Where it calls none of them done, it has no anchor either: a suspicion needs no proof of the log.
    func ofRecords(from low: Offset) -> CommitMetadata {
        guard base < low else { return self }
        var rest = self
        rest.baseTimestamp = nil
        if let highestDone, highestDone.offset < low { rest.highestDone = nil }
        rest.open.removeAll { $0.offset < low }
        return rest
    }

    /// How often a record that is not done may have run, when no history says more.
    package func possibleRuns(of offset: Offset) -> Int {
        earlierRuns.possibleRuns(of: offset)
    }
}

/// A record by its place and its timestamp: together they are not those of another one.
package struct SeenRecord: Hashable, Codable, Sendable {
    package let offset: Offset
    package let timestamp: WallTime

    package init(offset: Offset, timestamp: WallTime) {
        self.offset = offset
        self.timestamp = timestamp
    }
}

/// A record that is not done.
package struct OpenRecord: Hashable, Codable, Sendable {
    package var offset: Offset
    /// nil: never called but for what `earlierRuns` say.
    package var history: CallHistory?

    package init(offset: Offset, history: CallHistory? = nil) {
        self.offset = offset
        self.history = history
    }
}

/// What was done with a record before it came to this owner.
package struct CallHistory: Hashable, Codable, Sendable {
    /// HTTP requests that are known of.
    package var attempts: Int
    /// How often the function may have run for it, at most.
    package var invocationsPossible: Int

    package init(attempts: Int = 0, invocationsPossible: Int = 0) {
        self.attempts = attempts
        self.invocationsPossible = invocationsPossible
    }
}

/// Runs that no history tells of: records up to the limit may have run so often.
///
/// Each assignment that ended without a clean commit counts one up to its admission limit. Where the brokers' limit for
/// metadata leaves histories out, the highest of their counts stands for all of them.
package struct EarlierRuns: Hashable, Codable, Sendable {
    package var limit: Offset
    package var count: Int

    package init(limit: Offset, count: Int) {
        self.limit = limit
        self.count = count
    }
}

extension [EarlierRuns] {
    /// How many limits there are at most. Where crash follows on crash and nothing gets done, the lowest ones become one.
    static var most: Int { 16 }

    /// How often a record without a history of its own may have run.
    func possibleRuns(of offset: Offset) -> Int {
        reduce(0) { $0 + ($1.limit >= offset ? $1.count : 0) }
    }

    /// Adds runs of every record up to a limit; one: an assignment that ended without a clean commit.
    mutating func add(limit: Offset, runs: Int = 1) {
        if let index = firstIndex(where: { $0.limit == limit }) {
            self[index].count += runs
            return
        }
        insert(EarlierRuns(limit: limit, count: runs), at: firstIndex { $0.limit > limit } ?? count)
        guard count > Self.most else { return }
        // Counted up to the higher of the two: too many for some records, never too few.
        let lowest = removeFirst()
        self[0].count += lowest.count
    }
}
