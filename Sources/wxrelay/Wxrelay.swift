import ArgumentParser
import Glibc

/// The command line: one subcommand a file.
@main
struct Wxrelay: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "wxrelay",
        abstract: "Relays requests from Kafka topics to WeChat cloud functions, and their replies back.",
        discussion: """
            Exit codes: 0 done, 1 the request failed (invoke), 64 wrong usage, 69 unreachable, 70 internal error, \
            75 stopped before everything that was begun had ended, 78 wrong configuration.
            """,
        version: Version.text,
        subcommands: [
            RunCommand.self, DemoCommand.self, CheckCommand.self, InvokeCommand.self, ExplainCommand.self, FakeWeChatCommand.self, ConfigCommand.self,
        ]
    )

    static func main() async {
        // A reader of the output that went away is noticed by the write, which tells more than the signal.
        signal(SIGPIPE, SIG_IGN)
        await main(nil)
    }
}

/// What `--version` says.
enum Version {
    static let text = "0.1.0"
}
