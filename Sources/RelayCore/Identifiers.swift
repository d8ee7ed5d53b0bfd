/// A Kafka offset.
package struct Offset: Hashable, Comparable, Codable, Sendable, CustomStringConvertible {
    package let value: Int64

    package init(_ value: Int64) {
        self.value = value
    }

    package var next: Offset { Offset(value + 1) }
    package var description: String { String(value) }

    package static func < (left: Offset, right: Offset) -> Bool {
        left.value < right.value
    }
}

/// One assignment of a partition to this member: the shell's slot for it, and the epoch of the assignment.
///
/// A partition that comes back after a revoke has another epoch, so nothing that belongs to the old assignment
/// can touch the state of the new one.
package struct PartitionID: Hashable, Codable, Sendable {
    package let slot: Int
    package let epoch: UInt64

    package init(slot: Int, epoch: UInt64) {
        self.slot = slot
        self.epoch = epoch
    }
}

/// One open request: the index of its slot, and how often that slot was used before.
///
/// A result that arrives for a request that is gone names an older generation and is recognised by it.
package struct RequestID: Hashable, Codable, Sendable {
    package let index: Int
    package let generation: UInt32

    package init(index: Int, generation: UInt32) {
        self.index = index
        self.generation = generation
    }
}

/// One access token of an app: each fetch counts one up, even when the same text comes back.
package typealias TokenGeneration = UInt64
