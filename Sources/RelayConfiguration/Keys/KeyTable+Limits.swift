extension KeyTable {
    /// `limits` of an app.
    static let limits: [Key] = [
        .optional("rate", .rate(1...1_000_000), "100/s", "calls that start, N/s or N/min"),
        .optional(
            "burst",
            .integer(1...1_000_000),
            "20",
            "calls at once after a pause; absent: those of 100ms"
        ),
        .optional("in-flight", .integer(1...100_000), "20", "calls under way at once"),
        .section(
            "envs",
            .optionalEntries(environmentLimits, name: .environment, sample: "prod-1a2b"),
            "of environments, beside the app's own"
        ),
    ]

    private static let environmentLimits: [Key] = [
        .optional("rate", .rate(1...1_000_000), "50/s", "calls that start"),
        .optional("in-flight", .integer(1...100_000), "20", "under way at once; free: 20"),
        .section(
            "functions",
            .optionalEntries(
                [.optional("rate", .rate(1...1_000_000), "10/s", "calls that start")],
                name: .function,
                sample: "createOrder"
            ),
            "of functions, beside"
        ),
    ]
}
