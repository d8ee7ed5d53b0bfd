/// The open requests by slot. Slots are reused; a generation tells their uses apart.
struct RequestTable: ~Copyable {
    private struct Slot: Sendable {
        var generation: UInt32
        var isOpen: Bool
    }

    private var slots: [Slot] = []
    /// By slot; of one that is not open what its last use left, until the next one.
    private var states = InPlaceArray<RequestState>()
    private var free: [Int] = []
    private(set) var count = 0

    /// The id that the next insertion gives.
    var next: RequestID {
        guard let index = free.last else { return RequestID(index: slots.count, generation: 0) }
        return id(at: index)
    }

    mutating func insert(_ state: consuming RequestState, as id: RequestID) {
        precondition(id == next, "the shell keeps the payload of \(id), the next free slot is \(next)")
        if free.popLast() == nil {
            slots.append(Slot(generation: 0, isOpen: true))
            states.append(state)
        } else {
            slots[id.index].isOpen = true
            states[id.index] = state
        }
        count += 1
    }

    mutating func remove(_ id: RequestID) {
        precondition(contains(id), "\(id) is not open")
        slots[id.index].isOpen = false
        slots[id.index].generation &+= 1
        free.append(id.index)
        count -= 1
    }

    func contains(_ id: RequestID) -> Bool {
        id.index < slots.count && slots[id.index].generation == id.generation && slots[id.index].isOpen
    }

    /// Whether the request is open and waits to be called.
    func isReady(_ id: RequestID) -> Bool {
        contains(id) && states[id.index].phase == .ready
    }

    func id(at index: Int) -> RequestID {
        RequestID(index: index, generation: slots[index].generation)
    }

    /// The state in a slot that is open, read and changed in place.
    subscript(index: Int) -> RequestState {
        @inline(__always) unsafeAddress {
            precondition(slots[index].isOpen, "a free slot")
            return states.address(of: index)
        }
        @inline(__always) unsafeMutableAddress {
            precondition(slots[index].isOpen, "a free slot")
            return states.mutableAddress(of: index)
        }
    }

    /// All open requests, in the order of their slots.
    var ids: [RequestID] {
        slots.indices.filter { slots[$0].isOpen }.map { id(at: $0) }
    }
}
