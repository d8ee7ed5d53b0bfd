import RelayConfiguration

/// Each key with another value than the sample's, and whether a reload applies it to a running relay.
struct JudgedKey: Sendable, CustomStringConvertible {
    /// Names from the root, `*` for an entry, divided by spaces: librdkafka's have dots.
    let path: String
    /// As YAML.
    let other: String
    let isLive: Bool
    var description: String { path }

    private init(_ path: String, _ other: String, isLive: Bool = false) {
        self.path = path
        self.other = other
        self.isLive = isLive
    }

    private static func live(_ path: String, _ other: String) -> JudgedKey {
        JudgedKey(path, other, isLive: true)
    }

    static let all: [JudgedKey] = [
        JudgedKey("kafka bootstrap.servers", "b2:9092"), JudgedKey("kafka session.timeout.ms", "46000"),
        JudgedKey("kafka queued.max.messages.kbytes", "8192"), JudgedKey("kafka max.partition.fetch.bytes", "1000"),
        JudgedKey("kafka fetch.max.bytes", "9000000"), JudgedKey("kafka queue.buffering.max.kbytes", "1000"),
        JudgedKey("kafka linger.ms", "6"),
        JudgedKey("group", "other"), JudgedKey("instance-id", "pod-0"), JudgedKey("shards", "2"),
        JudgedKey("start-from", "latest"),
        JudgedKey("on-out-of-range", "earliest"), JudgedKey("create-topics", "true"),
        .live("memory max", "512MiB"), JudgedKey("rebalance drain", "11s"), JudgedKey("stop drain", "26s"),
        JudgedKey("apps * app-id", "wx1123456789abcdef"), .live("apps * app-secret", "other"),
        JudgedKey("apps * base-url", "https://localhost"), JudgedKey("apps * tls ca-file", #filePath),
        JudgedKey("apps * proxy", "http://egress:3128"), JudgedKey("apps * call-style", "body"),
        JudgedKey("apps * token url", "https://t/b"), .live("apps * token bearer", "other"),
        JudgedKey("apps * token file", "/b"), JudgedKey("apps * token path", "b"),
        JudgedKey("apps * token parameter", "cloudbase_access_token"), JudgedKey("apps * token source", "static"),
        .live("apps * token value", "other"),
        JudgedKey("apps * timeouts connect", "4s"), JudgedKey("apps * timeouts request", "7s"),
        .live("apps * limits rate", "8/s"), .live("apps * limits burst", "8"), .live("apps * limits in-flight", "8"),
        .live("apps * limits envs * rate", "8/min"), .live("apps * limits envs * in-flight", "8"),
        .live("apps * limits envs * functions * rate", "8/s"),
        JudgedKey("pipelines * app", "main"), JudgedKey("pipelines * env", "other"),
        JudgedKey("pipelines * function", "other"), .live("pipelines * allow functions", "[createOrder]"),
        .live("pipelines * allow envs", "['*']"), .live("pipelines * allow reply-topics", "[r]"),
        JudgedKey("pipelines * request topic", "other"), JudgedKey("pipelines * request format", "envelope"),
        .live("pipelines * request on-null", "skip"), .live("pipelines * request deadline", "5s"),
        JudgedKey("pipelines * reply topic", "other"), JudgedKey("pipelines * dead-letter topic", "other"),
        JudgedKey("pipelines * ordering", "none"),
        .live("pipelines * in-flight min", "2"), .live("pipelines * in-flight max", "65"),
        .live("pipelines * window open", "999"), .live("pipelines * window distance", "99999"),
        .live("pipelines * window bytes", "65MiB"), .live("pipelines * retry initial", "201ms"),
        .live("pipelines * retry multiplier", "2.5"), .live("pipelines * retry max", "31s"),
        .live("pipelines * retry max-attempts", "7"), .live("pipelines * retry budget", "2h"),
        .live("pipelines * retry maybe-ran", "fail"), .live("pipelines * inject member", "_wxrelay"),
        .live("pipelines * paused", "true"),
        .live("errcodes unlisted", "function_failed"),
        .live("log level", "debug"), JudgedKey("log format", "json"),
    ]

    private var names: [String] { path.split(separator: " ").map(String.init) }

    /// As a message names it.
    var key: String {
        names.joined(separator: ".").replacing("apps.*", with: "apps.main")
            .replacing("pipelines.*", with: "pipelines.orders")
            .replacing("envs.*", with: "envs.prod-1a2b").replacing("functions.*", with: "functions.createOrder")
    }

    /// Two files: the sample, and the sample with the other value.
    var files: (String, String) {
        // Each token source has keys of its own.
        let tokens = [
            "value": "source: static, value: t",
            "url": "source: url, url: 'https://t/a'", "bearer": "source: url, url: 'https://t/a', bearer: b",
            "path": "source: url, url: 'https://t/a', path: a", "file": "source: file, file: /a",
            "parameter": "source: file, file: /a, parameter: access_token",
        ]
        if names.contains("token"), let name = names.last {
            func file(_ token: String) -> String {
                Sample.minimal("    app-id:", "    token: {\(token)}\n    app-id:")
            }
            guard let token = tokens[name] else { return (Sample.minimal, file("source: static, value: t")) }
            return (file(token), file(token.replacing(/\w+: [^,]+$/, with: "\(name): \(other)")))
        }
        if names.contains("limits") {
            let limits =
                "{rate: 1/s, burst: 2, in-flight: 3, envs: {prod-1a2b: {rate: 4/s, in-flight: 5,"
                + " functions: {createOrder: {rate: 6/s}}}}}"
            let written = [
                "limits rate": "1/s", "limits burst": "2", "limits in-flight": "3", "envs * rate": "4/s",
                "envs * in-flight": "5", "functions * rate": "6/s",
            ]
            guard let old = written.first(where: { path.hasSuffix($0.key) })?.value else { return ("", "") }
            func file(_ limits: String) -> String {
                Sample.minimal("    app-id:", "    limits: \(limits)\n    app-id:")
            }
            return (file(limits), file(limits.replacing(": \(old)", with: ": \(other)")))
        }
        return (Sample.minimal, changed(Sample.minimal))
    }

    private func changed(_ text: String) -> String {
        let name = names.last ?? ""
        let written = [
            "group": "orders-relay", "bootstrap.servers": "b1:9092", "app-id": "wx0123456789abcdef",
            "app-secret": "${SECRET}", "env": "prod-1a2b", "function": "createOrder",
            "request topic": "orders.requests", "reply topic": "orders.replies",
        ]
        let old = written[names.suffix(2).joined(separator: " ")] ?? written[name]
        if let old { return text.replacing(old, with: other) }
        let line = "\(name): \(other)"
        switch (names[0], names.count) {
        case (_, 1): return "\(line)\n" + text
        case ("kafka", _): return text.replacing("servers: b1:9092", with: "servers: 'b1:9092', \(line)")
        case (_, 2): return "\(names[0]): {\(line)}\n" + text
        case ("apps", 3), ("pipelines", 3): return text.replacing(anchor, with: "    \(line)\n\(anchor)")
        case (_, _) where names[2] == "request":
            return text.replacing("{topic: orders.requests}", with: "{topic: orders.requests, \(line)}")
        default: return text.replacing(anchor, with: "    \(names[2]): {\(line)}\n\(anchor)")
        }
    }

    private var anchor: String { names[0] == "apps" ? "    app-id:" : "    env:" }
}
