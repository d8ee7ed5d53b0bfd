package import RelayCore

extension Policy {
    /// Divides what `in-flight` and `window.bytes` allow the process among its shards.
    ///
    /// The parts add up to the whole and differ by one at most, except that each shard may have one call under way. What is
    /// for the whole group (`limits`) is divided by the core, by partitions.
    ///
    /// - Parameters:
    ///   - shard: its number, from 0.
    ///   - count: how many shards the process has.
    /// - Returns: what that shard decides by.
    package func part(ofShard shard: Int, among count: Int) -> Policy {
        func part(_ whole: Int) -> Int { whole / count + (shard < whole % count ? 1 : 0) }
        var own = self
        for index in own.pipelines.indices {
            let whole = pipelines[index]
            own.pipelines[index].inFlight = InFlightPolicy(
                min: max(1, part(whole.inFlight.min)),
                max: max(1, part(whole.inFlight.max))
            )
            own.pipelines[index].window.bytes = part(whole.window.bytes)
        }
        return own
    }
}
