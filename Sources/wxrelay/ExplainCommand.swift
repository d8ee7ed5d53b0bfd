import ArgumentParser
import Relay
import RelayConfiguration
import RelayCore

/// `wxrelay explain`: what a code means and what the relay does about it.
struct ExplainCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Tell what an errcode of WeChat means, and what the relay does about it.",
        discussion: """
            The code is an errcode, the word of an exchange without an answer, or an HTTP status that came without an \
            errcode. With --config the overrides under errcodes: and the retries of the pipelines count.

            Examples:
              wxrelay explain -504002
              wxrelay explain 40164 --config wxrelay.yaml
              wxrelay explain request_timeout
              wxrelay explain http 502
            """
    )

    // A negative number looks like an option, so what is no option here is taken as it is.
    @Argument(parsing: .allUnrecognized, help: "-504002, request_timeout, http 502, …")
    var code: [String]

    @Option(name: .shortAndLong, help: "The configuration file; without one the defaults count.")
    var config: String?

    @OptionGroup var output: OutputOption

    func validate() throws {
        if let option = code.first(where: { $0.hasPrefix("--") || ($0.hasPrefix("-") && Int($0) == nil) }) {
            throw ValidationError("Unknown option '\(option)'")
        }
        guard OutcomeWord.code(text) == nil else { return }
        throw ValidationError(
            """
            '\(text)' is no outcome: give an errcode such as -504002, an HTTP status such as 'http 502', or one of \
            \(OutcomeWord.transportWords)
            """
        )
    }

    private var text: String { code.joined(separator: " ") }

    func run() async throws {
        guard let code = OutcomeWord.code(text) else { return }
        let policy = try config.map { try ConfigurationFile(config: $0).load().0.policy }
        let explanation = Explanation(of: code, policy: policy)
        if output.isJSON {
            try OutputOption.print(explanation)
        } else {
            for line in explanation.lines { Console.out(line) }
        }
    }
}
