import DequeModule

/// One function of one environment, as one pipeline calls it.
struct Target: Sendable {
    struct Address: Hashable {
        let app: Int
        let pipeline: Int
        let environment: String
        let function: String
    }

    let address: Address
    /// Indexes of the scopes whose holds stop it, the widest first.
    private(set) var scopes: [Int]
    /// The heads of their keys that may be called next, in the order in which they became so.
    var ready = Deque<RequestID>()
    var openCount = 0
    /// How long its requests could not be called for a hold or a pause.
    var held = HeldTime()

    init(address: Address, scopes: [Int]) {
        self.address = address
        self.scopes = scopes
    }

    /// Whether its place waits for another target.
    var isVacant: Bool { scopes.isEmpty }

    /// Its place waits for another target: it belongs to no scope any more.
    mutating func vacate() {
        scopes = []
        ready = []
    }
}

/// A time that runs and is stopped.
struct HeldTime: Sendable {
    /// What had passed up to `since`.
    private var before: Duration = .zero
    private var since: MonotonicTime?

    /// All of it.
    func total(at now: MonotonicTime) -> Duration {
        since.map { before + (now - $0) } ?? before
    }

    mutating func set(_ isHeld: Bool, at now: MonotonicTime) {
        switch (since, isHeld) {
        case (nil, true):
            since = now
        case (let start?, false):
            before += now - start
            since = nil
        default:
            break
        }
    }
}
