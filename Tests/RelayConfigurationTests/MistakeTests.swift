import RelayConfiguration
import Testing

/// One mistake in the minimal configuration, and what is said about it.
struct Mistake: Sendable, CustomTestStringConvertible {
    let piece: String
    let other: String
    let message: String

    init(_ piece: String, _ other: String, _ message: String) {
        self.piece = piece
        self.other = other
        self.message = message
    }

    var testDescription: String { other }

    static let keys = [
        Mistake("function:", "fucntion:", "10:5: unknown key 'fucntion'; did you mean 'function'?"),
        Mistake("group:", "gruop:", "2:1: unknown key 'gruop'; did you mean 'group'?"),
        Mistake("app-id:", "app_id:", "5:5: unknown key 'app_id'; did you mean 'app-id'?"),
        Mistake(
            "{topic: orders.replies}",
            "{topic: r, colour: red}",
            "12:23: unknown key 'colour'; known here: topic"
        ),
        Mistake(
            "group: orders-relay",
            "group: orders-relay\ncolour: red",
            "3:1: unknown key 'colour'; known here: kafka, group, instance-id, shards, start-from, on-out-of-range,"
                + " create-topics, memory, rebalance, stop, apps, pipelines, errcodes, log"
        ),
        Mistake("group: orders-relay", "", "1:1: 'group' is missing; add it, e.g. group: orders-relay"),
        Mistake(
            "    env: prod-1a2b",
            "",
            "8:3: 'pipelines.orders.env' is missing; add it, e.g. env: prod-1a2b"
        ),
        Mistake(
            "    reply: {topic: orders.replies}",
            "",
            "8:3: 'pipelines.orders.reply.topic' is missing; add it, e.g. topic: orders.replies"
        ),
        Mistake(
            "group: orders-relay",
            "group: orders-relay\ngroup: b",
            "3:1: duplicate key 'group', first on line 2; keep one of them"
        ),
        Mistake(
            "{topic: orders.replies}",
            "{topic: a, \"topic\": b}",
            "12:23: duplicate key 'topic', first on line 12; keep one of them"
        ),
    ]

    static let values = [
        Mistake(
            "{topic: orders.replies}",
            "{topic: [a, b]}",
            "12:20: 'pipelines.orders.reply.topic' is a list, expected a Kafka topic name of 1 to 249 characters"
                + " A-Za-z0-9._-; write e.g. topic: orders.replies"
        ),
        Mistake(
            "{topic: orders.replies}",
            "{topic: }",
            "12:20: 'pipelines.orders.reply.topic' is empty, expected a Kafka topic name of 1 to 249 characters"
                + " A-Za-z0-9._-; write e.g. topic: orders.replies"
        ),
        Mistake(
            "{topic: orders.replies}",
            "orders.replies",
            "12:12: 'pipelines.orders.reply' is 'orders.replies', expected a mapping with the keys topic;"
                + " write e.g. topic: orders.replies"
        ),
        Mistake(
            "topic: orders.requests",
            "topic: []",
            "11:22: 'pipelines.orders.request.topic' is an empty list, expected a Kafka topic name of 1 to 249"
                + " characters A-Za-z0-9._-, or a list of such; write e.g. topic: orders.requests"
        ),
        Mistake(
            "topic: orders.requests",
            "topic: [fine, 'not/fine']",
            "11:29: 'pipelines.orders.request.topic[1]' is 'not/fine', expected a Kafka topic name of 1 to 249"
                + " characters A-Za-z0-9._-; write e.g. topic: orders.requests"
        ),
        Mistake(
            "prod-1a2b",
            "Prod",
            "9:10: 'pipelines.orders.env' is 'Prod', expected an environment id of 1 to 64 characters a-z0-9-;"
                + " write e.g. env: prod-1a2b"
        ),
        Mistake(
            "createOrder",
            "1st",
            "10:15: 'pipelines.orders.function' is '1st', expected a function name of 1 to 60 characters"
                + " A-Za-z0-9_-, the first of A-Za-z; write e.g. function: createOrder"
        ),
        Mistake(
            "group: orders-relay",
            "group: g\ncreate-topics: yes",
            "3:16: 'create-topics' is 'yes', expected true or false; write e.g. create-topics: false"
        ),
        Mistake(
            "group: orders-relay",
            "group: g\nrebalance: {drain: 10}",
            "3:20: 'rebalance.drain' is '10', a number without a unit; add one of ms, s, m, h"
        ),
        Mistake(
            "group: orders-relay",
            "group: g\nstop: {drain: 2d}",
            "3:15: 'stop.drain' is '2d', expected a duration from 1s to 1h; write e.g. drain: 25s"
        ),
        Mistake(
            "group: orders-relay",
            "group: g\nmemory: {max: 268435456}",
            "3:15: 'memory.max' is '268435456', a number without a unit; add one of B, KiB, MiB, GiB"
        ),
        Mistake(
            "group: orders-relay",
            "group: g\nmemory: {max: 256MB}",
            "3:15: 'memory.max' is '256MB', expected a size in powers of 1024; write 256MiB"
        ),
        Mistake(
            "group: orders-relay",
            "group: g\nmemory: {max: 1MiB}",
            "3:15: 'memory.max' is '1MiB', expected a size from 64MiB to 1024GiB; write e.g. max: 256MiB"
        ),
        Mistake(
            "group: orders-relay",
            "group: g\nstart-from: 2026-02-30T00:00:00Z",
            "3:13: 'start-from' is '2026-02-30T00:00:00Z', expected earliest, latest or an RFC 3339 time;"
                + " write e.g. start-from: 2026-01-31T08:00:00Z"
        ),
        Mistake(
            "group: orders-relay",
            "group: g\non-out-of-range: earliset",
            "3:18: 'on-out-of-range' is 'earliset', expected stop or earliest; did you mean 'earliest'?"
        ),
        Mistake(
            "    env:",
            "    in-flight: {max: many}\n    env:",
            "9:22: 'pipelines.orders.in-flight.max' is 'many', expected a whole number from 1 to 10000;"
                + " write e.g. max: 64"
        ),
        Mistake(
            "    env:",
            "    retry: {multiplier: 0.5}\n    env:",
            "9:25: 'pipelines.orders.retry.multiplier' is '0.5', expected a number from 1.0 to 10.0;"
                + " write e.g. multiplier: 2"
        ),
        Mistake(
            "    env:",
            "    allow: {functions: other}\n    env:",
            "9:24: 'pipelines.orders.allow.functions' is 'other', expected a list, each item a function name or glob"
                + " (* and ?) of 1 to 60 characters A-Za-z0-9_*?-; write e.g. functions: []"
        ),
        Mistake(
            "    app-id:",
            "    base-url: api.weixin.qq.com\n    app-id:",
            "5:15: 'apps.main.base-url' is 'api.weixin.qq.com', expected a URL that begins with https:// or"
                + " http://; write e.g. base-url: https://api.weixin.qq.com"
        ),
        Mistake(
            "    app-id:",
            "    base-url: https://user:pass@host\n    app-id:",
            "5:15: 'apps.main.base-url' is a URL with an @, expected a URL of scheme, host, port and path only;"
                + " write e.g. base-url: https://api.weixin.qq.com"
        ),
        Mistake(
            "group: orders-relay",
            "group: g\nerrcodes: {0: transient}",
            "3:12: the errcode 0 is success: the function ran, and is never called again; remove it"
        ),
        Mistake(
            "group: orders-relay",
            "group: g\nerrcodes: {-5: transiet}",
            "3:16: 'errcodes.-5' is 'transiet', expected one of transient, refresh_token, throttled,"
                + " concurrency_limited, quota_exhausted, permanent_request, permanent_config, function_failed,"
                + " unknown_outcome; did you mean 'transient'?"
        ),
        Mistake(
            "group: orders-relay",
            "group: g\nerrcodes: {busy: transient}",
            "3:12: 'busy' is no errcode, expected a whole number or 'unlisted'; write e.g. -504002: transient"
        ),
    ]

    static let references = [
        Mistake(
            "${SECRET}",
            "${NOPE}",
            "6:17: 'apps.main.app-secret' refers to the environment variable 'NOPE', which is not set;"
                + " set it, or give a default: ${NOPE:-…}"
        ),
        Mistake(
            "${SECRET}",
            "${EMPTY}",
            "6:17: 'apps.main.app-secret' is empty; write ${file:PATH}, ${NAME} or the secret itself"
        ),
        Mistake(
            "${SECRET}",
            "pa$word",
            "6:17: 'apps.main.app-secret' has a single $; write $$ for a dollar, or ${NAME} for a variable"
        ),
        Mistake(
            "${SECRET}",
            "x${file:/run/x}",
            "6:17: 'apps.main.app-secret' has a text beside its ${file:…}, which then could not be read again;"
                + " put the whole secret into the file"
        ),
        Mistake(
            "orders-relay",
            "${GROUP",
            "2:8: 'group' has a ${ without its }; close it, or write $${ for the text itself"
        ),
        Mistake(
            "orders-relay",
            "${a-b}",
            "2:8: 'group' has a ${…} that names no variable; write ${NAME}, ${NAME:-default} or ${file:PATH}"
        ),
        Mistake(
            "orders-relay",
            "${file:does/not/exist}",
            "2:8: 'group' refers to the file 'does/not/exist', which does not exist;"
                + " provide the file or correct its path"
        ),
    ]

    static let acrossKeys = [
        Mistake(
            "orders.replies",
            "orders.requests",
            "12:20: 'pipelines.orders.reply.topic' is 'orders.requests', which the pipeline 'orders' consumes: a loop;"
                + " write to another topic"
        ),
        Mistake(
            "    env:",
            "    dead-letter: {topic: orders.requests}\n    env:",
            "9:26: 'pipelines.orders.dead-letter.topic' is 'orders.requests', which the pipeline 'orders' consumes:"
                + " a loop; write to another topic"
        ),
        Mistake(
            "topic: orders.requests",
            "topic: [a, a]",
            "11:26: the topic 'a' is there twice; a topic belongs to one pipeline: remove one"
        ),
        Mistake(
            "orders.replies",
            "__replies",
            "12:20: 'pipelines.orders.reply.topic' is '__replies', an internal topic; use another topic"
        ),
        Mistake(
            "pipelines:\n",
            "pipelines:\n  first: {env: e, function: f, request: {topic: orders.requests}, reply: {topic: r}}\n",
            "12:22: the topic 'orders.requests' already belongs to the pipeline 'first';"
                + " a topic belongs to one pipeline: remove one"
        ),
        Mistake(
            "    env:",
            "    app: mian\n    env:",
            "9:10: 'pipelines.orders.app' is 'mian', which is no app here; did you mean 'main'?"
        ),
        Mistake(
            "apps:\n",
            "apps:\n  other: {app-id: wx0123456789abcdef, app-secret: x}\n",
            "9:3: 'pipelines.orders.app' is missing, and there are 2 apps; add one of other, main"
        ),
        Mistake(
            "    app-secret: ${SECRET}\n",
            "",
            "4:3: 'apps.main.app-secret' is missing, and token.source stable_token needs it;"
                + " add it, e.g. app-secret: ${file:/run/secrets/wx}"
        ),
        Mistake(
            "    app-id:",
            "    token: {source: static}\n    app-id:",
            "5:5: 'apps.main.token.value' is missing, and token.source static needs it;"
                + " add it, e.g. value: ${ACCESS_TOKEN}"
        ),
        Mistake(
            "    app-id:",
            "    token: {value: x}\n    app-id:",
            "5:20: 'apps.main.token.value' has no meaning with token.source stable_token;"
                + " remove it, or write source: static"
        ),
        Mistake(
            "    app-id:",
            "    tls: {ca-file: no/such.pem}\n    app-id:",
            "5:20: 'apps.main.tls.ca-file' is 'no/such.pem', which does not exist;"
                + " provide the file or correct its path"
        ),
        Mistake(
            "    app-id:",
            "    timeouts: {request: 9s}\n    app-id:",
            "5:25: 'rebalance.drain' is 10s, less than 'apps.main.timeouts.request' (9s) + 2s: calls would be cut at a"
                + " rebalance; write drain: 11s, or a shorter request time-out"
        ),
        Mistake(
            "{bootstrap.servers: b1:9092}",
            "{bootstrap.servers: b, session.timeout.ms: 19999}",
            "1:51: 'kafka.session.timeout.ms' is 19999, less than 2 x 'rebalance.drain' (10s): a member could lose its"
                + " session while others drain; write session.timeout.ms: 20000 or more, or a shorter drain"
        ),
        Mistake(
            "{bootstrap.servers: b1:9092}",
            "{bootstrap.servers: b, max.poll.interval.ms: 44999}",
            "1:53: 'kafka.session.timeout.ms' is 45000, more than 'max.poll.interval.ms' (44999);"
                + " write max.poll.interval.ms: 45000 or more"
        ),
        Mistake(
            "    env:",
            "    in-flight: {min: 9, max: 3}\n    env:",
            "9:22: 'pipelines.orders.in-flight.min' is 9, more than max (3); write min: 3 or less"
        ),
        Mistake(
            "    env:",
            "    retry: {max: 100ms}\n    env:",
            "9:18: 'pipelines.orders.retry.initial' is 200ms, more than max (100ms); write initial: 100ms or less"
        ),
        Mistake(
            "group: orders-relay",
            "group: g\nrebalance: {drain: 23s}",
            "3:20: 'kafka.session.timeout.ms' is 45000, less than 2 x 'rebalance.drain' (23s): a member could lose its"
                + " session while others drain; write session.timeout.ms: 46000 or more, or a shorter drain"
        ),
        Mistake(
            "    env:",
            "    retry: {initial: 31s}\n    env:",
            "9:22: 'pipelines.orders.retry.initial' is 31s, more than max (30s); write initial: 30s or less"
        ),
        Mistake(
            "    env:",
            "    retry: {initial: 2s, budget: 1s}\n    env:",
            "9:34: 'pipelines.orders.retry.budget' is 1s, less than initial (2s): nothing would be tried again;"
                + " write a longer budget"
        ),
        Mistake(
            "    env:",
            "    window: {distance: 999}\n    env:",
            "9:24: 'pipelines.orders.window.distance' is 999, less than open (1000); write distance: 1000 or more"
        ),
        Mistake(
            "    env:",
            "    window: {open: 2500}\n    env:",
            "9:20: 'pipelines.orders.window.open' is 2500 with a distance of 100000: the list of open records would"
                + " need 4074 bytes, and a commit has room for 3000; write a lower open or distance;"
                + " 1000 and 100000 always fit"
        ),
        Mistake(
            "{bootstrap.servers: b1:9092}",
            "{bootstrap.servers: b, sasl.password: '${file:no/such}'}",
            "1:46: 'kafka.sasl.password': secret file 'no/such' does not exist; provide the file or correct its path"
        ),
    ]
}

@Suite("Mistakes in a configuration")
struct MistakeTests {
    @Test("a wrong key is named with its place and a remedy", arguments: Mistake.keys)
    func keys(mistake: Mistake) { expectOnly(mistake) }

    @Test("a wrong value is shown with what is expected and an example", arguments: Mistake.values)
    func values(mistake: Mistake) { expectOnly(mistake) }

    @Test("a reference that leads nowhere is named, and no secret is shown", arguments: Mistake.references)
    func references(mistake: Mistake) { expectOnly(mistake) }

    @Test("keys that do not fit together are refused", arguments: Mistake.acrossKeys)
    func acrossKeys(mistake: Mistake) { expectOnly(mistake) }

    @Test(
        "what is no YAML is a problem with its place, too",
        arguments: [
            (
                "a: {b: ${X}}\n",
                "1:9: not valid YAML: while parsing a flow mapping, did not find expected ',' or '}'; inside { } and [ ] put ${…} into quotes: \"${NAME}\""
            ),
            (
                "a:\n\tb: 1\n",
                "2:1: not valid YAML: while scanning for the next token, found character that cannot start any token; indent with spaces, not with tabs"
            ),
            ("a: b\u{1}c\n", "1:5: not valid YAML: control characters are not allowed; remove the character"),
            (
                "a: b\n---\nc: d\n",
                "2:1: not valid YAML: expected a single document in the stream, but found another document; look for a missing colon, quote or bracket, or a wrong indentation, here or on the line before"
            ),
            (
                "- a\n",
                "1:1: the file is a list, expected a mapping with the keys kafka, group, instance-id, shards, start-from, on-out-of-range, create-topics, memory, rebalance, stop, apps, pipelines, errcodes, log; write e.g. kafka: {bootstrap.servers: b1:9092}"
            ),
        ]
    )
    func syntax(text: String, message: String) {
        #expect(Sample.problems(text) == ["f.yaml:\(message)"])
    }

    @Test("all mistakes are told at once, in the order of the lines")
    func together() {
        let text = """
            kafka: {group.id: x, bootstrap.servers: b}
            group: a
            group: b
            rebalance: {drain: 10}
            apps: {main: {app-id: wx0123456789abcdef, app-secret: s, app-id: y}}
            pipelines:
              orders: {fucntion: f, env: e, request: {topic: q}, reply: {topic: q}}
            group: c
            """
        #expect(
            Sample.problems(text) == [
                "f.yaml:1:9: 'group.id' is refused: it has a key of its own; use 'group'",
                "f.yaml:3:1: duplicate key 'group', first on line 2; keep one of them",
                "f.yaml:4:20: 'rebalance.drain' is '10', a number without a unit; add one of ms, s, m, h",
                "f.yaml:5:58: duplicate key 'app-id', first on line 5; keep one of them",
                "f.yaml:7:12: unknown key 'fucntion'; did you mean 'function'?",
                "f.yaml:7:69: 'pipelines.orders.reply.topic' is 'q', which the pipeline 'orders' consumes: a loop;"
                    + " write to another topic",
                "f.yaml:8:1: duplicate key 'group', first on line 2; keep one of them",
            ]
        )
    }

    @Test("a mapping of pipelines holds at least one")
    func noPipeline() throws {
        let end = try #require(Sample.minimal.firstRange(of: "pipelines:")).lowerBound
        #expect(
            Sample.problems(Sample.minimal[..<end] + "pipelines: {}\n") == [
                "f.yaml:7:1: 'pipelines' is empty; add an entry, e.g. orders: {app: main, …}"
            ]
        )
    }

    @Test("an empty file lacks all that is required")
    func empty() {
        #expect(
            Sample.problems("") == [
                "f.yaml:1:1: 'kafka.bootstrap.servers' is missing; add it, e.g. bootstrap.servers: b1:9092",
                "f.yaml:1:1: 'group' is missing; add it, e.g. group: orders-relay",
                "f.yaml:1:1: 'apps' is missing; add it, e.g. apps: {main: {app-id: wx0123456789abcdef, …}}",
                "f.yaml:1:1: 'pipelines' is missing; add it, e.g. pipelines: {orders: {app: main, …}}",
            ]
        )
    }

    @Test("a file that is not there is a problem, not a crash")
    func missingFile() {
        #expect(throws: ConfigurationProblems.self) {
            try Configuration.load(path: "no/such.yaml", environment: [:]) { _, _ in nil }
        }
        do {
            _ = try Configuration.load(path: "no/such.yaml", environment: [:]) { _, _ in nil }
        } catch {
            #expect(
                "\(error)" == "no/such.yaml:1:1: the configuration file does not exist;"
                    + " name another, or make one: wxrelay config example > no/such.yaml"
            )
        }
    }

    private func expectOnly(_ mistake: Mistake) {
        #expect(Sample.problems(Sample.minimal(mistake.piece, mistake.other)) == ["f.yaml:\(mistake.message)"])
    }
}
