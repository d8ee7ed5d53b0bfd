extension Checks {
    /// Each shard may have one call under way whatever its part of a limit is, or its partitions would stand still. A
    /// warning and no refusal: the limit is live, the number of shards is not.
    mutating func checkShards(_ limit: Setting, of section: Setting) {
        let shards = root["shards"]
        guard let count = shards.integer, let most = limit.integer, count > most else { return }
        warn(
            written((shards, root), (limit, section)),
            "'shards' is \(count), more than '\(limit.key)' (\(most)): each shard may have one call under way,"
                + " \(count) in all",
            remedy: "write shards: \(most) or less, or a higher limit"
        )
    }
}
