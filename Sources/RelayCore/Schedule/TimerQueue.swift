import HeapModule

/// Things that fall due at a time, the earliest first; equal times in the order of their insertion.
package struct TimerQueue<Time: Comparable & Sendable, Item: Sendable>: Sendable {
    private struct Entry: Comparable {
        let due: Time
        let order: UInt64
        let item: Item

        static func < (left: Entry, right: Entry) -> Bool {
            left.due == right.due ? left.order < right.order : left.due < right.due
        }

        static func == (left: Entry, right: Entry) -> Bool {
            left.order == right.order
        }
    }

    private var heap = Heap<Entry>()
    private var inserted: UInt64 = 0

    package init() {}

    package mutating func insert(_ item: Item, due: Time) {
        heap.insert(Entry(due: due, order: inserted, item: item))
        inserted += 1
    }

    /// The earliest time that anything falls due at.
    package var nextDue: Time? { heap.min?.due }

    /// Takes the earliest thing that is due.
    package mutating func popDue(at now: Time) -> Item? {
        guard let first = heap.min, first.due <= now else { return nil }
        return heap.removeMin().item
    }

    /// Drops what will not be wanted when it falls due.
    package mutating func removeAll(where isUnwanted: (Item) -> Bool) {
        heap = Heap(heap.unordered.filter { !isUnwanted($0.item) })
    }

    package var count: Int { heap.count }
}
