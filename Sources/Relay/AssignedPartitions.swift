import Synchronization

/// How many partitions each shard of the process has: the memory that they may need is bounded for all of them together.
package final class AssignedPartitions: Sendable {
    private let counts: Mutex<[Int]>

    package init(shards: Int) {
        counts = Mutex([Int](repeating: 0, count: shards))
    }

    /// Notes how many a shard has now.
    ///
    /// - Returns: how many the process has.
    package func note(_ count: Int, ofShard shard: Int) -> Int {
        counts.withLock {
            $0[shard] = count
            return $0.reduce(0, +)
        }
    }
}
