import Kafka
import RelayCore

/// What the shell keeps for one open request: its record, what was read of it, and the function's answer.
///
/// Kept by the core's slot and reused, so that its buffers are allocated once.
final class OpenRequest {
    private enum Payload: ~Copyable {
        case none
        /// In librdkafka's memory; it pins its whole fetch response.
        case received(ReceivedMessage)
        case copied(CopiedRecord)
    }

    private(set) var id = RequestID(index: 0, generation: 0)
    private var payload = Payload.none
    private(set) var head = RequestHead()
    /// What `resp_data` lies in: kept until the brokers acknowledged the reply.
    var answer: [UInt8] = []
    /// `resp_data` in it, unescaped.
    var respData = 0..<0
    /// The bytes of `inject.member` for the attempt under way, and where in the body they go.
    var inserted: [UInt8] = []
    var insertion: Int?
    /// The token of the attempt under way.
    var token: TokenGeneration = 0
    /// Set while an attempt is under way.
    var isCalled = false
    var source = RecordSource(topic: "", partition: 0, offset: 0)

    /// The head of the record before, whose buffers serve the next one.
    func takeHead() -> RequestHead {
        var head = RequestHead()
        swap(&head, &self.head)
        return head
    }

    func hold(
        _ message: consuming ReceivedMessage,
        as id: RequestID,
        _ head: consuming RequestHead,
        source: RecordSource
    ) {
        payload = .received(message)
        self.id = id
        self.head = head
        self.source = source
        respData = 0..<0
        insertion = nil
        isCalled = false
    }

    /// Copies the record out of its fetch response and lets that go.
    func copyOut() {
        let copy: CopiedRecord
        switch payload {
        case .received(let message): copy = message.copy()
        case .none: return
        case .copied: return
        }
        payload = .copied(copy)
    }

    func clear() {
        payload = .none
        respData = 0..<0
        // A large answer is not kept for the next request's sake.
        if answer.capacity > 64 << 10 { answer = [] }
        if head.bytes.capacity > 4 << 10 { head = RequestHead() }
    }

    func withValue<Result>(_ body: (RawSpan?) -> Result) -> Result {
        switch payload {
        case .none: body(nil)
        case .received(let message): message.withValue(body)
        case .copied(let record): record.withValue(body)
        }
    }

    func withKey<Result>(_ body: (RawSpan?) -> Result) -> Result {
        switch payload {
        case .none: body(nil)
        case .received(let message): message.withKey(body)
        case .copied(let record): record.withKey(body)
        }
    }

    func forEachHeader(_ body: (RawSpan, RawSpan?) -> Void) {
        switch payload {
        case .none: break
        case .received(let message): message.forEachHeader(body)
        case .copied(let record): record.forEachHeader(body)
        }
    }

    /// Lends the function's input, without what is injected.
    func withBody<Result>(_ body: (RawSpan) -> Result) -> Result {
        switch head.body {
        case .emptyObject:
            return body(Self.emptyObject.span.bytes)
        case .value(let range):
            return withValue { value in
                guard let value else { return body(RawSpan()) }
                return body(value.extracting(range))
            }
        }
    }

    private static let emptyObject = Array("{}".utf8)
}
