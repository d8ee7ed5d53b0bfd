import FakeWeChat
import Foundation
import Kafka
import Logging

/// A relay at work: the mock brokers and the fake WeChat in this process, and `wxrelay run` as a person starts it.
final class Stage: Sendable {
    let shell: Shell
    let fake: FakeWeChatServer
    private let brokers: RunningCluster
    private let relay: Process
    private let log = Pipe()

    /// Starts everything; the relay then joins its group, which takes 3 s with these brokers.
    init(_ scenario: Scenario = Scenario()) async throws {
        let logger = Logger(label: "stage") { _ in SwiftLogNoOpLogHandler() }
        brokers = try RunningCluster(without: nil, logger)
        fake = try await FakeWeChatServer.start(scenario: scenario, logger: logger)
        let text = Scene.configuration.replacing("127.0.0.1:9092", with: brokers.address)
            .replacing("127.0.0.1:8088", with: "127.0.0.1:\(fake.port)")
        var shell = try Shell(files: ["wxrelay.yaml": text])
        shell.environment = ["WX_SECRET": "fake-secret"]
        self.shell = shell
        relay = try shell.start("exec wxrelay run --config wxrelay.yaml", output: log)
    }

    /// Signals to the relay, one right after the other.
    func signal(_ numbers: Int32...) {
        for number in numbers { kill(relay.processIdentifier, number) }
    }

    /// Waits for the relay's end: all that it said, and its exit code.
    func relayEnd() async throws -> Shell.Ending {
        try await shell.end(of: relay, log)
    }

    /// Takes everything down.
    func strike() async throws {
        if relay.isRunning { kill(relay.processIdentifier, SIGKILL) }
        try await fake.stop()
        try shell.remove()
    }
}
