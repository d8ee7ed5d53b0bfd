/// What a hold stops, and what is known of its recent answers.
struct Scope: Sendable {
    let kind: HoldScope
    let app: Int
    /// Empty for an app's own scope.
    let environment: String
    /// Empty unless the scope is a function.
    let function: String

    var hold: Hold?
    var inFlight = 0
    var failures = FailureWindow()
    /// Answers of success, for `permanent_config`'s «no success between».
    var successes: UInt64 = 0
    /// Answers that were not transient: they prove that the other side works.
    var answers: UInt64 = 0
    /// The last request that was refused for the configuration, and what the scope had answered by then.
    var lastRefusal: Refusal?
    /// Requests of one function that were refused alike, one after the other.
    var requestRefusals: RequestRefusals?
    /// Throttled holds without a success between.
    var throttledHolds = 0

    struct Refusal: Equatable, Sendable {
        let request: RequestID
        let code: OutcomeCode
        let successes: UInt64
    }

    struct RequestRefusals: Equatable, Sendable {
        let code: OutcomeCode
        var count: Int
        var lastRequest: RequestID
    }

    /// The environment, or environment and function, as reports name it.
    var name: String {
        function.isEmpty ? environment : "\(environment)/\(function)"
    }
}
