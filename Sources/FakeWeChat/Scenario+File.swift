import FoundationEssentials

extension Scenario {
    /// The scenario of a YAML text; `file` is the name that problems are reported under.
    package init(yaml: String, file: String) throws(ScenarioProblems) {
        self = try ScenarioReader.scenario(from: yaml, file: file)
    }

    /// The scenario of a file. One that cannot be read is a problem too.
    package init(contentsOf path: String) throws(ScenarioProblems) {
        let text: String
        do {
            text = try String(contentsOfFile: path, encoding: .utf8)
        } catch {
            // The system's own error says the same in ten lines.
            let problem = ScenarioProblem(file: path, line: 1, column: 1, text: "the file cannot be read as UTF-8 text")
            throw ScenarioProblems(problems: [problem])
        }
        try self.init(yaml: text, file: path)
    }
}
