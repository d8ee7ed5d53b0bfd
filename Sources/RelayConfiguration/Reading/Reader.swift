import RelayCore
import Yams

/// Walks a file's tree along the key table, and gives the tree of settings with all defaults filled in.
///
/// What is wrong is noted in `findings`, and reading goes on with the next key.
struct Reader {
    let document: YAMLDocument
    let environment: [String: String]
    /// librdkafka's own judgement on one of its properties; nil when it has nothing against it.
    let kafkaPropertyCheck: (_ name: String, _ value: String) -> String?
    private(set) var findings: Findings
    /// The files that references name, each once.
    private(set) var files: [String] = []

    init(
        document: YAMLDocument,
        environment: [String: String],
        findings: Findings,
        kafkaPropertyCheck: @escaping (String, String) -> String?
    ) {
        self.document = document
        self.environment = environment
        self.findings = findings
        self.kafkaPropertyCheck = kafkaPropertyCheck
    }

    mutating func root() -> Setting {
        let form = ValueForm.section(KeyTable.root)
        return mapping(document.root, form, key: "", place: .start)
    }

    /// A mapping of one of the four forms that have keys; no node stands for an empty one.
    private mutating func mapping(_ node: Node?, _ form: ValueForm, key: String, place: Place) -> Setting {
        let pairs: [(name: String, place: Place, value: Node)]
        switch node {
        case nil: pairs = []
        case .scalar(let scalar)? where scalar.isNull: pairs = []
        case .mapping(let mapping)?: pairs = named(document.pairs(of: mapping), in: key)
        case let other?:
            refuse(other, form, key: key, sample: form.keys.first?.sampleLine)
            return Setting(key: key, place: place, content: .wrong)
        }
        let members =
            switch form {
            case .entries(let keys, let rule, let sample): entries(pairs, keys, rule, sample, key: key, place: place)
            case .optionalEntries(let keys, let rule, _): entries(pairs, keys, rule, key: key)
            default: known(pairs, form, key: key, place: place) + extra(pairs, form, key: key)
            }
        return Setting(key: key, place: place, content: .members(members))
    }

    /// The keys of the table, each read or defaulted.
    private mutating func known(
        _ pairs: [(name: String, place: Place, value: Node)],
        _ form: ValueForm,
        key path: String,
        place: Place
    ) -> [(name: String, setting: Setting)] {
        form.keys.map { key in
            let full = Self.join(path, key.name)
            guard let pair = pairs.first(where: { $0.name == key.name }) else {
                // A mistyped key is one mistake: it is not missing as well.
                let others = pairs.filter { pair in !form.keys.contains { $0.name == pair.name } }.map(\.name)
                if others.contains(where: { NearestName.of($0, among: form.keys.map(\.name)) == key.name }) {
                    return (key.name, Setting(key: full, place: place, content: .wrong))
                }
                return (key.name, absent(key, full, place: place))
            }
            if case .section = key.presence {
                return (key.name, mapping(pair.value, key.form, key: full, place: pair.place))
            }
            return (key.name, value(pair.value, key.form, key: full, sample: key.sampleLine))
        }
    }

    private mutating func absent(_ key: Key, _ full: String, place: Place) -> Setting {
        switch key.presence {
        case .section:
            if case .entries(let keys, _, let sample) = key.form {
                let example = "\(key.name): {\(sample): {\(keys.first?.sampleLine ?? ""), …}}"
                findings.refuse(full, at: place, "'\(full)' is missing", remedy: "add it, e.g. \(example)")
                return Setting(key: full, place: place, content: .wrong)
            }
            return mapping(nil, key.form, key: full, place: place)
        case .required:
            findings.refuse(full, at: place, "'\(full)' is missing", remedy: "add it, e.g. \(key.sampleLine)")
            return Setting(key: full, place: place, content: .wrong)
        case .defaults(let text):
            do {
                let node = try YAMLDocument.compose(text) ?? Node("")
                let setting = value(node, key.form, key: full, sample: key.sampleLine)
                return Setting(key: full, place: place, content: setting.content)
            } catch {
                preconditionFailure("the default of '\(full)' is no YAML: \(error)")
            }
        case .optional, .conditional:
            return Setting(key: full, place: place, content: .absent)
        }
    }

    /// Keys that the table does not name: of `kafka:` and `errcodes:` more settings, everywhere else mistakes.
    private mutating func extra(
        _ pairs: [(name: String, place: Place, value: Node)],
        _ form: ValueForm,
        key path: String
    ) -> [(name: String, setting: Setting)] {
        var settings: [(name: String, setting: Setting)] = []
        for pair in pairs where !form.keys.contains(where: { $0.name == pair.name }) {
            let full = Self.join(path, pair.name)
            switch form {
            case .properties:
                settings.append((pair.name, property(pair.name, pair.value, key: full, place: pair.place)))
            case .overrides(_, let classes):
                guard let override = override(pair.name, pair.value, classes, key: full, place: pair.place) else {
                    continue
                }
                settings.append((pair.name, override))
            default:
                unknown(pair.name, among: form.keys.map(\.name), key: full, place: pair.place)
            }
        }
        return settings
    }

    private mutating func entries(
        _ pairs: [(name: String, place: Place, value: Node)],
        _ keys: [Key],
        _ rule: TextRule,
        _ sample: String,
        key path: String,
        place: Place
    ) -> [(name: String, setting: Setting)] {
        if pairs.isEmpty {
            let example = "\(sample): {\(keys.first?.sampleLine ?? ""), …}"
            findings.refuse(path, at: place, "'\(path)' is empty", remedy: "add an entry, e.g. \(example)")
        }
        return entries(pairs, keys, rule, key: path)
    }

    private mutating func entries(
        _ pairs: [(name: String, place: Place, value: Node)],
        _ keys: [Key],
        _ rule: TextRule,
        key path: String
    ) -> [(name: String, setting: Setting)] {
        pairs.map { pair in
            let full = Self.join(path, pair.name)
            if !rule.admits(pair.name) {
                findings.refuse(
                    full,
                    at: pair.place,
                    "'\(pair.name)' is no name for an entry of '\(path)', expected \(rule.expected)",
                    remedy: "rename it"
                )
            }
            return (pair.name, mapping(pair.value, .section(keys), key: full, place: pair.place))
        }
    }

    /// The pairs whose key is a text that was not there before.
    private mutating func named(
        _ pairs: [(name: String?, place: Place, value: Node)],
        in path: String
    ) -> [(name: String, place: Place, value: Node)] {
        var first: [String: Place] = [:]
        var named: [(name: String, place: Place, value: Node)] = []
        for pair in pairs {
            guard let name = pair.name else {
                findings.refuse(path, at: pair.place, "a key must be a text", remedy: "write NAME: value")
                continue
            }
            if let earlier = first[name] {
                findings.refuse(
                    Self.join(path, name),
                    at: pair.place,
                    "duplicate key '\(name)', first on line \(earlier.line)",
                    remedy: "keep one of them"
                )
                continue
            }
            first[name] = pair.place
            named.append((name, pair.place, pair.value))
        }
        return named
    }

    mutating func unknown(_ name: String, among known: [String], key: String, place: Place) {
        let nearest = NearestName.of(name, among: known)
        findings.refuse(
            key,
            at: place,
            "unknown key '\(name)'",
            remedy: nearest.map { "did you mean '\($0)'?" } ?? "known here: \(known.joined(separator: ", "))"
        )
    }

    /// Notes that a value is not of its form.
    mutating func refuse(_ node: Node, _ form: ValueForm, key: String, sample: String?) {
        let found =
            switch node {
            case .mapping: "a mapping"
            case .sequence: "a list"
            case .scalar(let scalar): scalar.isNull ? "empty" : Self.quoted(scalar.string)
            case .alias: "an alias"
            }
        let subject = key.isEmpty ? "the file" : "'\(key)'"
        findings.refuse(
            key,
            at: Place(node.mark),
            "\(subject) is \(found), expected \(form.expected)",
            remedy: sample.map { "write e.g. \($0)" } ?? "correct it"
        )
    }

    /// Notes the files that a value's references name.
    mutating func note(_ template: Template) {
        for case .file(let path) in template.parts where !files.contains(path) { files.append(path) }
    }

    /// Notes a problem found elsewhere.
    mutating func refuse(_ key: String, at place: Place, _ problem: String, remedy: String) {
        findings.refuse(key, at: place, problem, remedy: remedy)
    }

    static func join(_ path: String, _ name: String) -> String { path.isEmpty ? name : "\(path).\(name)" }

    /// A value in quotes, cut when it is long.
    static func quoted(_ text: String) -> String {
        text.count > 60 ? "'\(text.prefix(60))…'" : "'\(text)'"
    }
}
