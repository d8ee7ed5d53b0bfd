/// The annotated example, made from the key table: every key of this version with its default and a line about it.
package enum ConfigurationExample {
    /// YAML that `wxrelay check` accepts; keys that are absent by default are there as comments.
    package static func yaml() -> String {
        let head = [
            "# wxrelay: every key of this version. `wxrelay check --config F` says what a file means.",
            "# [r] required   [e] an example, absent by default   all other values are the defaults",
            "# [l] live: a reload (SIGHUP, run --watch) applies it; all others take effect at the next start",
            "# In values: ${NAME}, ${NAME:-default}, ${file:PATH}, and $$ for a dollar.",
        ]
        let body = KeyTable.root.flatMap { lines(of: $0, indentation: "", inComment: false) }
        return (head + body).joined(separator: "\n") + "\n"
    }

    private static let commentColumn = 46

    private static func lines(of key: Key, indentation: String, inComment: Bool) -> [String] {
        let isComment = inComment || key.isOptional
        let mark = isComment && !inComment ? "# " : ""
        let deeper = indentation + mark + "  "
        if let sample = key.sample {
            return [line("\(indentation)\(mark)\(key.name): \(sample)", note(on: key))]
        }
        let heading = line("\(indentation)\(mark)\(key.name):", note(on: key))
        switch key.form {
        case .entries(let keys, _, let name), .optionalEntries(let keys, _, let name):
            return [heading, "\(deeper)\(name):"]
                + keys.flatMap { lines(of: $0, indentation: deeper + "  ", inComment: isComment) }
        default: break
        }
        return [heading] + key.form.keys.flatMap { lines(of: $0, indentation: deeper, inComment: isComment) }
    }

    private static func note(on key: Key) -> String {
        let live = key.isLive && key.holdsValues ? "[l] " : ""
        return switch key.presence {
        case .required: "[r] \(live)\(key.documentation)"
        case .conditional: "[r] \(live)\(key.documentation)"
        case .optional: "[e] \(live)\(key.documentation)"
        case .section where key.isOptional: "[e] \(live)\(key.documentation)"
        case .section, .defaults: "\(live)\(key.documentation)"
        }
    }

    private static func line(_ setting: String, _ note: String) -> String {
        let gap = max(1, commentColumn - setting.count)
        return setting + String(repeating: " ", count: gap) + "# \(note)"
    }
}
