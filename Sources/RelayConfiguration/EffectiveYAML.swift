import RelayCore

/// A tree of settings as YAML that reads back as the same configuration, but for secrets that the file wrote out.
enum EffectiveYAML {
    static func text(_ root: Setting) -> String {
        lines(root, indentation: "").joined(separator: "\n") + "\n"
    }

    private static func lines(_ setting: Setting, indentation: String) -> [String] {
        setting.members.flatMap { name, member -> [String] in
            let label = "\(indentation)\(scalar(name)):"
            if case .members = member.content {
                let inner = lines(member, indentation: indentation + "  ")
                return inner.isEmpty ? [] : [label] + inner
            }
            guard let value = value(member) else { return [] }
            return ["\(label) \(value)"]
        }
    }

    private static func value(_ setting: Setting) -> String? {
        switch setting.content {
        case .absent, .wrong, .members: nil
        case .text(let text): scalar(text.replacing("$", with: "$$"))
        // A reference is written as it stands: it names the secret, and does not hold it.
        case .secret(let source): scalar(source.description)
        case .proxy(let source): scalar(source.description)
        case .flag(let flag): "\(flag)"
        case .integer(let integer): "\(integer)"
        case .number(let number): number == number.rounded() ? "\(Int(number))" : "\(number)"
        case .duration(let duration): UnitText.words(duration)
        case .size(let size): size.description
        case .rate(let rate): "\(rate)"
        case .startFrom(_, let text): scalar(text)
        case .baseURL(let url): scalar(url.description)
        case .tokenURL(let url): scalar(url.description)
        case .list(let items): "[\(items.compactMap { value($0) }.joined(separator: ", "))]"
        }
    }

    /// Texts that YAML reads as they stand, also inside brackets.
    private static let plain = TextRule(
        noun: "a plain text",
        characters: "A-Za-z0-9_.:/+-",
        first: "A-Za-z0-9_/-",
        length: 1...Int.max
    )

    private static func scalar(_ text: String) -> String {
        if plain.admits(text), text.last != ":", !["-", "null"].contains(text.lowercased()) { return text }
        var quoted = "\""
        for character in text.unicodeScalars {
            switch character {
            case "\"", "\\": quoted += "\\\(character)"
            case "\n": quoted += "\\n"
            case "\r": quoted += "\\r"
            case "\t": quoted += "\\t"
            default: quoted.unicodeScalars.append(character)
            }
        }
        return quoted + "\""
    }
}
