import ArgumentParser
import FakeWeChat
import Glibc
import Logging
import NIOCore
import RelayConfiguration

/// `wxrelay fake-wechat`: the WeChat side for trials and tests.
struct FakeWeChatCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fake-wechat",
        abstract: "Serve WeChat's side over HTTP, with scripted latencies, errcodes and quotas.",
        discussion: """
            Answers /cgi-bin/stable_token and /tcb/invokecloudfunction as WeChat documents them. What it did can be \
            read from /_fake/stats, /_fake/calls and /_fake/ids. Runs until SIGTERM or SIGINT.

            An app points at it with `base-url: http://127.0.0.1:8088`, `app-id: wx0123456789abcdef` and \
            `app-secret: fake-secret`, unless a scenario says otherwise; its environment is demo-env, its function echo.

            Examples:
              wxrelay fake-wechat
              wxrelay fake-wechat --listen 127.0.0.1:0 --scenario errcodes
            """
    )

    @Option(help: "Address and port to listen on, as host:port.")
    var listen = "127.0.0.1:8088"

    @Option(help: "A scenario file, or the name of one in config/scenarios; without one every call is echoed.")
    var scenario: String?

    @Option(help: "The seed of everything random, instead of the scenario's own.")
    var seed: UInt64?

    func validate() throws {
        guard ListenAddress(listen) == nil else { return }
        throw ValidationError("--listen '\(listen)' is no address: give host:port, such as 127.0.0.1:8088")
    }

    func run() async throws {
        guard let address = ListenAddress(listen) else { return }
        LogOutput.bootstrap(LogSettings(level: .info, format: .auto))
        let logger = Logger(label: "fake-wechat")
        let signals = StopSignals(longestStop: .seconds(9))
        let server: FakeWeChatServer
        do {
            server = try await FakeWeChatServer.start(
                host: address.host,
                port: address.port,
                scenario: try scenario.map { try ScenarioFile.read($0) } ?? Scenario(),
                seed: seed,
                logger: logger
            )
        } catch let problem as ExitCode {
            throw problem
        } catch {
            let reason = (error as? IOError).map { String(cString: strerror($0.errnoCode)) } ?? "\(error)"
            throw CommandProblem(
                "fake-wechat: cannot listen on \(listen): \(reason); choose another address with --listen, 127.0.0.1:0 for"
                    + " any free port",
                ExitStatus.unreachable
            )
        }
        logger.notice("serving WeChat's side", metadata: ["url": "http://\(address.host):\(server.port)"])
        await signals.first()
        try await server.stop()
    }
}

/// Host and port of `--listen`.
struct ListenAddress {
    let host: String
    let port: Int

    init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]),
            (0...65_535).contains(port), colon != text.startIndex
        else { return nil }
        host = String(text[..<colon].trimmingPrefix("[").filter { $0 != "]" })
        self.port = port
    }
}
