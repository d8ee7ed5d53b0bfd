/// What may stand after a key.
indirect enum ValueForm: Sendable {
    case text(TextRule)
    /// A text that is never shown.
    case secret
    case flag
    case integer(ClosedRange<Int>)
    case number(ClosedRange<Double>)
    case duration(ClosedRange<Duration>)
    /// A duration, or `none`.
    case durationOrNone(ClosedRange<Duration>)
    case size(ClosedRange<ByteCount>)
    /// Calls in a time; the range is of the calls.
    case rate(ClosedRange<Int>)
    case choice([String])
    case startFrom
    case baseURL
    /// One base URL, or a list of them.
    case baseURLs
    /// A proxy's URL: never shown with its user and password, and from a file if the user wants it.
    case proxy
    /// A URL that may have a query, which is never shown.
    case tokenURL
    /// A list of texts; one that must not be empty may also be a single text.
    case names(TextRule, mayBeEmpty: Bool)
    /// A mapping of exactly these keys.
    case section([Key])
    /// A mapping from names that the user chooses, such as the sample, to sections of these keys; at least one.
    case entries([Key], name: TextRule, sample: String)
    /// The same, but there may be none. All of its keys are live: no open state refers to an entry.
    case optionalEntries([Key], name: TextRule, sample: String)
    /// `kafka:`: these keys, and any librdkafka property that is not wxrelay's own.
    case properties([Key])
    /// `errcodes:`: these keys, and errcodes with the class that they shall have.
    case overrides([Key], classes: [String])

    /// The keys that a mapping of this form knows.
    var keys: [Key] {
        switch self {
        case .section(let keys), .entries(let keys, _, _), .optionalEntries(let keys, _, _), .properties(let keys),
            .overrides(let keys, _):
            keys
        case .text, .secret, .flag, .integer, .number, .duration, .durationOrNone, .size, .rate, .choice, .startFrom,
            .baseURL, .baseURLs, .proxy, .tokenURL, .names:
            []
        }
    }

    /// The form with each of its keys as one that a reload applies.
    var live: ValueForm {
        switch self {
        case .section(let keys): .section(keys.map(\.live))
        case .optionalEntries(let keys, let name, let sample):
            .optionalEntries(keys.map(\.live), name: name, sample: sample)
        case .overrides(let keys, let classes): .overrides(keys.map(\.live), classes: classes)
        default: self
        }
    }

    /// Follows "expected" in a message.
    var expected: String {
        switch self {
        case .text(let rule): rule.expected
        case .secret: "a secret: ${file:PATH}, ${NAME} or a text"
        case .flag: "true or false"
        case .integer(let range): "a whole number from \(range.lowerBound) to \(range.upperBound)"
        case .number(let range): "a number from \(range.lowerBound) to \(range.upperBound)"
        case .duration(let range): "a duration from \(Self.words(range))"
        case .durationOrNone(let range): "none or a duration from \(Self.words(range))"
        case .size(let range): "a size from \(range.lowerBound) to \(range.upperBound)"
        case .choice(let choices): choices.count == 2 ? choices.joined(separator: " or ") : Self.oneOf(choices)
        case .startFrom: "earliest, latest or an RFC 3339 time"
        case .baseURL, .tokenURL: "a URL that begins with https:// or http://"
        case .baseURLs: "a URL that begins with https:// or http://, or a list of such"
        case .proxy: "a proxy's URL: http://[user:password@]host[:port]"
        case .names(let rule, mayBeEmpty: true): "a list, each item \(rule.expected)"
        case .names(let rule, mayBeEmpty: false): "\(rule.expected), or a list of such"
        case .section(let keys): "a mapping with the keys \(keys.map(\.name).joined(separator: ", "))"
        case .rate(let range): "a rate such as 500/s or 3000/min, of \(range.lowerBound) to \(range.upperBound) calls"
        case .entries(_, let name, _), .optionalEntries(_, let name, _): "a mapping, each key \(name.expected)"
        case .properties: "a mapping of librdkafka's properties"
        case .overrides: "a mapping of errcodes to classes"
        }
    }

    static func oneOf(_ choices: [String]) -> String { "one of \(choices.joined(separator: ", "))" }

    private static func words(_ range: ClosedRange<Duration>) -> String {
        "\(UnitText.words(range.lowerBound)) to \(UnitText.words(range.upperBound))"
    }
}
