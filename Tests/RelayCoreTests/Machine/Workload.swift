import RelayCore

/// A backlog that never ends, and a WeChat that answers each call after its time and takes only so many at once.
struct Workload {
    /// A call that was made.
    struct Call {
        let at: MonotonicTime
        let partition: PartitionID?
        /// WeChat had too many under way already.
        let isRefused: Bool
    }

    var bench: MachineBench
    /// From a call to its answer, give or take a fifth. The call is over for WeChat a tenth before.
    var latency = Duration.milliseconds(20)
    /// From a call to its refusal for too many at once.
    var refusalLatency = Duration.milliseconds(20)
    /// Calls that WeChat takes at once; nil means any number.
    var hiddenLimit: Int?
    /// What records of a partition ask for; others ask for the pipeline's own function.
    var functions: [PartitionID: String] = [:]
    /// Partitions that are kept full.
    var partitions: [PartitionID] = []
    /// No record comes, and calls end as they did.
    var isIdle = false

    private(set) var calls: [Call] = []
    private var next: [PartitionID: Int64] = [:]
    private var partitionOf: [RequestID: PartitionID] = [:]
    private var running = 0
    private var ends = TimerQueue<MonotonicTime, Void>()
    private var answers = TimerQueue<MonotonicTime, (id: RequestID, isRefused: Bool)>()
    private var random = RelayCore.SplitMix64(seed: 7)

    init(_ bench: MachineBench) {
        self.bench = bench
        self.bench.checkInterval = 256
    }

    /// Takes a partition over and keeps it full from now on.
    mutating func assign(
        _ slot: Int,
        pipeline: Int = 0,
        committed: Int64? = nil,
        inheritance: Inheritance = .nothing
    ) {
        let start = committed ?? 0
        let id = bench.assign(
            slot: slot,
            epoch: UInt64(slot + 1),
            start: start,
            committed: committed,
            pipeline: pipeline,
            inheritance: inheritance
        )
        next[id] = start
        partitions.append(id)
    }

    mutating func run(_ duration: Duration) {
        let end = bench.now.monotonic + duration
        while bench.now.monotonic < end {
            feed()
            takeCalls()
            bench.tick(before: min(end, answers.nextDue ?? end))
            while let answer = answers.popDue(at: bench.now.monotonic) {
                if bench.underWay.contains(answer.id) { bench.answer(answer.id, answer.isRefused ? -501_004 : 0) }
                takeCalls()
            }
        }
        _ = bench.takeWritings()
    }

    private mutating func feed() {
        guard !isIdle else { return }
        for partition in partitions {
            while bench.machine.room(in: partition) > 0 {
                let offset = next[partition, default: 0]
                next[partition] = offset + 1
                let id = bench.arrive(offset, in: partition, function: functions[partition])
                partitionOf[id] = partition
                takeCalls()
            }
        }
    }

    private mutating func takeCalls() {
        let now = bench.now.monotonic
        for id in bench.takeCalls() {
            while ends.popDue(at: now) != nil { running -= 1 }
            let isRefused = hiddenLimit.map { running >= $0 } ?? false
            if isRefused {
                answers.insert((id, true), due: now + refusalLatency)
            } else {
                running += 1
                let time = latency * Double.random(in: 0.8...1.2, using: &random)
                ends.insert((), due: now + time * 0.9)
                answers.insert((id, false), due: now + time)
            }
            calls.append(Call(at: now, partition: partitionOf[id], isRefused: isRefused))
        }
    }

    // MARK: Figures

    /// Calls within the last time, of some partitions or of all.
    func count(last duration: Duration, in some: Set<PartitionID>? = nil) -> Int {
        let start = bench.now.monotonic + (.zero - duration)
        return calls.count { $0.at >= start && ($0.partition.map { some?.contains($0) ?? true } ?? false) }
    }

    /// The most calls that started within any span of a length.
    func most(within span: Duration) -> Int {
        var most = 0
        var first = 0
        for last in calls.indices {
            while calls[last].at - calls[first].at >= span { first += 1 }
            most = max(most, last - first + 1)
        }
        return most
    }
}
