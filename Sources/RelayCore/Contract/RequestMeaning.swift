/// What a record can say in several places: in envelope members, which come first, and in headers.
///
/// `EnvelopeMember` and `RequestHeader` declare the names of one meaning next to each other, in their order of
/// precedence.
enum RequestMeaning {
    case correlationId, replyTopic, replyPartition, function, environment, deadline

    var members: ClosedRange<Int> {
        switch self {
        case .correlationId: Self.range(EnvelopeMember.correlationId, .correlationId)
        case .replyTopic: Self.range(EnvelopeMember.replyTopic, .replyTopic)
        case .replyPartition: Self.range(EnvelopeMember.replyPartition, .replyPartition)
        case .function: Self.range(EnvelopeMember.function, .function)
        case .environment: Self.range(EnvelopeMember.environment, .environment)
        case .deadline: Self.range(EnvelopeMember.deadline, .timeToLive)
        }
    }

    var headers: ClosedRange<Int> {
        switch self {
        case .correlationId: Self.range(RequestHeader.correlationId, .cloudEventsId)
        case .replyTopic: Self.range(RequestHeader.replyTopic, .springReplyTopic)
        case .replyPartition: Self.range(RequestHeader.replyPartition, .springReplyPartition)
        case .function: Self.range(RequestHeader.function, .function)
        case .environment: Self.range(RequestHeader.environment, .environment)
        case .deadline: Self.range(RequestHeader.deadline, .timeToLive)
        }
    }

    /// The members by which a record chooses what else its pipeline says: where the reply goes, and what is called. All that
    /// `RequestDecoder.readChoices` asks for is among them.
    static let choiceMembers = range(EnvelopeMember.replyTopic, .environment)
    /// The headers that do so.
    static let choiceHeaders = range(RequestHeader.replyTopic, .environment)

    private static func range(_ first: EnvelopeMember, _ last: EnvelopeMember) -> ClosedRange<Int> {
        first.rawValue...last.rawValue
    }

    private static func range(_ first: RequestHeader, _ last: RequestHeader) -> ClosedRange<Int> {
        first.rawValue...last.rawValue
    }
}
