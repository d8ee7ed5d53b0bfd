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
        let nobody = try UnusedPort()
        let kafka = cluster?.address ?? "127.0.0.1:\(nobody.port)"
        var server: FakeWeChatServer?
        if let wechat { server = try await FakeWeChatServer.start(scenario: wechat, logger: logger) }
        let fake = "127.0.0.1:\(server?.port ?? nobody.port)"
        let text = change(Self.configuration).replacing("127.0.0.1:9092", with: kafka)
            .replacing("127.0.0.1:8088", with: fake)
        var shell = try Shell(files: files.merging(["wxrelay.yaml": text]) { _, own in own })
        shell.environment = environment
        var ending = try await shell.run(command.replacing("127.0.0.1:8088", with: fake))
        ending.output = ending.output.replacing(kafka, with: "127.0.0.1:9092").replacing(fake, with: "127.0.0.1:8088")
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
}

/// A port on which nobody listens, and that nobody else gets as long as this lives.
final class UnusedPort: Sendable {
    let port: Int
    private let descriptor: Int32

    init() throws {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(descriptor, address, length) == 0 && getsockname(descriptor, address, &length) == 0
            }
        }
        self.descriptor = descriptor
        port = isBound ? Int(UInt16(bigEndian: address.sin_port)) : 0
        if !isBound { throw POSIXError(.EADDRNOTAVAIL) }
    }

    deinit {
        close(descriptor)
    }
}
