/// Numbers by keys that are hashes already.
///
/// A `Dictionary` hashes each key once more whenever it is asked, and those of its neighbours at each removal. Here a key is
/// mixed with a seed, so that nobody can choose keys which lie in each other's way, and found by linear probing.
package struct KeyTable: Sendable {
    private struct Entry {
        let key: UInt64
        var value: Int
    }

    /// A power of two of them, at most half of them used.
    private var entries = [Entry?](repeating: nil, count: 16)
    /// Keys that have a number.
    package private(set) var count = 0
    private let seed: UInt64

    /// - Parameter seed: what no sender of records knows.
    package init(seed: UInt64) {
        self.seed = seed
    }

    /// A key's number.
    package subscript(key: UInt64) -> Int? { entries[place(of: key)]?.value }

    /// Gives a key another number, or its first one.
    ///
    /// - Parameters:
    ///   - value: the number.
    ///   - key: whose it is from now on.
    /// - Returns: the number before.
    package mutating func update(_ value: Int, for key: UInt64) -> Int? {
        let place = place(of: key)
        let before = entries[place]?.value
        entries[place] = Entry(key: key, value: value)
        if before == nil {
            count += 1
            if count * 2 > entries.count { grow() }
        }
        return before
    }

    /// Forgets a key.
    package mutating func remove(_ key: UInt64) {
        var gap = place(of: key)
        guard entries[gap] != nil else { return }
        count -= 1
        // Whoever was pushed behind its own place moves up, or it would not be found behind the gap.
        var next = after(gap)
        while let entry = entries[next] {
            if distance(from: home(of: entry.key), to: next) >= distance(from: gap, to: next) {
                entries[gap] = entry
                gap = next
            }
            next = after(next)
        }
        entries[gap] = nil
    }

    /// Where a key is, or would be.
    private func place(of key: UInt64) -> Int {
        var place = home(of: key)
        while let entry = entries[place], entry.key != key { place = after(place) }
        return place
    }

    private func home(of key: UInt64) -> Int {
        let product = (key ^ seed).multipliedFullWidth(by: 0x9E37_79B9_7F4A_7C15)
        return Int(truncatingIfNeeded: product.high ^ product.low) & (entries.count - 1)
    }

    private func after(_ place: Int) -> Int { (place + 1) & (entries.count - 1) }

    private func distance(from start: Int, to end: Int) -> Int { (end - start) & (entries.count - 1) }

    private mutating func grow() {
        let old = entries
        entries = [Entry?](repeating: nil, count: old.count * 2)
        for case let entry? in old { entries[place(of: entry.key)] = entry }
    }
}
