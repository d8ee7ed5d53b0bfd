import ArgumentParser
import Foundation
import RelayCore

/// The body of an invocation: `--data`, `--file` or `-`.
struct BodyOptions: ParsableArguments {
    @Option(help: "The body, as JSON.")
    var data: String?

    @Option(help: "A file with the body, which is sent byte for byte; - for standard input.")
    var file: String?

    @Argument(help: "- reads the body from standard input.")
    var input: String?

    func validate() throws {
        if let input, input != "-" {
            throw ValidationError(
                "unexpected argument '\(input)'; a body is one word for the shell when it is quoted, as in --data '{\"id\": 1}'"
            )
        }
        if [data, file, input].compactMap(\.self).count > 1 {
            throw ValidationError("give one of --data, --file and -")
        }
        guard let data, !JSONScanner.isValid(data.utf8.span.bytes) else { return }
        throw ValidationError(
            "--data '\(data)' is no JSON: quote it for the shell, as in --data '{\"id\": 1}'; a body that is not JSON goes"
                + " in with --file"
        )
    }

    /// The body's bytes; `{}` when none is given. A file that cannot be read ends the command with 64.
    func bytes() throws -> [UInt8] {
        if let data { return Array(data.utf8) }
        guard let path = file ?? input else { return Array("{}".utf8) }
        do {
            if path == "-" { return Array(try FileHandle.standardInput.readToEnd() ?? Data()) }
            return Array(try Data(contentsOf: URL(filePath: path)))
        } catch {
            throw CommandProblem(
                "invoke: --file \(path): the file cannot be read; name one that exists, or give --data",
                .validationFailure
            )
        }
    }
}
