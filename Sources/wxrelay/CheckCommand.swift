import ArgumentParser
import Relay
import RelayConfiguration

/// `wxrelay check`: whether a configuration is right, and what it means.
struct CheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Check a configuration file, and tell what it means.",
        discussion: """
            Without --connect nothing is contacted: the file is checked as `run` checks it, and its consequences are \
            told in words: retries and possible runs, memory, stops, topics and rights. With --connect the brokers are \
            asked for the topics and the group's offsets, and whether this user may read and write; each app's token \
            source is asked for an access token, and WeChat for what is left of the quota. Nothing is changed there: no \
            group is joined, no record written, no function called.

            Exit codes: 0 all is well, 69 something does not answer, 78 something has to be mended.

            Examples:
              wxrelay check --config wxrelay.yaml
              wxrelay check --config wxrelay.yaml --connect
              wxrelay check --config wxrelay.yaml --output json
            """
    )

    @OptionGroup var file: ConfigurationFile

    @Flag(help: "Also try the brokers, the topics, the group, the access tokens and the quotas.")
    var connect = false

    @OptionGroup var output: OutputOption

    func run() async throws {
        var report = CheckReport(file: file.config)
        let configuration: Configuration?
        do throws(ConfigurationProblems) {
            configuration = try file.configuration()
        } catch {
            report.problems = error.problems.map(CheckReport.Problem.init)
            configuration = nil
        }
        if let configuration {
            report.warnings = configuration.warnings.map(CheckReport.Problem.init)
            var partitions: Int?
            if connect {
                let properties = try file.properties(of: configuration)
                let result = try await ConnectionCheck(configuration: configuration, properties: properties).run()
                report.findings = result.findings
                partitions = result.partitions
            }
            report.take(configuration, partitions: partitions)
        }
        if output.isJSON { try OutputOption.print(report) } else { report.show() }
        if let status = report.exitStatus { throw status }
    }
}
