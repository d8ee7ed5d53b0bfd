import ArgumentParser
import RelayConfiguration

/// `wxrelay config`: what can be written into a configuration file, and what a file means.
struct ConfigCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config",
        abstract: "Print the effective configuration, an annotated example, or the JSON Schema.",
        discussion: """
            Examples:
              wxrelay config example > wxrelay.yaml        a file to begin with: every key, its default, and a line on it
              wxrelay config print --config wxrelay.yaml   what holds, defaults included and secrets masked
              wxrelay config schema > wxrelay.schema.json  completion and checks in an editor
            """,
        subcommands: [Print.self, Example.self, Schema.self]
    )

    struct Print: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print the effective configuration: every key with its value or default, secrets masked."
        )

        @OptionGroup var file: ConfigurationFile

        func run() throws {
            Console.outPart(try file.load().0.printed())
        }
    }

    struct Example: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print an annotated example: every key of this version with its default."
        )

        func run() {
            Console.outPart(ConfigurationExample.yaml())
        }
    }

    struct Schema: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print the JSON Schema of the configuration file.",
            discussion: """
                With the YAML language server, put this line on top of the configuration file:
                  # yaml-language-server: $schema=wxrelay.schema.json
                """
        )

        func run() {
            Console.outPart(ConfigurationSchema.json())
        }
    }
}
