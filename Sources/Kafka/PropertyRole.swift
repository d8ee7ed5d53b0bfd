internal import CRdKafka

/// Which clients take a property, as librdkafka's own list of properties says (client and topic level alike).
public enum PropertyRole: Equatable, Sendable {
    /// Consumers only.
    case consumer
    /// Producers only.
    case producer
    /// Consumers and producers.
    case both
    /// Not in the list: no such property, or one that librdkafka hides (`rd_kafka_conf_set` decides).
    case unlisted

    /// Looks a name up.
    public init(of name: String) {
        self = Self.listed[name] ?? .unlisted
    }

    /// Every name in librdkafka's list, sorted: for "did you mean".
    public static var listedNames: [String] { listed.keys.sorted() }

    private static let listed: [String: PropertyRole] = {
        guard let text = unsafe crdkafka_property_list() else { return [:] }
        defer { unsafe free(text) }
        return unsafe parse(String(cString: text))
    }()

    /// Rows look like `linger.ms | P | 0 .. 900000 | 5 | high | …`; other lines are headings.
    private static func parse(_ text: String) -> [String: PropertyRole] {
        var roles: [String: PropertyRole] = [:]
        for line in text.split(separator: "\n") {
            let columns = line.split(separator: "|", maxSplits: 2, omittingEmptySubsequences: false)
            guard columns.count == 3 else { continue }
            let name = columns[0].filter { $0 != " " }
            let role: PropertyRole
            switch columns[1].filter({ $0 != " " }) {
            case "C": role = .consumer
            case "P": role = .producer
            case "*": role = .both
            default: continue
            }
            roles[name] = roles[name].map { $0 == role ? role : .both } ?? role
        }
        return roles
    }
}
