import FakeWeChat
import Foundation
import Kafka
import Logging

/// What an error of the page needs around it: files, the environment, brokers, WeChat.
struct Scene: Sendable {
    enum Brokers: Sendable {
        case away, here
        /// Here, and they do not know this topic.
        case without(topic: String)
        /// Here, and they refuse each request of a kind.
        case refusing(MockRequest, KafkaError.Code)
        /// Here, and the group has this offset in partition 0 of the request topic, whose log is empty.
        case committed(Int64)
    }

    /// Makes the configuration file what the error needs.
    var change: @Sendable (String) -> String = { $0 }
    /// Files beside `wxrelay.yaml`.
    var files: [String: String] = [:]
    var environment = ["WX_SECRET": "fake-secret"]
    var brokers = Brokers.away
    /// How WeChat behaves; nil when it is away.
    var wechat: Scenario?

    static let configuration = """
        kafka:
          bootstrap.servers: 127.0.0.1:9092
        group: orders-relay
        apps:
          main:
            app-id: wx0123456789abcdef
            app-secret: ${WX_SECRET}
            base-url: http://127.0.0.1:8088
        pipelines:
          orders:
            env: demo-env
            function: echo
            request: {topic: orders.requests}
            reply: {topic: orders.replies}

        """

    /// Runs a command in the scene. Addresses and folders are told as the page has them: brokers on port 9092, WeChat on
    /// port 8088.
    func play(_ command: String) async throws -> Shell.Ending {
        let logger = Logger(label: "scene") { _ in SwiftLogNoOpLogHandler() }
        let cluster = try Self.cluster(brokers, logger)
        // tcpmux, where nobody listens: no server that asks for any free port is given it.
        let nobody = 1
        let kafka = cluster?.address ?? "127.0.0.1:\(nobody)"
        var server: FakeWeChatServer?
        if let wechat { server = try await FakeWeChatServer.start(scenario: wechat, logger: logger) }
        let fake = "127.0.0.1:\(server?.port ?? nobody)"
        let text = change(Self.configuration).replacing("127.0.0.1:9092", with: kafka)
            .replacing("127.0.0.1:8088", with: fake)
        var shell = try Shell(files: files.merging(["wxrelay.yaml": text]) { _, own in own })
        shell.environment = environment
        var ending = try await shell.run(command.replacing("127.0.0.1:8088", with: fake))
        // The longer one first: nobody's is the beginning of many another.
        let addresses = [(kafka, "127.0.0.1:9092"), (fake, "127.0.0.1:8088")]
        for (address, told) in addresses.sorted(by: { $0.0.count > $1.0.count }) {
            ending.output = ending.output.replacing(address, with: told)
        }
        ending.output = ending.output
            .replacing(shell.folder.resolvingSymlinksInPath().path, with: "/srv/orders")
            .replacing(ErrorPage.root.path, with: "/srv/wxrelay")
        try shell.remove()
        try await server?.stop()
        return ending
    }

    private static func cluster(_ brokers: Brokers, _ logger: Logger) throws -> RunningCluster? {
        switch brokers {
        case .away: return nil
        case .here: return try RunningCluster(without: nil, logger)
        case .without(let topic): return try RunningCluster(without: topic, logger)
        case .refusing(let request, let code):
            let running = try RunningCluster(without: nil, logger)
            running.cluster.refuse(request, with: Array(repeating: code, count: 100))
            return running
        case .committed(let offset):
            let running = try RunningCluster(without: nil, logger)
            try running.commit(offset, logger)
            return running
        }
    }
}

/// librdkafka's mock cluster, as long as somebody has this.
final class RunningCluster: Sendable {
    let cluster: MockCluster
    var address: String { cluster.bootstrapServers }

    init(without topic: String?, _ logger: Logger) throws {
        cluster = try MockCluster(brokers: 1, logger: logger)
        for name in ["orders.requests", "orders.replies"] { try cluster.createTopic(name, partitions: 4) }
        if let topic { cluster.setError(.unknownTopicOrPartition, ofTopic: topic) }
    }

    /// Commits as a tool does that is no member of the group, and waits for the answer.
    func commit(_ offset: Int64, _ logger: Logger) throws {
        var properties = Properties()
        try properties.set("bootstrap.servers", to: address)
        try properties.set("group.id", to: "orders-relay")
        let semaphore = DispatchSemaphore(value: 0)
        let consumer = try Consumer(properties, topics: ["^no-topic$"], logger: logger) { semaphore.signal() }
        let partition = TopicPartition(topic: "orders.requests", partition: 0)
        try consumer.commit([OffsetCommit(partition: partition, offset: Offset(offset))])
        for _ in 0..<100 {
            consumer.takeReady { _ in }
            while let event = consumer.nextEvent() {
                guard case .committed(let partitions, let error) = event else { continue }
                if let error = error ?? partitions.first?.error { throw error }
                return
            }
            _ = semaphore.wait(timeout: .now() + .milliseconds(100))
        }
        throw KafkaError(code: .timedOut)
    }
}
