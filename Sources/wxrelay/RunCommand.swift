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

            SIGHUP makes it read the configuration again; so does, with --watch, a change of the file or of one that a \
            ${file:...} in it names. Retries, allow-lists, windows, pauses, errcodes, secrets and the log's \
            level apply at once (the keys marked [l] by `wxrelay config example`); the log says which keys wait for the next \
            start. A file with a mistake changes nothing, and the log says what is wrong with it.

            The log goes to standard output: text at a terminal, else JSON, one event a line. Each minute one line tells \
            how it goes.

            Exit codes: 0 stopped and nothing left, 75 stopped before everything that was begun had ended, 78 wrong \
            configuration.
            """
    )

    @OptionGroup var file: ConfigurationFile

    @Flag(help: "Read the configuration again when the file, or one that it refers to, changes.")
    var watch = false
    @Option(
        help: ArgumentHelp(
            """
            Write each event and what was decided to a file, for a bug report: no secret, and no payload but what an error \
            quotes. Several shards write one each: <file>.0, <file>.1 and so on.
            """,
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
        DescriptorLimit.raise(logger)
        let signals = StopSignals(longestStop: configuration.longestStop)
        let requests = ReloadRequests(watching: watch)
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
        } catch let problem as RecordingProblem {
            Console.error("cannot start: \(problem); name another file with --record")
            throw ExitStatus.configuration
        } catch {
            // A property that fits no client, a ca-file that is none, a proxy that cannot be read: what the file's own check cannot see.
            Console.error(
                "\(file.config): cannot start: \((error as? KafkaError)?.reason ?? "\(error)"); correct the file"
            )
            throw ExitStatus.configuration
        }
        let reloader = Reloader(file: file, relay: relay, logger: logger)
        let reloading = Task { await reloader.serve(requests, from: configuration) }
        await watching.value
        reloading.cancel()
        if await !relay.stop() { throw ExitStatus.drainedIncompletely }
    }
}
