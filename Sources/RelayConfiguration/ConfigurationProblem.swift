/// One mistake, or one doubt, about a configuration file: where it stands, what it is, and what to do about it.
///
/// It never holds a secret's text.
package struct ConfigurationProblem: Hashable, Sendable, CustomStringConvertible {
    /// The file's path as the user gave it.
    package let file: String
    /// From 1. What concerns the file as a whole stands at line 1, column 1.
    package let line: Int
    /// From 1, in Unicode scalars.
    package let column: Int
    /// The key's full path, `pipelines.orders.retry.initial`; empty when the file as a whole is meant.
    package let key: String
    /// What is wrong, naming the key.
    package let problem: String
    /// What to write instead.
    package let remedy: String

    /// As a compiler prints it: `config/wxrelay.yaml:12:5: unknown key 'fucntion'; did you mean 'function'?`
    package var description: String { "\(file):\(line):\(column): \(problem); \(remedy)" }
}

/// Everything that is wrong with a configuration file, in the order of its lines.
package struct ConfigurationProblems: Error, Hashable, Sendable, CustomStringConvertible {
    /// At least one.
    package let problems: [ConfigurationProblem]
    /// The files that a `${file:…}` names, as far as the file could be read: another content may be what mends it.
    package var files: [String] = []

    /// One line a problem.
    package var description: String { problems.map(\.description).joined(separator: "\n") }
}

/// A position in the file: line and column from 1, the column in Unicode scalars as libyaml counts it.
struct Place: Hashable {
    let line: Int
    let column: Int

    static let start = Place(line: 1, column: 1)
}

/// Collects problems and warnings while one file is read and checked.
struct Findings {
    let file: String
    private(set) var problems: [ConfigurationProblem] = []
    private(set) var warnings: [ConfigurationProblem] = []

    init(file: String) {
        self.file = file
    }

    mutating func refuse(_ key: String, at place: Place, _ problem: String, remedy: String) {
        problems.append(finding(key, place, problem, remedy))
    }

    mutating func warn(_ key: String, at place: Place, _ problem: String, remedy: String) {
        warnings.append(finding(key, place, problem, remedy))
    }

    /// What was found, in the order of the file; findings at one place stay in the order in which they were made.
    static func sorted(_ findings: [ConfigurationProblem]) -> [ConfigurationProblem] {
        findings.enumerated().sorted { left, right in
            (left.element.line, left.element.column, left.offset)
                < (right.element.line, right.element.column, right.offset)
        }.map(\.element)
    }

    private func finding(_ key: String, _ place: Place, _ problem: String, _ remedy: String) -> ConfigurationProblem {
        ConfigurationProblem(
            file: file,
            line: place.line,
            column: place.column,
            key: key,
            problem: problem,
            remedy: remedy
        )
    }
}
