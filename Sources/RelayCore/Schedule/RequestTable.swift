/// The open requests by slot. Slots are reused; a generation tells their uses apart.
struct RequestTable: ~Copyable {
    /// By slot; of one that is not open what its last use left, until the next one.
    private var states = InPlaceArray<RequestState>()
    private var free: [Int] = []
    private(set) var count = 0

    /// The id that the next insertion gives.
    var next: RequestID {
        guard let index = free.last else { return RequestID(index: states.count, generation: 0) }
        return id(at: index)
    }

    mutating func insert(_ state: consuming RequestState, as id: RequestID) {
        precondition(id == next, "the shell keeps the payload of \(id), the next free slot is \(next)")
        precondition(state.generation == id.generation, "\(id) has generation \(state.generation)")
        if free.isEmpty {
            states.append(state)
        } else {
            free.removeLast()
            states.replace(id.index, with: state)
        }
        count += 1
    }

    mutating func remove(_ id: RequestID) {
        precondition(contains(id), "\(id) is not open")
        states[id.index].isOpen = false
        states[id.index].generation &+= 1
        free.append(id.index)
        count -= 1
    }

    func contains(_ id: RequestID) -> Bool {
        id.index < states.count && states[id.index].generation == id.generation && states[id.index].isOpen
    }

    /// Whether the request is open and waits to be called.
    func isReady(_ id: RequestID) -> Bool {
        contains(id) && states[id.index].phase == .ready
    }

    func id(at index: Int) -> RequestID {
        RequestID(index: index, generation: states[index].generation)
    }

    /// The state in a slot that is open, read and changed in place.
    subscript(index: Int) -> RequestState {
        @inline(__always) unsafeAddress {
            precondition(states[index].isOpen, "a free slot")
            return states.address(of: index)
        }
        @inline(__always) unsafeMutableAddress {
            precondition(states[index].isOpen, "a free slot")
            return states.mutableAddress(of: index)
        }
    }

    /// All open requests, in the order of their slots.
    var ids: [RequestID] {
        states.indices.filter { states[$0].isOpen }.map { id(at: $0) }
    }
}
