import RelayCore

/// How much the machine holds while the same requests flow through it.
struct Shape {
    let name: String
    /// Requests that are open at once, those that are parked not counted.
    var open = 64
    /// Calls under way at once.
    var inFlight = 64
    var partitions = 1
    /// Distinct keys of the requests, in turn.
    var keys = 10_000
    /// Requests that wait for a retry far away all the while.
    var parked = 0
    /// Limits of the app that nothing ever waits for.
    var limits = AppLimits()

    static let base = Shape(name: "base: 64 open, 1 partition")

    /// Each differs from the base in one thing.
    static let all = [
        base,
        Shape(name: "10 open", open: 10, inFlight: 10),
        Shape(name: "1,000 open, 64 in flight", open: 1_000),
        Shape(name: "1,000 open, all in flight", open: 1_000, inFlight: 1_000),
        Shape(name: "1,000 partitions", partitions: 1_000),
        Shape(name: "a rate limit that never binds", limits: AppLimits(rate: Rate(1_000_000, per: .second))),
        Shape(name: "1 key", keys: 1),
        Shape(name: "1,000,000 keys", keys: 1_000_000),
        // The window of one partition holds no more than a commit can tell of.
        Shape(name: "100,000 pending retries", partitions: 100, parked: 100_000),
    ]

    var policy: Policy {
        Policy(
            apps: [AppPolicy(name: "main", limits: limits)],
            pipelines: [
                PipelinePolicy(
                    name: "bench",
                    app: 0,
                    environment: "prod-1a2b",
                    function: "createOrder",
                    request: RequestPolicy(topics: ["requests"]),
                    replyTopic: "replies",
                    inFlight: InFlightPolicy(max: inFlight),
                    window: WindowPolicy(open: 2 * (open + parked / partitions), distance: .max, bytes: 1 << 30),
                    // Short and endless: those that are retried in the flow come back soon, those that are parked stay.
                    retry: RetryPolicy(initial: .milliseconds(1), budget: .seconds(1_000_000))
                )
            ]
        )
    }
}
