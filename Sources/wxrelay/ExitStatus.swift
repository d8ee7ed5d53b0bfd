import ArgumentParser

/// Exit codes, by the meanings of BSD's sysexits where it has one.
enum ExitStatus {
    /// The request was answered with a failure (`invoke`), or not everything was answered (`demo`).
    static let failed = ExitCode(1)
    static let unreachable = ExitCode(69)
    static let internalError = ExitCode(70)
    /// Standard output cannot be written to.
    static let outputLost = ExitCode(74)
    /// Something that was begun did not end before the stop's deadline.
    static let drainedIncompletely = ExitCode(75)
    static let configuration = ExitCode(78)
}
