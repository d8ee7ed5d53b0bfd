import ArgumentParser
import Glibc

/// The command line: one subcommand a file.
@main
struct Wxrelay: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "wxrelay",
        abstract: "Relays requests from Kafka topics to WeChat cloud functions, and their replies back.",
        discussion: """
            To begin with: `wxrelay demo` shows all of it with nothing installed; `wxrelay config example` prints a \
            configuration file to start from, `wxrelay check` tells what one means and whether all it names is there.

            Exit codes: 0 done, 1 the request failed or was not answered (invoke, demo), 64 wrong usage, 69 unreachable, \
            70 internal error, 74 the output cannot be written, 75 stopped before everything that was begun had ended, \
            78 wrong configuration.
            """,
        version: Version.text,
        subcommands: [
            RunCommand.self, DemoCommand.self, CheckCommand.self, InvokeCommand.self, ExplainCommand.self,
            FakeWeChatCommand.self, ConfigCommand.self,
        ]
    )

    static func main() async {
        // A reader of the output that went away is noticed by the write, which tells more than the signal.
        signal(SIGPIPE, SIG_IGN)
        var command: any ParsableCommand
        do {
            try refuseUnknownCommand()
            command = try parseAsRoot()
        } catch {
            exit(withError: error)
        }
        do {
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch let problem as CommandProblem {
            Console.error("\(problem)")
            exit(withError: problem.status)
        } catch  where error is ExitCode || exitCode(for: error) != .failure {
            exit(withError: error)
        } catch {
            Console.error("internal error: \(error); please report it with the command and its configuration")
            exit(withError: ExitStatus.internalError)
        }
    }

    /// A first word that is no command; ArgumentParser would call it an unexpected argument.
    private static func refuseUnknownCommand() throws {
        guard let word = CommandLine.arguments.dropFirst().first, !word.hasPrefix("-") else { return }
        let names = configuration.subcommands.compactMap { $0.configuration.commandName }
        guard !names.contains(word), word != "help" else { return }
        throw ValidationError("no command '\(word)'; the commands are \(names.joined(separator: ", "))")
    }
}

/// What `--version` says.
enum Version {
    static let text = "0.1.0"
}
