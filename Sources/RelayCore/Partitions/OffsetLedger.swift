import DequeModule

/// The offsets of one partition between the commit position and the relay's own position, open or done.
///
/// Completion is out of order; the commit position is the lowest open offset, or the relay's own position when
/// nothing is open. Offsets may skip (compaction, transaction markers): one that never came is never waited for.
package struct OffsetLedger: Sendable {
    /// 24 bytes: there may be `window.distance` of them.
    private struct Entry {
        let offset: Offset
        let timestamp: WallTime?
        /// Counts stop at 65,535, eighteen hours of one attempt a second.
        var attempts: UInt16
        var possibleRuns: UInt16
        var isDone: Bool
    }

    private var entries = Deque<Entry>()
    /// How many entries have been dropped from the front: entry `n` of the partition's life is at `n - dropped`.
    private var dropped = 0
    /// The relay's own position: behind the last offset taken, or the offset of a partition-EOF event.
    package private(set) var position: Offset
    package private(set) var openCount = 0
    /// The highest offset that was completed.
    package private(set) var highestDone: Offset?
    /// Counts up whenever a commit would say something new.
    private(set) var changes = 0
    /// `changes` right behind the last completion; nil before the first.
    private(set) var lastCompletion: Int?

    package init(position: Offset) {
        self.position = position
    }

    /// What may be committed: everything below is done.
    package var commitPosition: Offset {
        entries.first?.offset ?? position
    }

    /// How far the position is ahead of the commit position.
    package var distance: Int64 {
        position.value - commitPosition.value
    }

    /// Takes an offset and gives the handle that completes it.
    ///
    /// - Returns: nil when the offset is below the position: the record came again and is already known.
    package mutating func admit(
        _ offset: Offset,
        timestamp: WallTime? = nil,
        history: CallHistory = CallHistory()
    ) -> Int? {
        guard offset >= position else { return nil }
        entries.append(
            Entry(
                offset: offset,
                timestamp: timestamp,
                attempts: UInt16(clamping: history.attempts),
                possibleRuns: UInt16(clamping: history.invocationsPossible),
                isDone: false
            )
        )
        position = offset.next
        openCount += 1
        changes += 1
        return dropped + entries.count - 1
    }

    /// Takes an offset that an owner before has completed.
    package mutating func admitDone(_ offset: Offset, timestamp: WallTime?) {
        position = offset.next
        highestDone = offset
        changes += 1
        guard !entries.isEmpty else { return }
        entries.append(Entry(offset: offset, timestamp: timestamp, attempts: 0, possibleRuns: 0, isDone: true))
    }

    /// Moves the position behind records that are no requests (a skipped tombstone, the end of the partition).
    package mutating func advance(to position: Offset) {
        guard position > self.position else { return }
        self.position = position
        changes += 1
    }

    /// Notes that one more HTTP request is made for an open record.
    mutating func countAttempt(_ handle: Int) {
        let index = handle - dropped
        entries[index].attempts = UInt16(clamping: Int(entries[index].attempts) + 1)
        changes += 1
    }

    /// Notes how often the function may have run for an open record.
    mutating func notePossibleRuns(_ count: Int, _ handle: Int) {
        entries[handle - dropped].possibleRuns = UInt16(clamping: count)
        changes += 1
    }

    /// Completes what `admit` gave the handle for.
    package mutating func complete(_ handle: Int) {
        let index = handle - dropped
        precondition(
            entries.indices.contains(index) && !entries[index].isDone,
            "entry \(handle) is not open; \(dropped) dropped, \(entries.count) kept"
        )
        entries[index].isDone = true
        openCount -= 1
        changes += 1
        lastCompletion = changes
        highestDone = max(highestDone ?? entries[index].offset, entries[index].offset)
        while let first = entries.first, first.isDone {
            entries.removeFirst()
            dropped += 1
        }
    }

    // MARK: For the commit

    /// The timestamp of the record at the commit position, nil when it has not come yet.
    var baseTimestamp: WallTime? { entries.first?.timestamp }

    /// The highest completed record above the commit position that has a timestamp and lies below `end`.
    func highestDone(below end: Offset) -> SeenRecord? {
        for entry in entries.reversed() where entry.isDone && entry.offset < end {
            if let timestamp = entry.timestamp { return SeenRecord(offset: entry.offset, timestamp: timestamp) }
        }
        return nil
    }

    /// The completed records above an offset, with what was noted of each before its outcome was known.
    func doneRecords(above offset: Offset) -> [OpenRecord] {
        entries.filter { $0.isDone && $0.offset > offset }.map { entry in
            let runs = CallHistory(attempts: Int(entry.attempts), invocationsPossible: Int(entry.possibleRuns))
            return OpenRecord(offset: entry.offset, history: runs)
        }
    }

    /// The open records: all of them up to `end`, behind it those that something was done for.
    func openRecords(completeUpTo end: Offset?, earlierRuns: [EarlierRuns]) -> [OpenRecord] {
        var open: [OpenRecord] = []
        open.reserveCapacity(openCount)
        for entry in entries where !entry.isDone {
            let runs = Int(entry.possibleRuns)
            let isPlain = entry.attempts == 0 && runs == earlierRuns.possibleRuns(of: entry.offset)
            if isPlain, end.map({ entry.offset > $0 }) ?? true { continue }
            let history = isPlain ? nil : CallHistory(attempts: Int(entry.attempts), invocationsPossible: runs)
            open.append(OpenRecord(offset: entry.offset, history: history))
        }
        return open
    }
}
