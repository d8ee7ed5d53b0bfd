import Kafka
import NIOCore
import Relay
import RelayConfiguration
import RelayCore
import Sockets
import WeChatClient

/// Tries what a configuration names: the brokers, the topics, the group, each app's token and quota.
struct ConnectionCheck: Sendable {
    let configuration: Configuration
    let properties: Properties

    struct Result {
        var findings: [Finding]
        /// Of all request topics together; nil unless all are known.
        let partitions: Int?
    }

    func run() async throws -> Result {
        async let brokers = BrokerQuestions.run { lookAtBrokers() }
        let eventLoop = EpollLoop(name: "wechat")
        var apps: [Finding] = []
        for app in configuration.apps { apps += try await AppCheck(app: app, eventLoop: eventLoop).run() }
        try await eventLoop.shutdownGracefully()
        var result = try await brokers
        result.findings += apps
        return result
    }

    // MARK: Brokers

    private func lookAtBrokers() -> Result {
        let address = properties["bootstrap.servers"] ?? ""
        do throws(KafkaError) {
            let admin = try Admin(properties, logger: BrokerQuestions.silent)
            let cluster = try admin.cluster(timeout: .seconds(5))
            let names = cluster.brokers.map { "\($0.host):\($0.port)" }.joined(separator: ", ")
            var findings = [Finding("brokers", ok: "\(cluster.brokers.count) at \(names)")]
            var partitions: Int? = 0
            let requestTopics = configuration.policy.pipelines.flatMap(\.request.topics)
            var readable: [String] = []
            for name in configuration.topics {
                let topic = try admin.topic(name, timeout: .seconds(5))
                findings.append(finding(on: topic))
                guard requestTopics.contains(name) else { continue }
                partitions = topic.error == nil ? partitions.map { $0 + topic.partitionCount } : nil
                if topic.error == nil { readable.append(name) }
            }
            let group = GroupCheck(configuration: configuration, properties: properties, topics: readable)
            findings += group.run()
            return Result(findings: findings, partitions: partitions)
        } catch {
            guard error.isUnreachable else {
                let finding = Finding("brokers", .wrong, error.reason, remedy: "correct the properties under kafka:")
                return Result(findings: [finding], partitions: nil)
            }
            let finding = Finding(
                "brokers",
                .unreachable,
                "\(address) does not answer: \(error.words)",
                remedy: "check kafka.bootstrap.servers, and whether the brokers run and can be reached from here"
            )
            return Result(findings: [finding], partitions: nil)
        }
    }

    private func finding(on topic: TopicDescription) -> Finding {
        let subject = "topic \(topic.name)"
        guard let error = topic.error else {
            return Finding(subject, ok: "\(topic.partitionCount) partition\(topic.partitionCount == 1 ? "" : "s")")
        }
        switch error.code {
        case .unknownTopicOrPartition where configuration.createTopics:
            return Finding(subject, ok: "does not exist yet; the relay creates it (create-topics: true)")
        case .unknownTopicOrPartition:
            return Finding(subject, .wrong, "does not exist", remedy: "create it, or set create-topics: true")
        case .topicAuthorizationFailed:
            return Finding(
                subject,
                .wrong,
                "this user may not see it",
                remedy: "the Kafka administrator grants it Describe, and Read or Write"
            )
        default:
            return Finding(subject, .wrong, error.words, remedy: "use another topic, or mend it on the brokers")
        }
    }
}
