import ArgumentParser
import Kafka
import Logging
import Relay
import RelayConfiguration

/// `wxrelay run`: relays until a signal ends it.
struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Relay until SIGTERM or SIGINT.",
        discussion: """
            Joins the consumer group, calls the functions and writes the replies. Waits for the brokers and for WeChat as \
            long as it takes, and says so. The first signal finishes what was begun, for at most stop.drain; a second one \
            ends the process at once. Neither loses a request: what has no reply yet is taken up at the next start.

            The log goes to standard output: text at a terminal, else JSON, one event a line. Each minute one line tells \
            how it goes.

            Exit codes: 0 stopped and nothing left, 75 stopped before everything that was begun had ended, 78 wrong \
            configuration.
            """
    )

    @OptionGroup var file: ConfigurationFile

    @Option(
        help: ArgumentHelp(
            "Write each event and what was decided to a file, for a bug report: no payload, no secret.",
            valueName: "file"
        )
    )
    var record: String?

    func run() async throws {
        let (configuration, properties) = try file.load()
        LogOutput.bootstrap(configuration.log)
        let logger = Logger(label: "wxrelay")
        logger.notice(
            "starting",
            metadata: ["version": "\(Version.text)", "brokers": "\(properties["bootstrap.servers"] ?? "")"]
        )
        let signals = StopSignals(drain: configuration.stopDrain)
        let relay = Relay(
            configuration: configuration,
            properties: properties,
            recording: record,
            logger: logger
        )
        let starting = Task { try await relay.start() }
        let watching = Task {
            await signals.first()
            starting.cancel()
        }
        do {
            try await starting.value
        } catch is CancellationError {
            // Stopped before anything was begun.
            return
        } catch {
            // A property that fits no client, a ca-file that is none: what the file's own check cannot see.
            Console.error(
                "\(file.config): cannot start: \((error as? KafkaError)?.reason ?? "\(error)"); correct the file"
            )
            throw ExitStatus.configuration
        }
        await watching.value
        if await !relay.stop() { throw ExitStatus.drainedIncompletely }
    }
}
