import DequeModule

/// A pipeline's targets that have requests ready, taking turns; those that cannot be called now stand aside,
/// those that a limit stops wait for it.
struct TurnQueue: Sendable {
    private var turns = Deque<Int>()
    private var aside: [Int] = []
    /// By target.
    private var known: [Bool] = []

    var isEmpty: Bool { turns.isEmpty }

    /// How many wait for their turn.
    var count: Int { turns.count }

    /// The target whose turn comes behind so many others.
    func target(at place: Int) -> Int { turns[place] }

    /// Whether the target waits for its turn or a limit, or stands aside.
    func contains(_ target: Int) -> Bool { target < known.count && known[target] }

    mutating func insert(_ target: Int) {
        if note(target) { turns.append(target) }
    }

    mutating func takeTurn() -> Int? {
        guard let target = turns.popFirst() else { return nil }
        known[target] = false
        return target
    }

    /// Keeps a target out of the turns until `returnAll`.
    mutating func setAside(_ target: Int) {
        if note(target) { aside.append(target) }
    }

    /// Keeps a target out of the turns until `resume`.
    mutating func wait(_ target: Int) {
        note(target)
    }

    /// Gives a target that waited its turn.
    mutating func resume(_ target: Int) {
        precondition(contains(target), "target \(target) does not wait for a turn")
        turns.append(target)
    }

    mutating func returnAll() {
        turns.append(contentsOf: aside)
        aside.removeAll(keepingCapacity: true)
    }

    /// - Returns: whether the target was not known.
    @discardableResult
    private mutating func note(_ target: Int) -> Bool {
        while known.count <= target { known.append(false) }
        defer { known[target] = true }
        return !known[target]
    }
}
