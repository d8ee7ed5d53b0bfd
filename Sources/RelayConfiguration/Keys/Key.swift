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
    /// Whether a reload applies it to the running relay; else it takes effect at the next start. See `live`.
    var isLive = false

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

    /// The key, and with a section each key in it, as one that a reload applies to the running relay.
    ///
    /// No rule of `Checks` may refuse a value of such a key for the sake of one that is not live: a reload joins the new
    /// values of the ones with the old values of the others.
    var live: Key {
        var key = Key(name: name, form: form.live, presence: presence, documentation: documentation)
        key.isLive = true
        return key
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

    /// Whether values stand under the key itself, not only under the keys in it.
    var holdsValues: Bool {
        switch form {
        case .section, .entries, .optionalEntries: false
        default: true
        }
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
