import DequeModule
import RelayCore

/// A machine with a steady flow of requests: the shell's part, without anything that costs time.
///
/// Of ten requests one is refused once and retried, all others are answered at once, in a random order; the delivery report
/// follows a little later. So each request makes the same events, whatever the machine holds.
final class Flow {
    /// A value in one place: were its parts those of a class, each access to them would be checked, at a third of the cost of
    /// all that is measured.
    private var stream: Stream

    init(_ shape: Shape) {
        stream = Stream(shape)
    }

    /// Arrivals, answers and delivery reports so far. Ticks and answers to commits are what these cost.
    var events: Int { stream.events }

    /// Lets requests flow until so many more are complete.
    func run(completing count: Int) {
        stream.run(completing: count)
    }

    /// Stands still until the watchdog looks at all that is open.
    ///
    /// - Returns: CPU time of that event alone, in nanoseconds.
    func lookForStalls() -> Int64 {
        stream.lookForStalls()
    }
}

private struct Stream: ~Copyable {
    private var machine: RelayMachine
    private let shape: Shape
    private var effects: [Effect] = []
    private var nanoseconds: Int64 = 0
    private var random: UInt64 = 0x9E37_79B9_7F4A_7C15

    private let partitions: [PartitionID]
    private var offsets: [Int64]
    private var nextPartition = 0
    private var arrivals = 0
    private var open = 0
    private var parked = 0
    /// What becomes of each request's next call, by its slot.
    private var fates: [Fate] = []
    private var calls: [RequestID] = []
    private var reports = Deque<PublicationID>()
    private var isCommitUnanswered = false
    private(set) var events = 0
    private(set) var completed = 0

    private enum Fate {
        case success, refusedOnce, parked
    }

    /// An event each 16.7 µs: 20,000 requests a second.
    private static let pace: Int64 = 16_667
    private static let requestBytes = 300
    /// Noon in UTC+8.
    private static let wallStart: Int64 = 1_700_020_800_000

    init(_ shape: Shape) {
        self.shape = shape
        machine = RelayMachine(policy: shape.policy, timing: MachineTiming(), seed: 1)
        partitions = (0..<shape.partitions).map { PartitionID(slot: $0, epoch: 1) }
        offsets = [Int64](repeating: 0, count: shape.partitions)
        handle(.token(app: 0, .ready(1)))
        handle(
            .assigned(
                partitions.map { id in
                    AssignedPartition(
                        id: id,
                        topic: "requests",
                        partition: Int32(id.slot),
                        pipeline: 0,
                        start: Offset(0)
                    )
                }
            )
        )
        run(completing: 10 * shape.open)
        require(parked == shape.parked, "\(parked) of \(shape.parked) are parked: \(machine.counters)")
    }

    mutating func run(completing count: Int) {
        let end = completed + count
        while completed < end { step() }
        require(machine.counters.holdsOpened == 0, "a hold has stopped the flow")
    }

    mutating func lookForStalls() -> Int64 {
        // What falls due meanwhile, and the commit, come before.
        for pause in [Duration.seconds(2), .seconds(1)] {
            pass(pause)
            if isCommitUnanswered { step() }
        }
        let start = threadTime()
        pass(.seconds(9))
        return threadTime() - start
    }

    private mutating func pass(_ pause: Duration) {
        nanoseconds += pause.wholeNanoseconds
        handle(.tick)
    }

    private mutating func step() {
        if isCommitUnanswered {
            isCommitUnanswered = false
            handle(.committed(refused: [:]))
        }
        if open < shape.open { arrive() }
        if reports.count > shape.open / 4 || (calls.isEmpty && !reports.isEmpty), let report = reports.popFirst() {
            events += 1
            handle(.published(report, .acknowledged))
        } else if !calls.isEmpty {
            answer()
        } else if open == shape.open {
            waitForTimer()
        }
    }

    // MARK: Events

    private mutating func arrive() {
        let partition = partitions[nextPartition]
        nextPartition = (nextPartition + 1) % partitions.count
        // Asked as a shell asks. It would read no further while a line waits; here the shape says how much is open.
        _ = machine.room(in: partition)
        let id = machine.nextRequest
        while fates.count <= id.index { fates.append(.success) }
        let fate = nextFate()
        fates[id.index] = fate
        open += 1
        events += 1
        let offset = offsets[partition.slot]
        offsets[partition.slot] += 1
        handle(
            .arrived(
                Arrival(
                    request: id,
                    partition: partition,
                    offset: Offset(offset),
                    timestamp: WallTime(milliseconds: Self.wallStart + offset),
                    // What is parked would keep the others of its key waiting.
                    key: fate == .parked ? nil : key(arrivals, in: partition),
                    byteCount: Self.requestBytes
                )
            )
        )
        arrivals += 1
    }

    private mutating func nextFate() -> Fate {
        if parked < shape.parked {
            parked += 1
            return .parked
        }
        return arrivals % 10 == 5 ? .refusedOnce : .success
    }

    /// As the shell makes it of a key's bytes.
    private func key(_ arrival: Int, in partition: PartitionID) -> UInt64 {
        let number = UInt64(arrival) &* 2_654_435_761 % UInt64(shape.keys)
        return withUnsafeBytes(of: number) {
            KeyHash.hash(RawSpan(_unsafeBytes: $0), partition: UInt64(partition.slot))
        }
    }

    private mutating func answer() {
        random ^= random << 13
        random ^= random >> 7
        random ^= random << 17
        calls.swapAt(Int(random >> 33) % calls.count, calls.count - 1)
        let id = calls.removeLast()
        events += 1
        switch fates[id.index] {
        case .success:
            handle(.answered(id, AttemptResult(code: .errcode(0), answerByteCount: Self.requestBytes, token: 1)))
        case .refusedOnce:
            fates[id.index] = .success
            handle(.answered(id, AttemptResult(code: .transport(.connectRefused), token: 1)))
        case .parked:
            // Others take its part in the flow.
            open -= 1
            let wait = Duration.seconds(100_000) + .microseconds(Int64(random >> 40))
            // So many refusals of the network would open a hold; a code that nobody knows is the request's own matter.
            handle(.answered(id, AttemptResult(code: .errcode(99_999), retryAfter: wait, token: 1)))
        }
    }

    /// All that is open waits for a retry, or for the brokers.
    private mutating func waitForTimer() {
        guard !isCommitUnanswered else { return }
        let wake = machine.nextWake
        require(wake != nil, "nothing moves and nothing will")
        if let wake { nanoseconds = max(nanoseconds, wake.nanoseconds) }
        handle(.tick)
    }

    private mutating func handle(_ event: Event) {
        nanoseconds += Self.pace
        let now = Now(
            monotonic: MonotonicTime(nanoseconds: nanoseconds),
            wall: WallTime(milliseconds: Self.wallStart + nanoseconds / 1_000_000)
        )
        machine.handle(event, now: now, into: &effects)
        for effect in effects { take(effect) }
        effects.removeAll(keepingCapacity: true)
        // The shell sets its timer after each event.
        consume(machine.nextWake)
    }

    private mutating func take(_ effect: Effect) {
        switch effect {
        case .call(let id): calls.append(id)
        case .publish(let publication):
            consume(machine.facts(of: publication.id.request))
            reports.append(publication.id)
        case .release:
            open -= 1
            completed += 1
        case .commit: isCommitUnanswered = true
        default: break
        }
    }
}
