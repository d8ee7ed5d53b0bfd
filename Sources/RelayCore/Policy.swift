/// Everything the core decides by: the validated configuration without its secrets, addresses and files.
///
/// Apps and pipelines are referred to by their index in these arrays.
package struct Policy: Hashable, Codable, Sendable {
    package var apps: [AppPolicy]
    package var pipelines: [PipelinePolicy]
    /// `errcodes:` — the class that a listed errcode has here instead of the table's.
    package var overrides: [Int64: OutcomeClass]
    /// `errcodes: {unlisted: …}` — the class of a code that no table lists.
    package var unlistedClass: OutcomeClass
    package var onOutOfRange: OutOfRangeRule

    package init(
        apps: [AppPolicy],
        pipelines: [PipelinePolicy],
        overrides: [Int64: OutcomeClass] = [:],
        unlistedClass: OutcomeClass = .transient,
        onOutOfRange: OutOfRangeRule = .stop
    ) {
        self.apps = apps
        self.pipelines = pipelines
        self.overrides = overrides
        self.unlistedClass = unlistedClass
        self.onOutOfRange = onOutOfRange
    }
}

/// One WeChat app as the core sees it.
package struct AppPolicy: Hashable, Codable, Sendable {
    /// The name under `apps:`, not WeChat's app id.
    package var name: String
    /// Where its access tokens come from: what a hold for want of a token tells people to mend.
    package var token: TokenKind
    package var callStyle: CallStyle
    package var limits: AppLimits

    package init(
        name: String,
        token: TokenKind = .stable,
        callStyle: CallStyle = .query,
        limits: AppLimits = AppLimits()
    ) {
        self.name = name
        self.token = token
        self.callStyle = callStyle
        self.limits = limits
    }
}

/// One pipeline: a request topic, the function it calls, and what happens to the outcome.
package struct PipelinePolicy: Hashable, Codable, Sendable {
    /// The name under `pipelines:`.
    package var name: String
    /// Index into `Policy.apps`.
    package var app: Int
    package var environment: String
    package var function: String
    package var allow: AllowList
    package var request: RequestPolicy
    package var replyTopic: String?
    package var deadLetterTopic: String?
    package var ordering: Ordering
    package var inFlight: InFlightPolicy
    package var window: WindowPolicy
    package var retry: RetryPolicy
    /// `inject.member`: the member added to a JSON object body; nil when off.
    package var injectMember: String?
    /// Nothing is read, nothing is called; what is under way ends.
    package var isPaused: Bool

    package init(
        name: String,
        app: Int,
        environment: String,
        function: String,
        allow: AllowList = AllowList(),
        request: RequestPolicy,
        replyTopic: String?,
        deadLetterTopic: String? = nil,
        ordering: Ordering = .key,
        inFlight: InFlightPolicy = InFlightPolicy(),
        window: WindowPolicy = WindowPolicy(),
        retry: RetryPolicy = RetryPolicy(),
        injectMember: String? = nil,
        isPaused: Bool = false
    ) {
        self.name = name
        self.app = app
        self.environment = environment
        self.function = function
        self.allow = allow
        self.request = request
        self.replyTopic = replyTopic
        self.deadLetterTopic = deadLetterTopic
        self.ordering = ordering
        self.inFlight = inFlight
        self.window = window
        self.retry = retry
        self.injectMember = injectMember
        self.isPaused = isPaused
    }
}

/// What a record's headers may name beside the pipeline's defaults: exact names, or globs with `*` and `?`.
package struct AllowList: Hashable, Codable, Sendable {
    package var functions: [String] = []
    package var environments: [String] = []
    package var replyTopics: [String] = []

    package init(functions: [String] = [], environments: [String] = [], replyTopics: [String] = []) {
        self.functions = functions
        self.environments = environments
        self.replyTopics = replyTopics
    }
}

/// How a record's value is read.
package enum RequestFormat: String, CaseIterable, Hashable, Codable, Sendable {
    case raw, envelope
}

/// What a null value (a tombstone) means.
package enum NullValueRule: String, CaseIterable, Hashable, Codable, Sendable {
    case fail, skip
    case emptyObject = "empty-object"
}

/// `request:` of a pipeline.
package struct RequestPolicy: Hashable, Codable, Sendable {
    package var topics: [String]
    package var format: RequestFormat = .raw
    package var onNull: NullValueRule = .fail
    /// From the record's timestamp; nil means none.
    package var deadline: Duration?

    package init(
        topics: [String],
        format: RequestFormat = .raw,
        onNull: NullValueRule = .fail,
        deadline: Duration? = nil
    ) {
        self.topics = topics
        self.format = format
        self.onNull = onNull
        self.deadline = deadline
    }
}

/// `ordering:` — which records of a partition are called one after the other, in the order of their offsets.
package enum Ordering: String, CaseIterable, Hashable, Codable, Sendable {
    /// All.
    case partition
    /// Those of one key; one without a key waits for nobody.
    case key
    case none
}

/// `in-flight:` — calls under way at once, for a pipeline in this process.
package struct InFlightPolicy: Hashable, Codable, Sendable {
    package var min = 1
    package var max = 64

    package init(min: Int = 1, max: Int = 64) {
        self.min = min
        self.max = max
    }
}

/// `window:` — how much may be open at once.
package struct WindowPolicy: Hashable, Codable, Sendable {
    /// Open records of one partition.
    package var open = 1_000
    /// Offsets between a partition's lowest open record and the next one taken.
    package var distance: Int64 = 100_000
    /// Payload bytes of the pipeline in this process, from the queue to the delivery report, answers too; a partition may
    /// always hold one record, and one call always be under way.
    package var bytes = 64 << 20

    package init(open: Int = 1_000, distance: Int64 = 100_000, bytes: Int = 64 << 20) {
        self.open = open
        self.distance = distance
        self.bytes = bytes
    }
}

/// What happens after an attempt in which the function may have run.
package enum MaybeRanRule: String, CaseIterable, Hashable, Codable, Sendable {
    case retry, fail
}

/// `retry:` of a pipeline.
package struct RetryPolicy: Hashable, Codable, Sendable {
    package var initial: Duration = .milliseconds(200)
    package var multiplier: Double = 2
    package var max: Duration = .seconds(30)
    package var maxAttempts = 6
    package var budget: Duration = .seconds(3_600)
    package var maybeRan: MaybeRanRule = .retry

    package init(
        initial: Duration = .milliseconds(200),
        multiplier: Double = 2,
        max: Duration = .seconds(30),
        maxAttempts: Int = 6,
        budget: Duration = .seconds(3_600),
        maybeRan: MaybeRanRule = .retry
    ) {
        self.initial = initial
        self.multiplier = multiplier
        self.max = max
        self.maxAttempts = maxAttempts
        self.budget = budget
        self.maybeRan = maybeRan
    }
}
