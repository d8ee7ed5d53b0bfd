import ArgumentParser
import FakeWeChat
import Kafka
import Logging
import Relay
import RelayConfiguration
import RelayCore

/// `wxrelay demo`: the whole loop in one process.
struct DemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "Show the whole loop with nothing installed: requests in, functions called, replies out.",
        discussion: """
            Starts a Kafka broker in memory, a stand-in for WeChat and the relay in this process, writes sample requests \
            and shows them and their replies as they pass. With --requests it ends after so many replies and exits 0 \
            only if every request was answered; without, it goes on until Ctrl-C.

            The broker is librdkafka's mock: quick and forgetful, its transactions and retention are not real. What is \
            real is everything between the two topics: the relay is the one that `wxrelay run` starts.

            Examples:
              wxrelay demo                                     until Ctrl-C
              wxrelay demo --requests 20000                    many at once
              wxrelay demo --requests 500 --scenario errcodes  5 % go wrong
              wxrelay demo --scenario outage                   watch the holds
            """
    )

    @Option(help: "End after this many replies, with a summary.")
    var requests: Int?

    @Option(
        help: """
            How WeChat behaves: a scenario file, or the name of one in config/scenarios (steady, errcodes, outage, \
            token-refresh, quota, hostile-answers). Without one every call succeeds.
            """
    )
    var scenario: String?

    @Option(help: "Use these brokers (host:port,...) instead of the mock; its topics are left there.")
    var brokers: String?

    func validate() throws {
        if let requests, requests < 1 {
            throw ValidationError("--requests \(requests): give a number from 1, or leave it out to go on until Ctrl-C")
        }
    }

    func run() async throws {
        let scenario = try self.scenario.map { try ScenarioFile.read($0) } ?? Scenario()
        let plan = DemoPlan(requests: requests, scenario: scenario)
        let logger = Logger(label: "demo") { _ in DemoLog() }
        let signals = StopSignals(longestStop: .seconds(29))
        let cluster = try MockKafka(instead: brokers, logger: logger)
        let fake: FakeWeChatServer
        do {
            fake = try await FakeWeChatServer.start(scenario: scenario, logger: logger)
        } catch {
            Console.error("demo: the fake WeChat cannot listen on 127.0.0.1: \(error)")
            throw ExitStatus.unreachable
        }
        let configuration = try plan.configuration(brokers: cluster.address, wechatPort: fake.port)
        let properties = try Properties(configuration)
        introduce(plan, cluster, fake)
        let relay = Relay(configuration: configuration, properties: properties, logger: logger)
        let client = DemoClient(plan: plan)
        let demo = Task {
            try await relay.start()
            Console.outPart(
                "  joining  the group" + (brokers == nil ? "; the mock broker takes 3 s for the first join:" : ":")
            )
            try await client.connect(properties: properties, logger: logger)
            Console.outPart(" done\n")
            Console.out()
            let began = ContinuousClock.now
            try await client.relayRequests(patience: .seconds(10))
            return ContinuousClock.now - began
        }
        Task {
            await signals.first()
            client.stopSending()
            demo.cancel()
        }
        let lasted: Duration
        do {
            lasted = try await demo.value
        } catch is CancellationError {
            Console.out("\nstopped before the first request")
            throw ExitStatus.failed
        }
        let holds = await relay.states().map(\.counters.holdsOpened).reduce(0, +)
        _ = await relay.stop()
        let summary = DemoSummary(
            plan: plan,
            tally: try await client.readOn(),
            statistics: try await fake.statistics(),
            countsByID: try await fake.countsByID(),
            holds: holds,
            lasted: lasted
        )
        for line in summary.lines { Console.out(line) }
        if !summary.isGood { throw ExitStatus.failed }
    }

    private func introduce(_ plan: DemoPlan, _ cluster: borrowing MockKafka, _ fake: FakeWeChatServer) {
        Console.out("wxrelay demo: requests on a topic become calls of a cloud function, and its answers replies.")
        Console.out()
        if let brokers {
            Console.out("  Kafka    \(brokers); the topics and the group of this demo stay there, \(DemoPlan.group)*")
        } else {
            Console.out("  Kafka    a mock broker in this process, \(cluster.address): all in memory, and neither its")
            Console.out("           transactions nor its retention are real")
        }
        Console.out(
            "  WeChat   a stand-in in this process, http://127.0.0.1:\(fake.port), \(scenario.map { "scenario \($0)" } ?? "where all goes well")"
        )
        Console.out(
            "  relay    \(DemoPlan.requestTopic) -> \(plan.function) in \(plan.environment) -> \(DemoPlan.replyTopic)"
        )
    }
}
