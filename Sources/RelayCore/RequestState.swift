/// One open request: taken from its partition, not yet complete.
struct RequestState: Sendable {
    enum Phase: Equatable {
        /// Behind another request of its key.
        case waitingForKey
        /// The next of its key, waiting for room, a token or a hold.
        case ready
        case inFlight(since: MonotonicTime, isProbe: Bool)
        /// The brokers have not acknowledged yet that its next call may be made.
        case waitingForCommit
        /// After a failed attempt, until the time.
        case waitingForRetry(due: MonotonicTime)
        /// Its outcome is known and being written.
        case settling
    }

    /// That of its id; behind its end that of the slot's next one.
    var generation: UInt32
    var isOpen = true
    /// Another one while its partition is in limbo, and after that.
    var partition: PartitionID
    /// What the partition's ledger completes it by.
    let ledgerHandle: Int
    let offset: Offset
    let pipeline: Int
    let target: Int
    let key: UInt64?
    let functionNamedByRecord: Bool
    let environmentNamedByRecord: Bool
    let replyTopic: String?
    let replyPartition: Int32?
    let deadline: WallTime?
    let byteCount: Int
    let arrived: Now

    var phase: Phase = .waitingForKey
    var previousInKey: Int?
    var nextInKey: Int?
    var isCopiedOut = false
    /// Bytes of the answer, or what is kept free for it while a call is under way.
    private(set) var answerBytes = 0

    /// HTTP requests made by the owners of its partition before this one, as far as they told.
    let attemptsBefore: Int
    /// It may have run once more under an owner whose metadata could not be used.
    let isDoubtful: Bool
    /// HTTP requests made.
    var attempts = 0
    /// Attempts that count against `retry.max-attempts`.
    var countedAttempts = 0
    /// Failed attempts that make the backoff longer: those not ended by a hold, a token refresh or a probe.
    var backoffSteps = 0
    /// How often the function may have run, the calls of owners before included.
    var invocationsPossible: Int
    /// As much of it as the partition's next commit tells.
    var invocationsNoted: Int
    /// The partition's `commitsBegun` at that time: a later one has to be acknowledged before the next call.
    var runNoted: Int?
    var firstAttempt: MonotonicTime?
    /// The target's time under a hold when the first attempt began.
    var heldBeforeFirstAttempt: Duration = .zero
    /// What its scopes had answered when this request's last attempt ended.
    var answersSeen = AnswersSeen()
    var configurationRefusals: ConfigurationRefusals?
    /// It was called at an address that WeChat has retired, and called once more for it.
    var hasMetRetiredAddress = false
    /// Answers -504003: at most two calls.
    var functionTimeOuts = 0
    /// Its deadline fell due while its call was under way.
    var isDeadlineDue = false
    var lastAnswer: AttemptResult?
    var settlement = Settlement()

    /// - Returns: how many more they are than before.
    mutating func setAnswerBytes(_ count: Int) -> Int {
        defer { answerBytes = count }
        return count - answerBytes
    }

    var isInFlight: Bool {
        if case .inFlight = phase { true } else { false }
    }
}

/// Counts of answers outside the transient class, by the width of the scope.
struct AnswersSeen: Equatable, Sendable {
    var app: UInt64 = 0
    var environment: UInt64 = 0
    var function: UInt64 = 0

    subscript(scope: HoldScope) -> UInt64 {
        switch scope {
        case .app: app
        case .env: environment
        case .function: function
        }
    }
}

/// Attempts of one request that were refused alike for the configuration, and the successes of its scope at the first.
struct ConfigurationRefusals: Equatable, Sendable {
    let code: OutcomeCode
    var count: Int
    var successesAtFirst: UInt64
}
