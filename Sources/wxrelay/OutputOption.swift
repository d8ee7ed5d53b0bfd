import ArgumentParser
import Foundation

/// `--output`.
struct OutputOption: ParsableArguments {
    enum Format: String, ExpressibleByArgument, CaseIterable {
        case text, json
    }

    @Option(help: "text for people, json for programs.")
    var output: Format = .text

    var isJSON: Bool { output == .json }

    /// Prints a document for programs on standard output.
    static func print(_ document: some Encodable) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        Console.out(bytes: Array(try encoder.encode(document)))
        Console.out()
    }
}
