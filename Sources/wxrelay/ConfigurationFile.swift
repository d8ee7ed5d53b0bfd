import ArgumentParser
import Foundation
import Kafka
import Relay
import RelayConfiguration

/// `--config`, and what reading that file says.
struct ConfigurationFile: ParsableArguments {
    @Option(name: .shortAndLong, help: "The configuration file.")
    var config: String

    init() {}

    init(config: String) {
        self.config = config
    }

    /// Reads and checks the file; problems go to standard error and end the command with 78.
    func load() throws -> (Configuration, Properties) {
        let configuration: Configuration
        do throws(ConfigurationProblems) {
            configuration = try self.configuration()
        } catch {
            for problem in error.problems { Console.error("\(problem)") }
            throw ExitStatus.configuration
        }
        for warning in configuration.warnings { Console.error("warning: \(warning)") }
        return (configuration, try properties(of: configuration))
    }

    /// Reads and checks the file.
    func configuration() throws(ConfigurationProblems) -> Configuration {
        try Configuration.load(
            path: config,
            environment: ProcessInfo.processInfo.environment,
            kafkaPropertyCheck: Self.problem
        )
    }

    /// librdkafka's properties, with the secrets among them read; problems end the command with 78.
    func properties(of configuration: Configuration) throws -> Properties {
        do {
            return try Properties(configuration)
        } catch {
            Console.error("\(config): \(error)")
            throw ExitStatus.configuration
        }
    }

    /// librdkafka's own judgement on a property.
    static func problem(name: String, value: String) -> String? {
        var properties = Properties()
        do throws(PropertyError) {
            try properties.set(name, to: value)
            return nil
        } catch {
            return error.reason
        }
    }
}
