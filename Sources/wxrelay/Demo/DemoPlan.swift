import FakeWeChat
import RelayConfiguration
import RelayCore

/// What one demo does: which function is called how often, over which topics.
struct DemoPlan: Sendable {
    static let group = "wxrelay-demo"
    static let requestTopic = "wxrelay-demo.requests"
    static let replyTopic = "wxrelay-demo.replies"

    /// How many requests; nil for as many as there is time for.
    let requests: Int?
    let environment: String
    let function: String
    /// What the correlation ids begin with: an earlier demo's replies may lie on the same topic.
    let prefix: String
    let appID: String
    private let secret: String

    /// Requests without a reply at a time: a mock partition keeps its last 5 MiB only, so the producer must not run
    /// far ahead of the relay.
    static let outstandingMax = 2_000
    /// Different keys; requests of one key are called one after the other.
    static let keys = 1_000
    /// From one request to the next when there is no number to reach.
    static let pace = Duration.milliseconds(250)

    /// The scenario's function `echo`, else the first one.
    init(requests: Int?, scenario: Scenario) {
        self.requests = requests
        environment = scenario.environments.min() ?? ""
        function = scenario.functions["echo"] == nil ? scenario.functions.keys.min() ?? "" : "echo"
        prefix = "\(String(UInt16.random(in: 0x1000 ... .max), radix: 16))-"
        appID = scenario.app.id
        secret = scenario.app.secret.exposed
    }

    /// The key, the correlation id's and the value's text of a request.
    func body(of request: Int, id: String) -> String {
        let item = ["tea", "rice", "noodles", "soup", "dumplings"][request % 5]
        return #"{"id":"\#(id)","item":"\#(item)","quantity":\#(request % 3 + 1)}"#
    }

    /// The relay's configuration, by the same way as any other's.
    func configuration(brokers: String, wechatPort: Int) throws -> Configuration {
        let yaml = """
            kafka:
              bootstrap.servers: "\(brokers)"
              # A fetch that waits is not woken by a new record in the mock broker.
              fetch.wait.max.ms: 10
              # The session decides how long a later join waits there.
              session.timeout.ms: 20000
              receive.message.max.bytes: 1000000000
            group: \(Self.group)
            create-topics: true
            stop: {drain: 10s}
            apps:
              demo:
                app-id: \(appID)
                app-secret: ${SECRET}
                base-url: http://127.0.0.1:\(wechatPort)
            pipelines:
              demo:
                env: \(environment)
                function: \(function)
                request: {topic: \(Self.requestTopic)}
                reply: {topic: \(Self.replyTopic)}
            """
        return try Configuration.parse(
            yaml,
            file: "the demo's configuration",
            environment: ["SECRET": secret],
            kafkaPropertyCheck: ConfigurationFile.problem
        )
    }
}
