/// The form of a name: which characters, how many. The check, the message and the schema's pattern derive from it.
struct TextRule: Sendable {
    /// With its article: `a Kafka topic name`.
    let noun: String
    /// ASCII characters as a regular expression's bracket lists them, `A-Za-z0-9`; nil admits all but control characters.
    let characters: String?
    /// What the first character may be, when that is less.
    var first: String?
    let length: ClosedRange<Int>

    /// `a function name of 1 to 60 characters A-Za-z0-9_-, the first of A-Za-z`
    var expected: String {
        if length.upperBound == .max { return noun }
        let count = "\(length.lowerBound) to \(length.upperBound) characters"
        guard let characters else { return "\(noun) of \(count)" }
        return "\(noun) of \(count) \(characters)" + (first.map { ", the first of \($0)" } ?? "")
    }

    /// An ECMA 262 regular expression for JSON Schema.
    var pattern: String {
        let bracket = characters.map { "[\($0)]" } ?? "[^\\u0000-\\u001f]"
        if let first {
            return "^[\(first)]\(bracket){\(max(0, length.lowerBound - 1)),\(length.upperBound - 1)}$"
        }
        let upper = length.upperBound == .max ? "" : "\(length.upperBound)"
        return "^\(bracket){\(length.lowerBound),\(upper)}$"
    }

    func admits(_ text: String) -> Bool {
        guard length.contains(text.unicodeScalars.count) else { return false }
        if let first, let scalar = text.unicodeScalars.first, !Self.contains(first, scalar) { return false }
        return text.unicodeScalars.allSatisfy { scalar in
            characters.map { Self.contains($0, scalar) } ?? (scalar.value >= 0x20)
        }
    }

    /// Whether a bracket list holds a character; a hyphen is itself when it stands last.
    private static func contains(_ list: String, _ scalar: Unicode.Scalar) -> Bool {
        var rest = Array(list.unicodeScalars)[...]
        while let low = rest.popFirst() {
            guard rest.count >= 2, rest.first == "-" else {
                if scalar == low { return true }
                continue
            }
            rest.removeFirst()
            if let high = rest.popFirst(), low <= scalar, scalar <= high { return true }
        }
        return false
    }
}

extension TextRule {
    /// Free text.
    static func any(_ noun: String) -> TextRule {
        TextRule(noun: noun, characters: nil, length: 1...Int.max)
    }

    /// Apache Kafka, `Topic.LEGAL_CHARS` and `MAX_NAME_LENGTH`.
    static let topic = TextRule(noun: "a Kafka topic name", characters: "A-Za-z0-9._-", length: 1...249)
    static let topicGlob = TextRule(
        noun: "a topic name or glob (* and ?)",
        characters: "A-Za-z0-9._*?-",
        length: 1...249
    )
    /// WeChat docs, cloudbase functions page: letters, digits, `-`, `_`, up to 60, beginning with a letter.
    static let function = TextRule(
        noun: "a function name",
        characters: "A-Za-z0-9_-",
        first: "A-Za-z",
        length: 1...60
    )
    static let functionGlob = TextRule(
        noun: "a function name or glob (* and ?)",
        characters: "A-Za-z0-9_*?-",
        length: 1...60
    )
    /// WeChat docs, cloudbase functions page: lower-case letters, digits, `-`.
    static let environment = TextRule(noun: "an environment id", characters: "a-z0-9-", length: 1...64)
    static let environmentGlob = TextRule(
        noun: "an environment id or glob (* and ?)",
        characters: "a-z0-9*?-",
        length: 1...64
    )
    static let group = TextRule(noun: "a consumer group's name", characters: nil, length: 1...255)
    /// Apache Kafka holds `group.instance.id` to the form of topic names; room is left for the suffix `-<shard>`.
    static let instance = TextRule(noun: "empty or a name", characters: "A-Za-z0-9._-", length: 0...240)
    static let entryName = TextRule(noun: "a name", characters: "A-Za-z0-9_-", length: 1...64)
    static let member = TextRule(noun: "empty or a JSON member's name", characters: nil, length: 0...64)
    static let application = TextRule(noun: "an app id", characters: "A-Za-z0-9_-", length: 1...64)
}
