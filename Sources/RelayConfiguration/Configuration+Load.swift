import Yams

extension Configuration {
    /// Reads and checks a configuration file. All its problems are thrown together.
    ///
    /// - Parameters:
    ///   - path: The file, as the user named it; relative paths in it are relative to the working directory.
    ///   - environment: What `${NAME}` refers to.
    ///   - kafkaPropertyCheck: librdkafka's judgement on a property, by its own list: what is wrong, or nil. A property
    ///     that is secret comes with the value `***`; wxrelay's own defaults are not asked about.
    /// - Returns: The configuration, with its warnings.
    /// - Throws: At least one problem, in the order of the file.
    package static func load(
        path: String,
        environment: [String: String],
        kafkaPropertyCheck: @escaping (_ name: String, _ value: String) -> String?
    ) throws(ConfigurationProblems) -> Configuration {
        let text: String
        do throws(TextFile.Failure) {
            text = try TextFile.read(path)
        } catch {
            var findings = Findings(file: path)
            findings.refuse(
                "",
                at: .start,
                "the configuration file \(error.words)",
                remedy: "name another, or make one: wxrelay config example > \(path)"
            )
            throw ConfigurationProblems(problems: findings.problems)
        }
        return try parse(text, file: path, environment: environment, kafkaPropertyCheck: kafkaPropertyCheck)
    }

    /// The same for a text at hand; `file` is what problems name. Files that the text refers to are read.
    package static func parse(
        _ text: String,
        file: String,
        environment: [String: String],
        kafkaPropertyCheck: @escaping (_ name: String, _ value: String) -> String?
    ) throws(ConfigurationProblems) -> Configuration {
        let findings = Findings(file: file)
        var reader = Reader(
            document: try YAMLDocument(text, findings: findings),
            environment: environment,
            findings: findings,
            kafkaPropertyCheck: kafkaPropertyCheck
        )
        let root = reader.root()
        var checks = Checks(root: root, findings: reader.findings)
        checks.run()
        let problems = checks.findings.problems
        guard problems.isEmpty else {
            throw ConfigurationProblems(problems: Findings.sorted(problems), files: reader.files)
        }
        return Configuration(
            root: root,
            warnings: Findings.sorted(checks.findings.warnings),
            files: reader.files,
            secretContents: root.secretContents
        )
    }
}
