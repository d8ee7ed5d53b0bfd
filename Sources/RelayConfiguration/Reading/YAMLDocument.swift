import RelayCore
import Yams

/// A configuration file's YAML tree, with the place of each node.
struct YAMLDocument {
    /// Nil for a file without content.
    let root: Node?
    /// Keys that Yams saw under another name, by their place; see `init`.
    private let renamed: [Place: String]

    /// Yams refuses a mapping with a repeated key and tells the first place only. So the first is given another first
    /// character, of Unicode's private use area, and the text parsed again until no key is repeated: then `pairs(of:)`
    /// finds them all, with their places.
    ///
    /// A syntax error is thrown as a problem.
    init(_ text: String, findings: Findings) throws(ConfigurationProblems) {
        var text = text
        var renamed: [Place: String] = [:]
        while true {
            do {
                root = try Self.compose(text)
                self.renamed = renamed
                return
            } catch let YamlError.duplicatedKeysInMapping(names, context) {
                let place = Place(context.mark)
                guard let name = names.first, let mark = Unicode.Scalar(0xE000 + UInt32(renamed.count)),
                    renamed.count < 1_000, let other = Self.rename(name, in: text, at: place, first: mark)
                else {
                    throw Self.problem("duplicate key '\(names.first ?? "")'", "keep one", place, findings)
                }
                renamed[place] = name
                text = other
            } catch let error as YamlError {
                throw Self.problem(for: error, in: text, findings)
            } catch {
                throw Self.problem("the YAML cannot be read: \(error)", "correct it", .start, findings)
            }
        }
    }

    /// Reads one YAML text; nil for one without content. The encoding is said, since Yams else looks for it in all of the process's
    /// environment, for each text anew.
    static func compose(_ text: String) throws -> Node? {
        try Yams.compose(yaml: text, .default, .default, .utf8)
    }

    /// The members of a mapping in the order of the file, repeated keys included; a key that is no text has no name.
    func pairs(of mapping: Node.Mapping) -> [(name: String?, place: Place, value: Node)] {
        mapping.map { pair in
            let place = Place(pair.key.mark)
            return (renamed[place] ?? pair.key.scalar?.string, place, pair.value)
        }
    }

    /// The text with the first character of one key replaced; columns stay as they are.
    private static func rename(_ name: String, in text: String, at place: Place, first: Unicode.Scalar) -> String? {
        var scalars = Array(text.unicodeScalars)
        var line = 1
        var start = 0
        while line < place.line, let end = scalars[start...].firstIndex(of: "\n") {
            start = end + 1
            line += 1
        }
        var index = start + place.column - 1
        guard index < scalars.count else { return nil }
        if scalars[index] == "\"" || scalars[index] == "'" { index += 1 }
        guard index < scalars.count, scalars[index] == name.unicodeScalars.first else { return nil }
        scalars[index] = first
        return String(String.UnicodeScalarView(scalars))
    }

    private static func problem(for error: YamlError, in text: String, _ findings: Findings) -> ConfigurationProblems {
        switch error {
        case .scanner(let context, let words, let mark, _), .parser(let context, let words, let mark, _),
            .composer(let context, let words, let mark, _):
            let whole = [context?.text, words].compactMap(\.self).joined(separator: ", ")
            return problem("not valid YAML: \(whole)", remedy(in: text, at: mark), Place(mark), findings)
        case .reader(let words, let offset, _, _):
            let before = text.prefix(offset ?? 0)
            let lines = before.split(separator: "\n", omittingEmptySubsequences: false)
            let place = Place(line: max(1, lines.count), column: (lines.last?.unicodeScalars.count ?? 0) + 1)
            return problem("not valid YAML: \(words)", "remove the character", place, findings)
        case .no, .memory, .writer, .emitter, .representer, .dataCouldNotBeDecoded, .duplicatedKeysInMapping:
            return problem("the YAML cannot be read: \(error)", "correct it", .start, findings)
        }
    }

    /// What most often is behind a syntax error at a place, by what its line and the one before it hold.
    private static func remedy(in text: String, at mark: Mark) -> String {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        let near = lines.dropFirst(max(0, mark.line - 2)).prefix(mark.line == 1 ? 1 : 2)
        if near.contains(where: { $0.contains("{") && $0.contains("${") }) {
            return "inside { } and [ ] put ${…} into quotes: \"${NAME}\""
        }
        if near.contains(where: { $0.contains("\t") }) { return "indent with spaces, not with tabs" }
        return "look for a missing colon, quote or bracket, or a wrong indentation, here or on the line before"
    }

    private static func problem(
        _ words: String,
        _ remedy: String,
        _ place: Place,
        _ findings: Findings
    ) -> ConfigurationProblems {
        var findings = findings
        findings.refuse("", at: place, words, remedy: remedy)
        return ConfigurationProblems(problems: findings.problems)
    }
}

extension Place {
    /// A node made from text always has its mark; one without would have been made by hand.
    init(_ mark: Mark?) {
        self = mark.map { Place(line: $0.line, column: $0.column) } ?? .start
    }
}

extension Node.Scalar {
    /// Nothing, `~` or `null`, without quotes.
    var isNull: Bool {
        style == .plain && ["", "~", "null", "Null", "NULL"].contains(string)
    }
}
