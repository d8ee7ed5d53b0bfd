internal import CRdKafka

/// librdkafka's configuration by its own property names, checked as it is set.
///
/// One value serves every client: each takes what librdkafka's list marks as its own and leaves the rest.
public struct Properties: Sendable {
    private var values: [String: String] = [:]

    /// No property: librdkafka's defaults.
    public init() {}

    /// The names that are set, sorted.
    public var names: [String] { values.keys.sorted() }

    /// The value that was set, secrets included.
    public subscript(name: String) -> String? { values[name] }

    /// Sets a property of a client or, as a default for every topic, of a topic.
    ///
    /// - Throws: ``PropertyError`` with librdkafka's words when it knows no such name or does not take the value. What
    ///   depends on several properties together shows only when a client is made.
    public mutating func set(_ name: String, to value: String) throws(PropertyError) {
        let configuration = Configuration()
        try configuration.set(name, to: value)
        values[name] = value
    }

    /// The properties that a client of this kind takes.
    func of(_ role: PropertyRole) -> [(name: String, value: String)] {
        values.sorted { $0.key < $1.key }
            .filter { [role, .both, .unlisted].contains(PropertyRole(of: $0.key)) }
            .map { (name: $0.key, value: $0.value) }
    }
}

extension Properties: CustomStringConvertible {
    /// `name=value` pairs, secrets masked.
    public var description: String {
        names.map { "\($0)=\(Self.isSecret($0) ? "[redacted]" : values[$0] ?? "")" }.joined(separator: ", ")
    }

    /// Whether a property's value must never be shown. Wider than librdkafka's own mark, since that differs between
    /// versions.
    public static func isSecret(_ name: String) -> Bool {
        ["password", "secret", "key", "pem", "oauthbearer.config", "assertion", "token", "sasl.username"]
            .contains { name.contains($0) }
    }
}

/// Why a property was refused.
public struct PropertyError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The property's name as it was given.
    public let property: String
    /// librdkafka's words; for a secret property its value is not among them.
    public let reason: String

    /// Name and reason.
    public var description: String { "\(property): \(reason)" }
}
