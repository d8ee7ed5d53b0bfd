import HeapModule
import RelayCore

/// One process of a member: which member, and which of its lives.
struct Process: Equatable {
    let member: Int
    let life: Int
}

/// What happens at a time.
enum Action {
    // Brokers
    case append(partition: Int)
    case start(member: Int)
    case stop(Process)
    case joinArrives(Process, JoinRequest)
    case rebalanceExpires(generation: Int)
    case synchronised(Process, SyncAnswer)
    case heartbeat(Process, consumer: Int)
    case heartbeatAnswered(Process, HeartbeatAnswer)
    case sessionEnds(client: Int)
    case startsAsked(Process, StartsQuestion)
    case startsAnswered(Process, StartsQuestion, [StartAnswer])
    case joinAnew(Process, consumer: Int)
    case reassign(Process, PartitionID)
    case commitArrives(Int)
    case commitAnswered(Process, CommitAnswer)
    case othersDrained(Process)
    case leaveArrives(Process)
    case exit(Process)
    // A process's loop
    case beat(Process)
    case wake(Process)
    case poll(Process)
    case read(Process)
    // WeChat
    case callArrives(Int)
    case callEnds(Int)
    case tokenArrives(Process, app: Int)
    case hostProbed(Process, app: Int)
    // The producer
    case publicationWritten(Int)
    case publicationReported(Int)
    case topicLookedUp(Process, topic: String)
    // Faults
    case strike(Fault)
    case subside(Weather)
    case faultsEnd
}

/// Actions by their time; equal times in the order in which they were planned.
struct Agenda {
    private struct Entry: Comparable {
        let time: Int64
        let order: Int
        let action: Action

        static func < (left: Entry, right: Entry) -> Bool {
            left.time == right.time ? left.order < right.order : left.time < right.time
        }

        static func == (left: Entry, right: Entry) -> Bool { left.order == right.order }
    }

    private var heap = Heap<Entry>()
    private var planned = 0

    mutating func plan(_ action: Action, at time: MonotonicTime) {
        heap.insert(Entry(time: time.nanoseconds, order: planned, action: action))
        planned += 1
    }

    mutating func next() -> (time: MonotonicTime, action: Action)? {
        heap.popMin().map { (MonotonicTime(nanoseconds: $0.time), $0.action) }
    }
}
