/// The requests of each key in the order of their offsets; only the first of each may be called.
///
/// A key is its hash within its partition: two keys with one hash share a chain, which costs a wait and never
/// an order.
struct KeyChains: Sendable {
    /// The last request of each key's chain.
    private var lasts: KeyTable

    init(seed: UInt64) {
        lasts = KeyTable(seed: seed)
    }

    /// Appends a request to its key's chain.
    ///
    /// - Returns: whether it is the first and may go on.
    mutating func append(_ index: Int, key: UInt64, in requests: inout RequestTable) -> Bool {
        guard let last = lasts.update(index, for: key) else { return true }
        requests[last].nextInKey = index
        requests[index].previousInKey = last
        return false
    }

    /// Takes a request out of its key's chain, wherever it stands.
    ///
    /// - Returns: the request that is now the first, if that is news.
    mutating func remove(_ index: Int, key: UInt64, in requests: inout RequestTable) -> Int? {
        let previous = requests[index].previousInKey
        let next = requests[index].nextInKey
        requests[index].previousInKey = nil
        requests[index].nextInKey = nil
        if let previous { requests[previous].nextInKey = next }
        if let next {
            requests[next].previousInKey = previous
        } else if let previous {
            _ = lasts.update(previous, for: key)
        } else {
            lasts.remove(key)
        }
        return previous == nil ? next : nil
    }
}
