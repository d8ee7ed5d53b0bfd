/// The headers of a request record that the relay reads, those of one meaning in their order of precedence.
package enum RequestHeader: Int, CaseIterable, Hashable, Sendable {
    case correlationId, plainCorrelationId, camelCorrelationId, springCorrelationId, cloudEventsId
    case replyTopic, plainReplyTopic, springReplyTopic
    case replyPartition, springReplyPartition
    case function
    case environment
    case deadline, timeToLive
    case traceparent
    case tracestate

    /// The name as the contract spells it; a record may spell it in other letter case.
    package var name: StaticString {
        switch self {
        case .correlationId: "wxrelay-correlation-id"
        case .plainCorrelationId: "correlation-id"
        case .camelCorrelationId: "correlationId"
        case .springCorrelationId: "kafka_correlationId"
        case .cloudEventsId: "ce_id"
        case .replyTopic: "wxrelay-reply-topic"
        case .plainReplyTopic: "reply-topic"
        case .springReplyTopic: "kafka_replyTopic"
        case .replyPartition: "wxrelay-reply-partition"
        case .springReplyPartition: "kafka_replyPartition"
        case .function: "wxrelay-function"
        case .environment: "wxrelay-env"
        case .deadline: "wxrelay-deadline"
        case .timeToLive: "wxrelay-ttl"
        case .traceparent: "traceparent"
        case .tracestate: "tracestate"
        }
    }

    /// The header of that name, nil for one that the relay does not read. ASCII letters count without their case.
    package static func named(_ name: RawSpan) -> RequestHeader? {
        // By length first: for most foreign headers nothing is compared at all.
        switch name.byteCount {
        case 5: first(of: .cloudEventsId, matching: name)
        case 10: first(of: .tracestate, matching: name)
        case 11:
            first(of: .traceparent, matching: name) ?? first(of: .environment, matching: name)
                ?? first(of: .timeToLive, matching: name) ?? first(of: .plainReplyTopic, matching: name)
        case 13: first(of: .camelCorrelationId, matching: name)
        case 14: first(of: .plainCorrelationId, matching: name)
        case 16:
            first(of: .function, matching: name) ?? first(of: .deadline, matching: name)
                ?? first(of: .springReplyTopic, matching: name)
        case 19: first(of: .replyTopic, matching: name) ?? first(of: .springCorrelationId, matching: name)
        case 20: first(of: .springReplyPartition, matching: name)
        case 22: first(of: .correlationId, matching: name)
        case 23: first(of: .replyPartition, matching: name)
        default: nil
        }
    }

    private static func first(of header: RequestHeader, matching name: RawSpan) -> RequestHeader? {
        let own = header.name.utf8Start
        for index in 0..<name.byteCount {
            let byte = name.byte(at: index)
            guard byte == own[index] || smallLetter(byte) == smallLetter(own[index]) else { return nil }
        }
        return header
    }

    private static func smallLetter(_ byte: UInt8) -> UInt8 {
        byte &- UInt8(ascii: "A") < 26 ? byte | 0x20 : byte
    }
}
