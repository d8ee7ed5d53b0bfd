/// The members of an envelope that the relay reads.
package enum EnvelopeMember: Int, CaseIterable, Hashable, Sendable {
    case correlationId, replyTopic, replyPartition, function, environment, deadline, timeToLive, body

    static let count = allCases.count

    package var name: StaticString {
        switch self {
        case .correlationId: "correlationId"
        case .replyTopic: "replyTopic"
        case .replyPartition: "replyPartition"
        case .function: "function"
        case .environment: "env"
        case .deadline: "deadline"
        case .timeToLive: "ttl"
        case .body: "data"
        }
    }

    /// The member of that name, nil for one that the relay does not read.
    static func named(_ name: JSONElement, in bytes: RawSpan) -> EnvelopeMember? {
        for index in 0..<count {
            if let member = EnvelopeMember(rawValue: index), JSONText.equals(bytes, name, member.name) { return member }
        }
        return nil
    }
}
