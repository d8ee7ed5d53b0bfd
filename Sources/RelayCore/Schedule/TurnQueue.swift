import DequeModule

/// A pipeline's targets that have requests ready, taking turns; those that cannot be called now stand aside.
struct TurnQueue: Sendable {
    private var turns = Deque<Int>()
    private var aside: [Int] = []
    private var known: Set<Int> = []

    var isEmpty: Bool { turns.isEmpty }

    /// Whether the target waits for its turn or stands aside.
    func contains(_ target: Int) -> Bool { known.contains(target) }

    mutating func insert(_ target: Int) {
        if known.insert(target).inserted { turns.append(target) }
    }

    mutating func takeTurn() -> Int? {
        guard let target = turns.popFirst() else { return nil }
        known.remove(target)
        return target
    }

    /// Keeps a target out of the turns until `returnAll`.
    mutating func setAside(_ target: Int) {
        if known.insert(target).inserted { aside.append(target) }
    }

    mutating func returnAll() {
        turns.append(contentsOf: aside)
        aside.removeAll(keepingCapacity: true)
    }
}
