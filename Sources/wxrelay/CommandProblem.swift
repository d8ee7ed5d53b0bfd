import ArgumentParser

/// Why a command cannot do what it was asked for: a sentence with what to do, and the exit code.
struct CommandProblem: Error, CustomStringConvertible {
    let description: String
    let status: ExitCode

    init(_ description: String, _ status: ExitCode) {
        self.description = description
        self.status = status
    }
}
