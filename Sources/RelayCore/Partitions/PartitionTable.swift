/// The partitions' states by slot.
///
/// What is assigned has the shell's slots, from 0 on. What is in limbo has slots of the core's own, below 0: the shell
/// gives the old ones to others. To walk the table is to walk what is assigned.
struct PartitionTable: ~Copyable {
    private var assigned = InPlaceArray<PartitionState?>()
    private var lost = InPlaceArray<PartitionState?>()
    /// What lies at an id whose assignment no longer stands: one place, never filled.
    private var none = InPlaceArray<PartitionState?>()

    init() {
        none.append(nil)
    }

    /// One more than the highest of the shell's slots.
    var count: Int { assigned.count }
    var indices: Range<Int> { assigned.indices }

    /// What is assigned, in the order of its slots: copies.
    var states: [PartitionState] { assigned.indices.compactMap { assigned[$0] } }

    var isEmpty: Bool { !assigned.indices.contains { assigned[$0] != nil } }

    /// Reads and changes in place: a copy of a state would make its ledger copy itself at its next change.
    subscript(slot: Int) -> PartitionState? {
        @inline(__always) unsafeAddress {
            slot < 0 ? lost.address(of: -1 - slot) : assigned.address(of: slot)
        }
        @inline(__always) unsafeMutableAddress {
            slot < 0 ? lost.mutableAddress(of: -1 - slot) : assigned.mutableAddress(of: slot)
        }
    }

    /// The state of an assignment that still stands, read in place.
    subscript(id: PartitionID) -> PartitionState? {
        @inline(__always) unsafeAddress {
            guard id.slot < assigned.count, self[id.slot]?.id == id else { return none.address(of: 0) }
            return id.slot < 0 ? lost.address(of: -1 - id.slot) : assigned.address(of: id.slot)
        }
    }

    /// Whether a state of what is assigned is as asked; nothing is copied.
    func contains(where isMeant: (borrowing PartitionState) -> Bool) -> Bool {
        assigned.indices.contains { assigned[$0].map(isMeant) ?? false }
    }

    /// Makes room for the shell's slots up to this one.
    mutating func reach(_ slot: Int) {
        while assigned.count <= slot { assigned.append(nil) }
    }

    /// The id of a partition that is in limbo.
    func limbo(_ topic: String, _ partition: Int32) -> PartitionID? {
        lost.indices.first { lost[$0]?.topic == topic && lost[$0]?.partition == partition }.flatMap { lost[$0]?.id }
    }

    /// What is in limbo, in the order of its slots.
    var limbo: [PartitionState] { lost.indices.compactMap { lost[$0] } }

    /// When the first of them has waited long enough: asked for twice at every event.
    @inline(__always) var nextLimboEnd: MonotonicTime? {
        var first: MonotonicTime?
        for index in lost.indices {
            if let end = lost[index]?.limboEnds { first = first.map { min($0, end) } ?? end }
        }
        return first
    }

    /// Takes a partition out of the shell's slot and keeps it in limbo.
    ///
    /// - Parameters:
    ///   - id: one that is assigned.
    ///   - end: until when it is kept.
    /// - Returns: its id there.
    mutating func moveToLimbo(_ id: PartitionID, until end: MonotonicTime) -> PartitionID {
        let place = lost.indices.first { lost[$0] == nil } ?? lost.count
        if place == lost.count { lost.append(nil) }
        let moved = PartitionID(slot: -1 - place, epoch: id.epoch)
        swap(&lost[place], &assigned[id.slot])
        lost[place]?.enterLimbo(as: moved, until: end)
        return moved
    }

    /// Brings a partition back from limbo into the slot of its new assignment, which is free.
    mutating func moveFromLimbo(_ id: PartitionID, to slot: Int) {
        swap(&lost[-1 - id.slot], &assigned[slot])
    }
}
