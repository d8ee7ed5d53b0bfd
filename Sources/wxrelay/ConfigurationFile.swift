import ArgumentParser
import Foundation
import Kafka
import Relay
import RelayConfiguration

/// `--config`, and what reading that file says.
struct ConfigurationFile: ParsableArguments {
    @Option(name: .shortAndLong, help: "The configuration file.")
    var config: String

    /// Reads and checks the file; problems go to standard error and end the command with 78.
    func load() throws -> (Configuration, Properties) {
        let configuration: Configuration
        do throws(ConfigurationProblems) {
            configuration = try Configuration.load(
                path: config,
                environment: ProcessInfo.processInfo.environment,
                kafkaPropertyCheck: Self.problem
            )
        } catch {
            for problem in error.problems { Console.error("\(problem)") }
            throw ExitStatus.configuration
        }
        for warning in configuration.warnings { Console.error("warning: \(warning)") }
        do {
            return (configuration, try Properties(configuration))
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
