import Kafka
import NIOCore
import NIOPosix
import Relay
import RelayConfiguration
import RelayCore
import WeChatClient

/// Tries what a configuration names: the brokers, the topics, each app's token.
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
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        var tokens: [Finding] = []
        for app in configuration.apps { tokens.append(try await token(of: app, on: group)) }
        try await group.shutdownGracefully()
        var result = try await brokers
        result.findings += tokens
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
            for name in configuration.topics {
                let topic = try admin.topic(name, timeout: .seconds(5))
                findings.append(finding(on: topic))
                guard requestTopics.contains(name) else { continue }
                partitions = topic.error == nil ? partitions.map { $0 + topic.partitionCount } : nil
            }
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
            return Finding(subject, .wrong, "this user may not see it", remedy: "grant Describe, and Read or Write")
        default:
            return Finding(subject, .wrong, error.words, remedy: "use another topic, or mend it on the brokers")
        }
    }

    // MARK: WeChat

    private func token(of app: AppSettings, on group: MultiThreadedEventLoopGroup) async throws -> Finding {
        let subject = "token of app '\(app.name)'"
        let update: TokenUpdate
        do {
            update = try await TokenQuestion.ask(app, on: group)
        } catch let problem as CommandProblem {
            return Finding(subject, .wrong, "\(problem)", remedy: nil)
        }
        if let trouble = TokenTrouble(update, from: app.token.kind) {
            let place = [.stable, .classic].contains(app.token.kind) ? "\(app.baseURL): " : ""
            return Finding(
                subject,
                trouble.isAway ? .unreachable : .wrong,
                place + trouble.problem,
                remedy: trouble.remedy
            )
        }
        return Finding(subject, ok: Self.words(update, of: app))
    }

    private static func words(_ update: TokenUpdate, of app: AppSettings) -> String {
        var life = ""
        if case .ready(let token) = update, let expires = token.expires {
            life = ", good for another \((expires - Clocks.now().monotonic).wholeMilliseconds / 1_000) s"
        }
        let unseen = "whether WeChat takes it shows at the first call"
        switch app.token {
        case .stable: return "given by \(app.baseURL)\(life)"
        case .classic:
            return
                "app id and secret are right: stable_token at \(app.baseURL) took them; no classic token was fetched,"
                + " which would have ended the relay's"
        case .service(let url, _, _): return "given by the token service \(url)\(life); \(unseen)"
        case .file(let file, _): return "there in the file '\(file)'; \(unseen)"
        case .fixed: return "written in the configuration; \(unseen)"
        }
    }
}
