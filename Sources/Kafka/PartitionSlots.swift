internal import CRdKafka
import Synchronization

/// The queues of a consumer's assigned partitions, each in a numbered slot with a ready bit.
///
/// Belongs to its consumer's loop; librdkafka's threads touch only the ready words, which never move.
@safe
final class PartitionSlots {
    @safe
    private struct Assigned {
        let partition: TopicPartition
        let queue: OpaquePointer
    }

    /// The queues have to go before their client does.
    private let client: Client
    private let board: WakeBoard
    private var groups: [ReadyWord] = []
    private var assigned: [Assigned?] = []
    private var free: [Int] = []
    private var slots: [TopicPartition: Slot] = [:]

    init(of client: Client, board: WakeBoard) {
        self.client = client
        self.board = board
    }

    func queue(of slot: Slot) -> OpaquePointer? {
        unsafe assigned.indices.contains(slot.index) ? assigned[slot.index]?.queue : nil
    }

    /// Takes a partition's queue over, to be called before the partition is assigned. The queue is cut off the
    /// consumer's first: cut later, records that were fetched before would be in the consumer's queue.
    func take(_ partition: TopicPartition) -> Slot? {
        precondition(slots[partition] == nil, "\(partition) is assigned already")
        guard let queue = unsafe rd_kafka_queue_get_partition(client.raw, partition.topic, partition.partition) else {
            return nil
        }
        unsafe rd_kafka_queue_forward(queue, nil)
        let slot = freeSlot()
        unsafe assigned[slot.index] = Assigned(partition: partition, queue: queue)
        slots[partition] = slot
        unsafe rd_kafka_queue_cb_event_enable(queue, signalPartition, groups[slot.index / 64].opaque(slot.index % 64))
        return slot
    }

    /// Marks a slot ready by hand: a queue object that was used before may still hold outdated messages, and one that is
    /// not empty wakes nobody. The first reading empties it.
    func markReady(_ slot: Slot) {
        groups[slot.index / 64].mark(bit: slot.index % 64)
    }

    /// Disables the callback, lets the queue go and frees the slot, in this order.
    func release(_ partition: TopicPartition) {
        guard let slot = slots.removeValue(forKey: partition), let entry = assigned[slot.index] else { return }
        unsafe rd_kafka_queue_cb_event_enable(entry.queue, nil, nil)
        unsafe rd_kafka_queue_destroy(entry.queue)
        groups[slot.index / 64].clear(bit: slot.index % 64)
        assigned[slot.index] = nil
        free.append(slot.index)
    }

    func releaseAll() {
        for partition in Array(slots.keys) { release(partition) }
    }

    func takeReady(_ body: (Slot) -> Void) {
        for (number, group) in groups.enumerated() {
            var word = group.take()
            while word != 0 {
                let index = number * 64 + word.trailingZeroBitCount
                word &= word - 1
                if assigned[index] != nil { body(Slot(index: index)) }
            }
        }
    }

    private func freeSlot() -> Slot {
        if let index = free.popLast() { return Slot(index: index) }
        if assigned.count == groups.count * 64 { groups.append(ReadyWord(board: board)) }
        assigned.append(nil)
        return Slot(index: assigned.count - 1)
    }

    deinit {
        releaseAll()
    }
}

/// The ready bits of 64 slots, and what librdkafka's callbacks of those slots are given.
@safe
private final class ReadyWord {
    @safe
    private struct Bit {
        let word: Unmanaged<ReadyWord>
        let mask: UInt64
    }

    private let ready = Atomic<UInt64>(0)
    private let board: WakeBoard
    private let bits: UnsafeMutablePointer<Bit>

    init(board: WakeBoard) {
        self.board = board
        unsafe bits = .allocate(capacity: 64)
        for bit in 0..<64 {
            unsafe (bits + bit).initialize(to: Bit(word: Unmanaged.passUnretained(self), mask: 1 << UInt64(bit)))
        }
    }

    func opaque(_ bit: Int) -> UnsafeMutableRawPointer { unsafe UnsafeMutableRawPointer(bits + bit) }

    func mark(bit: Int) {
        mark(1 << UInt64(bit))
    }

    func clear(bit: Int) {
        ready.bitwiseAnd(~(1 << UInt64(bit)), ordering: .relaxed)
    }

    func take() -> UInt64 { ready.exchange(0, ordering: .acquiringAndReleasing) }

    static func signal(_ opaque: UnsafeMutableRawPointer) {
        let bit = unsafe opaque.assumingMemoryBound(to: Bit.self).pointee
        unsafe bit.word.takeUnretainedValue().mark(bit.mask)
    }

    private func mark(_ mask: UInt64) {
        let before = ready.bitwiseOr(mask, ordering: .acquiringAndReleasing).oldValue
        if before & mask == 0 { board.signal() }
    }

    deinit {
        unsafe bits.deallocate()
    }
}

/// On librdkafka's threads, with the queue's lock held: no call into librdkafka. The slot's memory outlives the callback,
/// which is disabled (under the same lock) before the slot is freed.
private func signalPartition(client: OpaquePointer?, opaque: UnsafeMutableRawPointer?) {
    if let opaque = unsafe opaque { unsafe ReadyWord.signal(opaque) }
}
