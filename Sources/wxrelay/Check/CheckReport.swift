import ArgumentParser
import RelayConfiguration

/// What `check` tells, for people and for programs.
struct CheckReport: Encodable {
    /// A mistake in the file, or a doubt about it.
    struct Problem: Encodable {
        let file: String
        let line: Int
        let column: Int
        let key: String
        let problem: String
        let remedy: String
        /// As a compiler prints it.
        let text: String

        init(_ problem: ConfigurationProblem) {
            file = problem.file
            line = problem.line
            column = problem.column
            key = problem.key
            self.problem = problem.problem
            remedy = problem.remedy
            text = problem.description
        }

        private enum CodingKeys: String, CodingKey {
            case file, line, column, key, problem, remedy
        }
    }

    let file: String
    var problems: [Problem] = []
    var warnings: [Problem] = []
    /// The file's consequences in words.
    var consequences: [String] = []
    /// What the consequences have that should worry.
    var doubts: [String] = []
    /// What was tried; empty without `--connect`.
    var findings: [Finding] = []

    private var isAssumed = false
    /// How many partitions the memory is told for when they are not known.
    private static let assumedPartitions = 12

    private enum CodingKeys: String, CodingKey {
        case file, problems, warnings, consequences, doubts, findings
    }

    init(file: String) {
        self.file = file
    }

    /// Takes the consequences in; `partitions` is nil when they are not known.
    mutating func take(_ configuration: Configuration, partitions: Int?) {
        isAssumed = partitions == nil
        let consequences = Consequences(of: configuration, assignedPartitions: partitions ?? Self.assumedPartitions)
        self.consequences = consequences.lines
        doubts = consequences.warnings
    }

    var exitStatus: ExitCode? {
        if !problems.isEmpty || findings.contains(where: { $0.state == .wrong }) { return ExitStatus.configuration }
        return findings.contains { $0.state == .unreachable } ? ExitStatus.unreachable : nil
    }

    /// Mistakes and doubts on standard error, the rest on standard output.
    func show() {
        for problem in problems { Console.error(problem.text) }
        for warning in warnings { Console.error("warning: \(warning.text)") }
        guard problems.isEmpty else { return }
        let assumption = isAssumed ? "; the memory is told for \(Self.assumedPartitions) partitions" : ""
        Console.out("\(file): valid\(assumption)")
        for line in consequences { Console.out(line) }
        for doubt in doubts { Console.error("warning: \(doubt)") }
        if !findings.isEmpty { Console.out() }
        for finding in findings { Console.out(finding.line) }
    }
}
