/// One thing that is wrong with a scenario file.
package struct ScenarioProblem: Hashable, Sendable, CustomStringConvertible {
    package var file: String
    /// From 1.
    package var line: Int
    /// From 1.
    package var column: Int
    package var text: String

    package var description: String { "\(file):\(line):\(column): \(text)" }
}

/// Everything that is wrong with a scenario file, in the order of its lines.
package struct ScenarioProblems: Error, Hashable, CustomStringConvertible {
    package var problems: [ScenarioProblem]

    /// One problem a line.
    package var description: String { problems.map(\.description).joined(separator: "\n") }
}
