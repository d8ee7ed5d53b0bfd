/// A small number for an assigned partition, for its owner's tables: stable while the partition is assigned, then used
/// again for another one.
public struct Slot: Hashable, Sendable {
    /// From 0; never more than the most partitions that were assigned at one time.
    public let index: Int
}

/// How a reading of a partition's queue ended.
public enum ReadEnd: Equatable, Sendable {
    /// The queue was empty: the next message makes its slot ready again.
    case emptied
    /// The limit came first. The queue will *not* make its slot ready again: its owner has to remember to read on.
    case more
}
