import RelayCore

/// Every key that this version knows: one table for the parser, the schema, the example and the printed configuration.
enum KeyTable {
    static let root: [Key] = [
        .section("kafka", .properties(kafka), "any librdkafka property, in librdkafka's own units"),
        .required("group", .text(.group), "orders-relay", "consumer group: one per deployment"),
        .defaults("instance-id", .text(.instance), "\"\"", "static membership, only where names are stable"),
        .defaults(
            "shards",
            .integer(1...64),
            "1",
            "members of the group in this process, each with a thread of its own"
        ),
        .defaults("start-from", .startFrom, "earliest", "a group without commits: earliest | latest | RFC 3339 time"),
        .defaults(
            "on-out-of-range",
            .choice(OutOfRangeRule.allCases.map(\.rawValue)),
            "stop",
            "a committed offset that the log lost: stop | earliest"
        ),
        .defaults("create-topics", .flag, "false", "create missing topics at the start"),
        .section(
            "memory",
            .section([
                .defaults(
                    "max",
                    .size(.mebibytes(64)...ByteCount.gibibytes(1024)),
                    "256MiB",
                    "a bound above it is warned of"
                )
            ]),
            "check prints the bound"
        ).live,
        .section(
            "rebalance",
            .section([
                .defaults(
                    "drain",
                    .duration(.seconds(3)...Duration.seconds(300)),
                    "10s",
                    "wait for calls of a revoked partition: timeouts.request + 2s or more"
                )
            ]),
            "handing partitions over"
        ),
        .section(
            "stop",
            .section([
                .defaults("drain", .duration(.seconds(1)...Duration.seconds(3_600)), "25s", "wait for calls at SIGTERM")
            ]),
            "ending the process"
        ),
        .section("apps", .entries(app, name: .entryName, sample: "main"), "WeChat apps, by names of your own"),
        .section(
            "pipelines",
            .entries(pipeline, name: .entryName, sample: "orders"),
            "request topics and what they call"
        ),
        .section(
            "errcodes",
            .overrides(errcodes, classes: overrideClasses),
            "e.g. -504002: transient gives an errcode another class"
        ).live,
        .section("log", .section(log), "one event a line"),
    ]

    /// The defaults are wxrelay's own where librdkafka's are unbounded in practice: the memory bound rests on them.
    private static let kafka: [Key] = [
        .required("bootstrap.servers", .text(.any("a list of host:port")), "b1:9092", "brokers, separated by commas"),
        .defaults("session.timeout.ms", .integer(1_000...3_600_000), "45000", "at least 2 x rebalance.drain"),
        .defaults(
            "queued.max.messages.kbytes",
            .integer(1...2_097_151),
            "4096",
            "read ahead for each partition: 4 MiB"
        ),
        .defaults(
            "max.partition.fetch.bytes",
            .integer(1...1_000_000_000),
            "1048576",
            "of a partition in one response: 1 MiB"
        ),
        .defaults("fetch.max.bytes", .integer(1...2_147_483_135), "8388608", "one response: 8 MiB"),
        .defaults("queue.buffering.max.kbytes", .integer(1...2_147_483_647), "32768", "the producer's queue: 32 MiB"),
        .defaults("linger.ms", .integer(0...900_000), "5", "a reply waits so long for others to share a batch"),
    ]

    /// The names under `kafka:` that this file knows, for finding what a mistyped one was meant to be.
    static let kafkaNames = kafka.map(\.name) + RefusedProperty.all.map(\.name)

    private static let app: [Key] = [
        .required("app-id", .text(.application), "wx0123456789abcdef", "from the WeChat admin console"),
        .conditional(
            "app-secret",
            .secret,
            "${file:/run/secrets/wx}",
            "by token.source stable_token, token; a file is read again"
        ).live,
        .defaults(
            "base-url",
            .baseURLs,
            "https://api.weixin.qq.com",
            "scheme, host, port, path; or a list, the most preferred first"
        ),
        .optional(
            "proxy",
            .proxy,
            "http://egress:3128",
            "HTTP CONNECT; http://user:password@host:port, may be ${file:PATH}"
        ),
        .section(
            "tls",
            .section([
                .optional(
                    "ca-file",
                    .text(.any("a path")),
                    "/etc/ssl/corp.pem",
                    "PEM, trusted beside the system's CAs"
                )
            ]),
            "for a proxy or a stand-in with a CA of its own"
        ),
        .defaults(
            "call-style",
            .choice(CallStyle.allCases.map(\.rawValue)),
            CallStyle.query.rawValue,
            "query: the input is the body | body: a JSON document has it"
        ),
        .section("token", .section(token), "where access tokens come from"),
        .section(
            "timeouts",
            .section([
                .defaults(
                    "connect",
                    .duration(.milliseconds(100)...Duration.seconds(60)),
                    "3s",
                    "proxy and TLS included"
                ),
                .defaults(
                    "request",
                    .duration(.seconds(1)...Duration.seconds(300)),
                    "8s",
                    "first byte out to last byte in; a function may run 5s"
                ),
            ]),
            "of one call"
        ),
        .section("limits", .section(limits), "for the whole group, shared by partitions; calls wait for them")
            .live,
    ]

    private static let errcodes: [Key] = [
        .defaults(
            "unlisted",
            .choice(overrideClasses),
            OutcomeClass.transient.rawValue,
            "codes that no table lists: at most 3 attempts"
        )
    ]

    private static let log: [Key] = [
        .defaults(
            "level",
            .choice(LogSettings.Level.allCases.map(\.rawValue)),
            "info",
            "trace | debug | info | notice | warning | error | critical"
        ).live,
        .defaults(
            "format",
            .choice(LogSettings.Format.allCases.map(\.rawValue)),
            "auto",
            "json | text | auto: text when the output is a terminal"
        ),
    ]

    /// Not `success`: a code other than 0 comes without the `resp_data` that a reply is made of.
    static let overrideClasses = OutcomeClass.allCases.filter { $0 != .success }.map(\.rawValue)
}

extension ByteCount {
    static func mebibytes(_ count: Int) -> ByteCount { ByteCount(count << 20) }
    static func gibibytes(_ count: Int) -> ByteCount { ByteCount(count << 30) }
}
