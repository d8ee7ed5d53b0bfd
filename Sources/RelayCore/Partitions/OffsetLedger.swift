import DequeModule

/// The offsets of one partition between the commit position and the relay's own position, open or done.
///
/// Completion is out of order; the commit position is the lowest open offset, or the relay's own position when
/// nothing is open. Offsets may skip (compaction, transaction markers): one that never came is never waited for.
package struct OffsetLedger: Sendable {
    private struct Entry {
        let offset: Offset
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
    package mutating func admit(_ offset: Offset) -> Int? {
        guard offset >= position else { return nil }
        entries.append(Entry(offset: offset, isDone: false))
        position = offset.next
        openCount += 1
        return dropped + entries.count - 1
    }

    /// Moves the position behind records that are no requests (a skipped tombstone, the end of the partition).
    package mutating func advance(to position: Offset) {
        if position > self.position { self.position = position }
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
        highestDone = max(highestDone ?? entries[index].offset, entries[index].offset)
        while let first = entries.first, first.isDone {
            entries.removeFirst()
            dropped += 1
        }
    }
}
