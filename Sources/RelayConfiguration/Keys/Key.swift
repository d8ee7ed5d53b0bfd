/// One key of the configuration file. The parser, the JSON Schema and the annotated example are all read off these.
struct Key: Sendable {
    enum Presence: Sendable {
        /// Must be there.
        case required(example: String)
        /// What an absent key means, as the file would write it.
        case defaults(String)
        /// Absent by default.
        case optional(example: String)
        /// Must be there in some cases, which `Checks` knows.
        case conditional(example: String)
        /// A mapping, each of whose keys has a presence of its own.
        case section
    }

    let name: String
    let form: ValueForm
    let presence: Presence
    /// One short line, for the example and for editors.
    let documentation: String

    static func required(_ name: String, _ form: ValueForm, _ example: String, _ documentation: String) -> Key {
        Key(name: name, form: form, presence: .required(example: example), documentation: documentation)
    }

    static func defaults(_ name: String, _ form: ValueForm, _ value: String, _ documentation: String) -> Key {
        Key(name: name, form: form, presence: .defaults(value), documentation: documentation)
    }

    static func optional(_ name: String, _ form: ValueForm, _ example: String, _ documentation: String) -> Key {
        Key(name: name, form: form, presence: .optional(example: example), documentation: documentation)
    }

    static func conditional(_ name: String, _ form: ValueForm, _ example: String, _ documentation: String) -> Key {
        Key(name: name, form: form, presence: .conditional(example: example), documentation: documentation)
    }

    static func section(_ name: String, _ form: ValueForm, _ documentation: String) -> Key {
        Key(name: name, form: form, presence: .section, documentation: documentation)
    }

    /// A value as the file would write it: the default or the example; nil for a section.
    var sample: String? {
        switch presence {
        case .required(let text), .defaults(let text), .optional(let text), .conditional(let text): text
        case .section: nil
        }
    }

    /// The key with its sample, for a remedy: `drain: 10s`.
    var sampleLine: String {
        if let sample { return "\(name): \(sample)" }
        let first = form.keys.first.map { "{\($0.sampleLine)}" } ?? "{}"
        return "\(name): \(first)"
    }

    /// Whether the key, and for a section each key in it, is absent by default.
    var isOptional: Bool {
        switch presence {
        case .optional: true
        case .section: !form.keys.isEmpty && form.keys.allSatisfy(\.isOptional)
        case .required, .defaults, .conditional: false
        }
    }
}
