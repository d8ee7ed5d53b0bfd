import RelayCore

/// What kind of history it is.
enum Mode: String, CaseIterable {
    /// Faults of all kinds from the beginning to the end.
    case swarm
    /// None, and hand-overs in good order: each request is called once and answered once.
    case calm
    /// Faults stop, and then everything must come to its end.
    case liveness
}

/// Everything a seed decides before its history begins.
struct Scenario {
    let mode: Mode
    let seed: UInt64
    /// Another course of the same scenario; shrinking looks for one that still fails.
    let run: UInt64
    var members: Int
    /// By pipeline, whose one topic has so many partitions.
    var partitions: [Int]
    var records: Int
    var keys: Int
    var functions: Int
    var span: Duration
    /// Times that a fault strikes, or thousandths of what it can meet.
    var intensity: [Int]
    let policy: Policy
    let timing: MachineTiming
    /// Whenever a process starts, another is told to stop, and calls may outlast a drain.
    let isRolling: Bool
    /// `timeouts.connect` for all hosts together, and `timeouts.request`.
    let connectTimeout: Duration
    let requestTimeout: Duration
    let stopDrain: Duration
    /// How long a member that is drained waits for its process's other shards; nil for a process with one.
    let othersDrain: Duration?
    let producerQueue: Int
    let callsPerMinute: Int
    let quota: Int
    let quotaPeriod: Duration
    let concurrency: Int
    /// `offset.metadata.max.bytes` of the brokers.
    let metadataLimit: Int

    func intensity(of fault: Fault) -> Int { intensity[fault.rawValue] }

    var partitionCount: Int { partitions.reduce(0, +) }

    init(mode: Mode, seed: UInt64, run: UInt64 = 0, reductions: [Reduction] = []) {
        self.mode = mode
        self.seed = seed
        self.run = run
        var random = Self.generator(mode == .calm ? 1 : mode == .swarm ? 2 : 3, of: seed)
        let isCalm = mode == .calm
        isRolling = !isCalm && Self.isRolling(seed: seed)
        let fewestMembers = isRolling ? 2 : 1
        members = max(fewestMembers, random.happens(500) ? 1 : random.number(2...3))
        let pipelines = random.happens(600) ? 1 : 2
        partitions = (0..<pipelines).map { _ in random.happens(400) ? 1 : random.number(1...4) }
        records = random.happens(100) ? random.number(300...1_000) : random.number(20...300)
        keys = random.pick([1, 2, 4, 8, 40])
        functions = random.number(1...4)
        span = random.seconds(random.happens(700) ? 10...120 : 120...600)
        connectTimeout = random.seconds(1...3) * (isRolling ? 4 : 1)
        requestTimeout = random.seconds(2...8)
        let drain = requestTimeout + .seconds(2) + random.seconds(0...3)
        timing = MachineTiming(
            drain: drain,
            session: max(.seconds(6), drain * 2 + random.seconds(0...20)),
            call: connectTimeout + requestTimeout
        )
        // In a calm history a stop has the time that it needs to be clean.
        stopDrain = isCalm ? .seconds(600) : random.seconds(1...25)
        othersDrain = Self.othersDrain(seed: seed)
        let onOutOfRange: OutOfRangeRule = random.happens(700) ? .earliest : .stop
        producerQueue = random.happens(700) ? 100_000 : random.number(1...12)
        callsPerMinute = random.number(10...120)
        quota = random.number(20...200)
        quotaPeriod = random.seconds(60...900)
        concurrency = random.number(1...6)
        metadataLimit = !isCalm && random.happens(100) ? random.number(180...280) : 4_096
        policy = Self.policy(
            pipelines: pipelines,
            isCalm: isCalm,
            onOutOfRange: onOutOfRange,
            seed: seed,
            random: &random
        )
        intensity = Self.intensities(mode, random: &random)
        if isRolling { intensity[Fault.slowness.rawValue] = 400 }
        for reduction in reductions { apply(reduction) }
    }

    /// One of a seed's generators. What is drawn from one leaves what is drawn from the others as it was.
    private static func generator(_ number: UInt64, of seed: UInt64) -> SplitMix64 {
        SplitMix64(seed: seed &* 0x9e37_79b9 &+ number)
    }

    private static func limits(seed: UInt64) -> AppLimits {
        var random = generator(4, of: seed)
        guard random.happens(400) else { return AppLimits() }
        return AppLimits(
            rate: random.happens(600) ? Rate(random.number(20...200), per: .second) : nil,
            inFlight: random.happens(600) ? random.number(1...8) : nil,
            environments: [
                "e0": EnvironmentLimits(functions: random.happens(300) ? ["f0": Rate(600, per: .minute)] : [:])
            ]
        )
    }

    private static func isRolling(seed: UInt64) -> Bool {
        var random = generator(6, of: seed)
        return random.happens(120)
    }

    private static func othersDrain(seed: UInt64) -> Duration? {
        var random = generator(5, of: seed)
        return random.happens(500) ? random.seconds(0...20) : nil
    }

    private static func policy(
        pipelines: Int,
        isCalm: Bool,
        onOutOfRange: OutOfRangeRule,
        seed: UInt64,
        random: inout SplitMix64
    ) -> Policy {
        let apps = random.number(1...pipelines)
        let maybeRan: MaybeRanRule = random.happens(600) ? .retry : .fail
        return Policy(
            apps: (0..<apps).map { AppPolicy(name: "app\($0)", limits: limits(seed: seed &+ UInt64($0))) },
            pipelines: (0..<pipelines).map { index in
                let hasDeadLetters = random.happens(500)
                let limit = random.pick([1, 2, 4, 8, 16])
                return PipelinePolicy(
                    name: "p\(index)",
                    app: index % apps,
                    environment: "e\(index)",
                    function: "f0",
                    request: RequestPolicy(topics: ["requests\(index)"]),
                    replyTopic: hasDeadLetters && random.happens(150) ? nil : "replies\(index)",
                    deadLetterTopic: hasDeadLetters ? "dead\(index)" : nil,
                    inFlight: InFlightPolicy(min: random.number(1...min(2, limit)), max: limit),
                    window: WindowPolicy(
                        open: random.pick([1, 3, 8, 30, 200]),
                        distance: Int64(random.pick([5, 20, 60, 1_000])),
                        bytes: random.pick([400, 300_000, 10_000_000])
                    ),
                    retry: RetryPolicy(
                        initial: random.milliseconds(20...1_000),
                        multiplier: 2,
                        max: random.seconds(1...30),
                        maxAttempts: random.number(2...6),
                        budget: random.happens(800) ? .seconds(3_600) : random.seconds(20...600),
                        maybeRan: maybeRan
                    )
                )
            },
            onOutOfRange: onOutOfRange
        )
    }

    private static func intensities(_ mode: Mode, random: inout SplitMix64) -> [Int] {
        // Few faults at once find what many hide, and the other way round.
        let share = random.pick([50, 150, 300, 600])
        return Fault.allCases.map { fault in
            guard mode != .calm, random.happens(share) else { return 0 }
            if fault == .crash { return random.pick([1, 2, 5]) }
            if fault.strikes { return random.pick([1, 2, 4, 8]) }
            return random.pick([5, 30, 120, 400])
        }
    }

    // MARK: Shrinking

    mutating func apply(_ reduction: Reduction) {
        switch reduction {
        case .without(let fault): intensity[fault.rawValue] = 0
        case .fewerMembers: members = max(1, members - 1)
        case .fewerPartitions: partitions = partitions.map { max(1, $0 - 1) }
        case .fewerRecords: records = max(1, records / 2)
        case .fewerKeys: keys = max(1, keys / 2)
        case .fewerFunctions: functions = max(1, functions / 2)
        case .shorter: span = max(.seconds(1), span / 2)
        }
    }
}

/// A scenario made simpler.
enum Reduction: Hashable {
    case without(Fault)
    case fewerMembers, fewerPartitions, fewerRecords, fewerKeys, fewerFunctions, shorter

    static let all: [Reduction] =
        Fault.allCases.map { .without($0) }
        + [.fewerRecords, .fewerMembers, .fewerPartitions, .fewerKeys, .fewerFunctions, .shorter]

    /// As the command line has it.
    var name: String {
        switch self {
        case .without(let fault): "no-\(fault.name)"
        case .fewerMembers: "members"
        case .fewerPartitions: "partitions"
        case .fewerRecords: "records"
        case .fewerKeys: "keys"
        case .fewerFunctions: "functions"
        case .shorter: "shorter"
        }
    }

    init?(name: some StringProtocol) {
        guard let known = Self.all.first(where: { $0.name == name }) else { return nil }
        self = known
    }
}
