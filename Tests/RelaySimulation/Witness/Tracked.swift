import RelayCore

/// What the witness knows of one request of one process.
final class Tracked {
    let id: RequestID
    let record: Int
    var partition: PartitionID
    let offset: Int64
    let key: UInt64?
    let pipeline: Int
    let byteCount: Int
    let deadline: WallTime?
    let arrived: MonotonicTime
    /// Taken into the window; else the machine only gives its slot back.
    let isAdmitted: Bool

    var isInFlight = false
    /// Its call was cut.
    var isCut = false
    var isCallClear = false
    var isCallUnderHold = false
    var token: TokenGeneration = 0
    var calls = 0
    var firstCall: MonotonicTime?
    var executions = 0
    /// Answers after which the function may have run, by the documents.
    var runs = 0
    var lastAnswer: ModelAnswer?
    var hasSucceeded = false
    var hasFailed = false
    /// Answers that say nothing of the request, or not whether it ran.
    var unclear = 0
    /// Those that count, of calls that no hold was near.
    var counted = 0
    var timeOuts = 0
    var refusals: (code: OutcomeCode, count: Int)?

    var isSettled = false
    var reason: FailureReason?
    var reply = Leg()
    /// Its reply had nowhere to go when a dead letter of it was written.
    var wasHopeless = false
    var deadLetter = Leg()
    var isDone = false

    /// One record to be written.
    struct Leg {
        /// The last one that was handed over.
        var pending: Publication?
        /// It failed for now, and will be handed over again or find its topic gone.
        var isWaiting = false
        var isWritten = false
        var isRefused = false
    }

    init(_ arrival: Arrival, record: Int, pipeline: Int, isAdmitted: Bool, at now: MonotonicTime) {
        arrived = now
        id = arrival.request
        self.record = record
        partition = arrival.partition
        offset = arrival.offset.value
        key = arrival.rejection == nil ? arrival.key : nil
        self.pipeline = pipeline
        byteCount = arrival.byteCount
        deadline = arrival.deadline
        self.isAdmitted = isAdmitted
    }
}

/// What the witness knows of one assignment of a partition.
final class TrackedAssignment {
    private(set) var id: PartitionID
    let partition: Int
    /// Its number among all assignments of all members; of one that was lost and goes on, the last one.
    private(set) var number: Int
    /// The numbers of it before it was lost.
    private(set) var numbersBefore: [Int] = []
    private(set) var isCurrent: Bool
    let pipeline: Int
    let start: Int64
    let isStopped: Bool
    private(set) var position: Int64
    private var offsets: [Int64] = []
    private var areDone: [Bool] = []
    private var lowest = 0
    private(set) var openCount = 0
    /// Open and not dropped.
    var requestCount = 0
    var committed: Int64?
    /// Records that are done here; what an owner before has done is none of them.
    private var doneCount = 0
    /// How many of them were done when the last commit began, and when the last acknowledged one did.
    private var doneAtCommit = 0
    private var doneInCommit = 0
    /// What its last commit says, answered or not.
    var begun: Int64?
    /// What all its commits carry.
    var nonce: UInt64?
    /// Since when it is in limbo.
    private(set) var lostAt: MonotonicTime?
    /// Neither called nor written: from its loss until a commit under the next assignment is acknowledged.
    var isHeldBack = false
    /// No call above it: what the last acknowledged commit of this assignment says; nil before the first.
    var admissionLimit: Int64?
    /// The brokers found its metadata too large: limit and nonce are all that its commits may say from now on.
    var isListRefused = false
    var isDraining = false
    var isDoubtful = false
    /// By key: the highest offset that was called, and whether one of the key is called now.
    var called: [UInt64: (highest: Int64, isInFlight: Bool)] = [:]

    init(_ assigned: AssignedPartition, _ answer: StartAnswer) {
        id = assigned.id
        partition = answer.partition
        number = answer.assignment
        isCurrent = answer.isCurrent
        pipeline = assigned.pipeline
        start = assigned.start.value
        isStopped = assigned.isStopped
        position = assigned.start.value
        committed = assigned.committed?.value
    }

    func lose(at now: MonotonicTime) {
        lostAt = now
        isHeldBack = true
    }

    /// It goes on under another assignment.
    func resume(_ assigned: AssignedPartition, _ answer: StartAnswer) {
        lostAt = nil
        id = assigned.id
        numbersBefore.append(number)
        number = answer.assignment
        isCurrent = isCurrent && answer.isCurrent
        committed = assigned.committed?.value
        isDoubtful = false
    }

    /// The lowest open offset; the position when nothing is open.
    var commitPosition: Int64 { lowest < offsets.count ? offsets[lowest] : position }

    func take(_ offset: Int64) {
        offsets.append(offset)
        areDone.append(false)
        openCount += 1
        position = offset + 1
    }

    /// Whether something is done that no acknowledged commit tells.
    var hasDoneUncommitted: Bool { !isStopped && doneCount > doneInCommit }

    func noteDone() { doneCount += 1 }

    func noteCommit() { doneAtCommit = doneCount }

    func noteCommitted() { doneInCommit = doneAtCommit }

    func advance(to position: Int64) {
        self.position = max(self.position, position)
    }

    func finish(_ offset: Int64) {
        var low = lowest
        var high = offsets.count
        while low < high {
            let middle = (low + high) / 2
            if offsets[middle] < offset { low = middle + 1 } else { high = middle }
        }
        areDone[low] = true
        openCount -= 1
        while lowest < areDone.count, areDone[lowest] { lowest += 1 }
    }
}
