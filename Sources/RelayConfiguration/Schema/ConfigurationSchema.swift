import RelayCore

/// The JSON Schema of the configuration file, for editors; made from the key table that the parser reads by.
///
/// It knows the rules of single keys. The rules across keys, references to files and the environment, and librdkafka's own
/// list are checked by `wxrelay check` only.
package enum ConfigurationSchema {
    /// A document of draft 2020-12, with a line break at its end.
    package static func json() -> String {
        let root = mapping(.section(KeyTable.root))
        let document = SchemaValue.object(
            [
                ("$schema", .text("https://json-schema.org/draft/2020-12/schema")),
                ("title", .text("wxrelay configuration")),
            ] + root
        )
        return document.json() + "\n"
    }

    private static func schema(of key: Key) -> SchemaValue {
        let words = key.documentation + (key.isLive && key.holdsValues ? " (live)" : "")
        var members: [(String, SchemaValue)] = [("description", .text(words))]
        if case .defaults(let text) = key.presence { members.append(("default", literal(text, key.form))) }
        if case .optional(let text) = key.presence { members.append(("examples", .array([literal(text, key.form)]))) }
        return .object(members + (key.form.keys.isEmpty ? value(key.form) : mapping(key.form)))
    }

    private static func mapping(_ form: ValueForm) -> [(String, SchemaValue)] {
        let keys = form.keys
        let required = keys.filter(isRequired).map(\.name)
        var members: [(String, SchemaValue)] = [
            ("type", required.isEmpty ? .texts(["object", "null"]) : .text("object"))
        ]
        if case .entries(_, let rule, _) = form {
            members += [
                ("minProperties", .number("1")),
                ("propertyNames", .object([("pattern", .text(rule.pattern))])),
                ("additionalProperties", .object(mapping(.section(keys)))),
            ]
            return members
        }
        if case .optionalEntries(_, let rule, _) = form {
            return [
                ("type", .texts(["object", "null"])),
                ("propertyNames", .object([("pattern", .text(rule.pattern))])),
                ("additionalProperties", .object(mapping(.section(keys)))),
            ]
        }
        if !required.isEmpty { members.append(("required", .texts(required))) }
        var properties = keys.map { ($0.name, schema(of: $0)) }
        switch form {
        case .properties:
            properties += RefusedProperty.all.map { refused in
                let words = "refused: \(refused.reason); \(refused.remedy)"
                return (refused.name, .object([("description", .text(words)), ("not", .object([]))]))
            }
            members.append(("properties", .object(properties)))
            members.append(
                ("additionalProperties", .object([("type", .texts(["string", "number", "boolean"]))]))
            )
        case .overrides(_, let classes):
            members.append(("properties", .object(properties)))
            members.append(
                ("patternProperties", .object([("^-?[1-9][0-9]*$", .object(value(.choice(classes))))]))
            )
            members.append(("additionalProperties", .flag(false)))
        default:
            members.append(("properties", .object(properties)))
            members.append(("additionalProperties", .flag(false)))
        }
        return members
    }

    /// A section is required when one of its keys is, and `apps` and `pipelines` are.
    private static func isRequired(_ key: Key) -> Bool {
        switch key.presence {
        case .required: true
        case .section:
            switch key.form {
            case .entries: true
            case .optionalEntries: false
            default: key.form.keys.contains(where: isRequired)
            }
        case .defaults, .optional, .conditional: false
        }
    }

    /// The keywords for a value. A text with a `${…}` is admitted everywhere: what it stands for is not known here.
    private static func value(_ form: ValueForm) -> [(String, SchemaValue)] {
        switch form {
        case .text(let rule): text(rule.pattern)
        case .secret: [("type", .text("string")), ("minLength", .number("1"))]
        case .flag: [("type", .texts(["boolean", "string"])), ("pattern", .text(reference))]
        case .integer(let range): number("integer", "\(range.lowerBound)", "\(range.upperBound)")
        case .number(let range): number("number", "\(range.lowerBound)", "\(range.upperBound)")
        case .duration: text("^\(amount)(\(UnitText.durations.map(\.name).joined(separator: "|")))$")
        case .durationOrNone: text("^(none|\(amount)(\(UnitText.durations.map(\.name).joined(separator: "|"))))$")
        case .size: text("^\(amount)(\(UnitText.sizes.map(\.name).joined(separator: "|")))$")
        case .rate: text("^\(amount)/(\(Rate.Unit.allCases.map(\.rawValue).joined(separator: "|")))$")
        case .choice(let choices):
            [("anyOf", .array([.object([("enum", .texts(choices))]), .object(text(reference))]))]
        case .startFrom: text("^(earliest|latest|\\d{4}-\\d\\d-\\d\\d[Tt]\\d\\d:\\d\\d:\\d\\d.*)$")
        case .baseURL: text(baseURL)
        case .tokenURL: text("^[Hh][Tt][Tt][Pp][Ss]?://[^#@]+$")
        case .baseURLs: list(of: baseURL, mayBeEmpty: false)
        case .proxy: text("^[Hh][Tt][Tt][Pp]://.+$")
        case .names(let rule, let mayBeEmpty): list(of: rule.pattern, mayBeEmpty: mayBeEmpty)
        case .section, .entries, .optionalEntries, .properties, .overrides: mapping(form)
        }
    }

    /// A list that must not be empty may also be a single text.
    private static func list(of pattern: String, mayBeEmpty: Bool) -> [(String, SchemaValue)] {
        [
            ("type", .texts(mayBeEmpty ? ["array"] : ["array", "string"])),
            ("items", .object(text(pattern))),
        ] + (mayBeEmpty ? [] : [("minItems", .number("1")), ("pattern", .text("\(pattern)|\(reference)"))])
    }

    private static let baseURL = "^[Hh][Tt][Tt][Pp][Ss]?://[^?#@]+$"
    private static let amount = "[0-9]+"
    private static let reference = "\\$\\{"

    private static func text(_ pattern: String) -> [(String, SchemaValue)] {
        [("type", .text("string")), ("pattern", .text(pattern == reference ? pattern : "\(pattern)|\(reference)"))]
    }

    private static func number(_ type: String, _ least: String, _ most: String) -> [(String, SchemaValue)] {
        [
            ("type", .texts([type, "string"])), ("minimum", .number(least)), ("maximum", .number(most)),
            ("pattern", .text(reference)),
        ]
    }

    /// A default or an example, which the table holds as YAML, as JSON.
    private static func literal(_ yaml: String, _ form: ValueForm) -> SchemaValue {
        switch form {
        case .flag: .flag(yaml == "true")
        case .integer, .number: .number(yaml)
        case .names where yaml == "[]": .array([])
        default: .text(yaml == "\"\"" ? "" : yaml)
        }
    }
}
