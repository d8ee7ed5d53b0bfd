import Foundation

/// A configuration of a dozen lines that relays from one topic, and what a test wants otherwise.
///
/// Each part is `key: value` in YAML, a value in flow style: `settings.pipeline["retry"] = "{max-attempts: 3}"`.
struct RelaySettings: Sendable {
    var root: [String: String] = [:]
    var kafka: [String: String] = [:]
    /// Of the app `main`.
    var app: [String: String] = [:]
    /// Of the pipeline `main`.
    var pipeline: [String: String] = [:]
    /// Whole further pipelines, by name, in flow style.
    var pipelines: [String: String] = [:]
    /// Whole further apps, by name, in flow style.
    var apps: [String: String] = [:]
    /// What goes into `pipelines.main.request` beside the topic, such as `format: envelope`.
    var request: [String] = []
    /// Whether the pipeline has a dead-letter topic.
    var hasDeadLetters = true

    /// The function that does what the request's own member `fake` says.
    static let directed = RelaySettings(pipeline: ["function": "directed"])

    /// `errcodes:`, such as `-504002: transient`.
    static func mapping(_ errcodes: String, pipeline: [String: String] = [:]) -> RelaySettings {
        var settings = RelaySettings.directed
        settings.root["errcodes"] = "{\(errcodes)}"
        settings.pipeline.merge(pipeline) { _, new in new }
        return settings
    }

    /// The file's text.
    func text(broker: TestBroker, weChat port: Int, names: BenchNames) -> String {
        var root: [String: String] = ["group": names.group]
        var kafka: [String: String] = [
            "bootstrap.servers": broker.bootstrapServers,
            // Of this broker only: it answers a backlog in one response.
            "receive.message.max.bytes": "1000000000",
        ]
        var app: [String: String] = [
            "app-id": "wx0123456789abcdef", "app-secret": "fake-secret", "base-url": "http://127.0.0.1:\(port)",
        ]
        var pipeline: [String: String] = [
            "app": "main", "env": "demo-env", "function": "echo",
            "request": "{\((["topic: \(names.requests)"] + request).joined(separator: ", "))}",
            "reply": "{topic: \(names.replies)}",
        ]
        if hasDeadLetters { pipeline["dead-letter"] = "{topic: \(names.deadLetters)}" }
        root.merge(self.root) { _, new in new }
        kafka.merge(self.kafka) { _, new in new }
        app.merge(self.app) { _, new in new }
        pipeline.merge(self.pipeline) { _, new in new }
        var lines = Self.lines(root, indent: "")
        lines += ["kafka:"] + Self.lines(kafka, indent: "  ")
        lines += ["apps:", "  main:"] + Self.lines(app, indent: "    ") + Self.lines(apps, indent: "  ")
        lines += ["pipelines:", "  main:"] + Self.lines(pipeline, indent: "    ")
        lines += Self.lines(pipelines, indent: "  ")
        return lines.joined(separator: "\n") + "\n"
    }

    private static func lines(_ keys: [String: String], indent: String) -> [String] {
        keys.sorted { $0.key < $1.key }.map { "\(indent)\($0.key): \($0.value)" }
    }
}

/// The topics and the group of one test.
struct BenchNames: Sendable {
    let requests = TestBroker.freshName("requests")
    let replies = TestBroker.freshName("replies")
    let deadLetters = TestBroker.freshName("dead")
    let group = TestBroker.freshName("group")
}
