import RelayCore

extension KeyTable {
    /// One entry under `pipelines:`.
    static let pipeline: [Key] = [
        .conditional("app", .text(.entryName), "main", "a name under apps; may be left out when there is one app"),
        .required("env", .text(.environment), "prod-1a2b", "the cloud environment's id"),
        .required("function", .text(.function), "createOrder", "what is called unless a header says otherwise"),
        .section("allow", .section(allow), "what headers may name besides: exact, or globs with * and ?").live,
        .section("request", .section(request), "where requests come from"),
        .section(
            "reply",
            .section([.required("topic", .text(.topic), "orders.replies", "unless a header says otherwise")]),
            "where answers go"
        ),
        .section(
            "dead-letter",
            .section([.optional("topic", .text(.topic), "orders.dead", "failures go here and to the reply topic")]),
            "the original record of a failure"
        ),
        .defaults(
            "ordering",
            .choice(Ordering.allCases.map(\.rawValue)),
            "key",
            "one call at a time of each: partition | key | none"
        ),
        .section(
            "in-flight",
            .section([
                .defaults("min", .integer(1...10_000), "1", "the least; where a ramp begins after a hold"),
                .defaults("max", .integer(1...10_000), "64", "the most; -501004 makes it search for less"),
            ]),
            "calls under way at once, in this process"
        ).live,
        .section("window", .section(window), "how much may be open at once").live,
        .section("retry", .section(retry), "full jitter").live,
        .section(
            "inject",
            .section([
                .defaults("member", .text(.member), "\"\"", "e.g. _wxrelay: correlationId, attempt, source; empty: off")
            ]),
            "a member added to bodies that are JSON objects"
        ).live,
        .defaults("paused", .flag, "false", "reads and calls nothing; what is under way ends")
            .live,
    ]

    private static let allow: [Key] = [
        .defaults("functions", .names(.functionGlob, mayBeEmpty: true), "[]", "for the header wxrelay-function"),
        .defaults("envs", .names(.environmentGlob, mayBeEmpty: true), "[]", "for the header wxrelay-env"),
        .defaults(
            "reply-topics",
            .names(.topicGlob, mayBeEmpty: true),
            "[]",
            "for the header wxrelay-reply-topic"
        ),
    ]

    private static let request: [Key] = [
        .required(
            "topic",
            .names(.topic, mayBeEmpty: false),
            "orders.requests",
            "one name or a list; in one pipeline only"
        ),
        .defaults("format", .choice(RequestFormat.allCases.map(\.rawValue)), "raw", "raw | envelope"),
        .defaults(
            "on-null",
            .choice(NullValueRule.allCases.map(\.rawValue)),
            "fail",
            "a record without value: fail | skip | empty-object"
        ).live,
        .defaults(
            "deadline",
            .durationOrNone(.seconds(1)...Duration.seconds(720 * 3_600)),
            "none",
            "from the record's timestamp: none or a duration"
        ).live,
    ]

    private static let window: [Key] = [
        .defaults("open", .integer(1...2_900), "1000", "open records of a partition"),
        .defaults(
            "distance",
            .integer(1...10_000_000),
            "100000",
            "offsets that a restart may read again, of a partition"
        ),
        .defaults(
            "bytes",
            .size(.mebibytes(1)...ByteCount.gibibytes(64)),
            "64MiB",
            "of records and answers, in this process"
        ),
    ]

    private static let retry: [Key] = [
        .defaults(
            "initial",
            .duration(.milliseconds(1)...Duration.seconds(600)),
            "200ms",
            "the first wait is at most this"
        ),
        .defaults("multiplier", .number(1...10), "2", "each further wait is at most so many times the last"),
        .defaults("max", .duration(.milliseconds(1)...Duration.seconds(3_600)), "30s", "and never more than this"),
        .defaults("max-attempts", .integer(1...100), "6", "of those that the errcode table counts"),
        .defaults(
            "budget",
            .duration(.seconds(1)...Duration.seconds(168 * 3_600)),
            "1h",
            "for all attempts, time under a hold not counted"
        ),
        .defaults(
            "maybe-ran",
            .choice(MaybeRanRule.allCases.map(\.rawValue)),
            "retry",
            "the function may have run: retry | fail"
        ),
    ]
}
