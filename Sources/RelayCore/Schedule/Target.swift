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
    /// Time under a hold or a pause up to `heldSince`.
    private var heldBefore: Duration = .zero
    private var heldSince: MonotonicTime?

    init(address: Address, scopes: [Int]) {
        self.address = address
        self.scopes = scopes
    }

    /// Its place waits for another target: it belongs to no scope any more.
    mutating func vacate() {
        scopes = []
        ready = []
    }

    /// How long its requests could not be called for a hold or a pause, all in all.
    func heldTime(at now: MonotonicTime) -> Duration {
        heldBefore + (heldSince.map { now - $0 } ?? .zero)
    }

    mutating func setHeld(_ isHeld: Bool, at now: MonotonicTime) {
        switch (heldSince, isHeld) {
        case (nil, true):
            heldSince = now
        case (let since?, false):
            heldBefore += now - since
            heldSince = nil
        default:
            break
        }
    }
}
