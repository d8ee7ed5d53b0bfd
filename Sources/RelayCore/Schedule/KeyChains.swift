/// The requests of each key in the order of their offsets; only the first of each may be called.
///
/// A key is its hash within its partition: two keys with one hash share a chain, which costs a wait and never
/// an order.
struct KeyChains: Sendable {
    private struct Chain {
        var last: Int
    }

    private var chains: [UInt64: Chain] = [:]

    /// Appends a request to its key's chain.
    ///
    /// - Returns: whether it is the first and may go on.
    mutating func append(_ index: Int, key: UInt64, in requests: inout RequestTable) -> Bool {
        guard let chain = chains[key] else {
            chains[key] = Chain(last: index)
            return true
        }
        requests[chain.last].nextInKey = index
        requests[index].previousInKey = chain.last
        chains[key] = Chain(last: index)
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
            chains[key] = Chain(last: previous)
        } else {
            chains[key] = nil
        }
        return previous == nil ? next : nil
    }

    var count: Int { chains.count }
}
