import RelayCore
import Testing

@Suite("Precedence of headers and members") struct RequestPrecedenceTests {
    static let correlationNames = [
        "wxrelay-correlation-id", "correlation-id", "correlationId", "kafka_correlationId", "ce_id",
    ]
    static let replyTopicNames = ["wxrelay-reply-topic", "reply-topic", "kafka_replyTopic"]

    /// Every subset of the names, each in both orders of arrival.
    static func subsets(of names: [String]) -> [[String]] {
        (0..<1 << names.count).flatMap { mask in
            let chosen = names.indices.filter { mask >> $0 & 1 == 1 }.map { names[$0] }
            return [chosen, chosen.reversed()]
        }
    }

    @Test(
        "the first correlation header of the table counts, whatever the order",
        arguments: subsets(of: correlationNames)
    )
    func correlation(present: [String]) {
        var record = RecordFixture()
        record.headers = present.map { (name: $0, value: Array("id of \($0)".utf8)) }
        let (decoding, head) = record.decoded()
        let first = Self.correlationNames.first { present.contains($0) }
        #expect(decoding == .request)
        #expect(head.correlationText == first.map { "id of \($0)" } ?? "orders.requests-3-42")
        let spring = present.contains("kafka_correlationId") ? "id of kafka_correlationId" : nil
        #expect(head.text(head.springCorrelation) == spring)
    }

    @Test("the envelope's correlation id counts before every header", arguments: subsets(of: correlationNames))
    func envelopeCorrelation(present: [String]) {
        var record = RecordFixture(envelope: #"{"correlationId":"from the envelope","data":{}}"#)
        record.headers = present.map { (name: $0, value: Array("id of \($0)".utf8)) }
        #expect(record.decoded().head.correlationText == "from the envelope")
    }

    @Test(
        "the first reply topic header of the table counts, whatever the order",
        arguments: subsets(of: replyTopicNames)
    )
    func replyTopic(present: [String]) {
        var record = RecordFixture()
        record.headers = present.map { (name: $0, value: Array("replies.\($0)".utf8)) }
        let (decoding, head) = record.decoded()
        #expect(decoding == .request)
        #expect(head.replyTopic == Self.replyTopicNames.first { present.contains($0) }.map { "replies.\($0)" })
    }

    @Test("a text partition counts before Spring's, in both orders", arguments: [false, true])
    func replyPartition(springFirst: Bool) {
        var record = RecordFixture()
        record.headers = [
            (name: "wxrelay-reply-partition", value: Array("7".utf8)),
            (name: "kafka_replyPartition", value: [0, 0, 1, 2]),
        ]
        if springFirst { record.headers.reverse() }
        #expect(record.decoded().head.replyPartition == 7)
        record.headers.removeAll { $0.name.hasPrefix("wxrelay") }
        #expect(record.decoded().head.replyPartition == 258)
        record.headers = []
        #expect(record.decoded().head.replyPartition == nil)
    }

    @Test("a deadline counts before a time to live, a member before a header")
    func deadline() {
        let both = RecordFixture(("wxrelay-ttl", "30s"), ("wxrelay-deadline", "7"))
        #expect(both.decoded().head.deadline == WallTime(milliseconds: 7))
        let members = RecordFixture(
            envelope: #"{"data":1,"ttl":"1s","deadline":9}"#,
            ("wxrelay-deadline", "7")
        )
        #expect(members.decoded().head.deadline == WallTime(milliseconds: 9))
        let timeToLive = RecordFixture(envelope: #"{"data":1,"ttl":"1s"}"#, ("wxrelay-deadline", "7"))
        #expect(timeToLive.decoded().head.deadline == WallTime(milliseconds: 1_001_000))
        let header = RecordFixture(envelope: #"{"data":1}"#, ("wxrelay-deadline", "7"))
        #expect(header.decoded().head.deadline == WallTime(milliseconds: 7))
    }

    @Test("members count before headers, headers where there is no member")
    func members() {
        let record = RecordFixture(
            envelope: #"{"function":"login","data":1,"replyTopic":"replies.b","replyPartition":2}"#,
            ("wxrelay-function", "logout"),
            ("wxrelay-env", "test-2"),
            ("reply-topic", "replies.a"),
            ("wxrelay-reply-partition", "1")
        )
        let (decoding, head) = record.decoded()
        #expect(decoding == .request)
        #expect(head.function == "login")
        #expect(head.environment == "test-2")
        #expect(head.replyTopic == "replies.b")
        #expect(head.replyPartition == 2)
    }

    @Test("of several headers of one name the last counts, in any letter case")
    func lastOfOneName() {
        let record = RecordFixture(
            ("Correlation-ID", "one"),
            ("correlation-id", "two"),
            ("WXRELAY-FUNCTION", "login"),
            ("wxrelay-function", "logout"),
            ("wxrelay-env", "test-1"),
            ("Wxrelay-Env", "test-2")
        )
        let head = record.decoded().head
        #expect(head.correlationText == "two")
        #expect(head.function == "logout")
        #expect(head.environment == "test-2")
    }

    @Test("every name is known in any letter case, and nothing that is nearly one", arguments: RequestHeader.allCases)
    func names(header: RequestHeader) {
        let name = Array("\(header.name)".utf8)
        let known = { (name: [UInt8]) in RequestHeader.named(name.span.bytes) }
        #expect(known(name) == header)
        #expect(known(Array("\(header.name)".uppercased().utf8)) == header)
        for index in name.indices {
            var changed = name
            changed[index] ^= 0x40
            #expect(known(changed) == nil, "\(String(decoding: changed, as: UTF8.self))")
            // The bit that tells small letters from capitals tells other characters apart.
            changed[index] ^= 0x60
            let isLetter = Character(Unicode.Scalar(name[index])).isLetter
            #expect((known(changed) == header) == isLetter, "\(String(decoding: changed, as: UTF8.self))")
        }
        #expect(known(name + [0x73]) == nil)
        #expect(known(Array(name.dropFirst())) == nil)
    }

    @Test("a null header counts as absent: the one before it stands, or the next name")
    func nullHeader() {
        let record = RecordFixture(
            ("wxrelay-correlation-id", nil),
            ("correlation-id", "kept"),
            ("correlation-id", nil),
            ("wxrelay-function", nil),
            ("wxrelay-deadline", nil)
        )
        let (decoding, head) = record.decoded()
        #expect(decoding == .request)
        #expect(head.correlationText == "kept")
        #expect(head.function == nil)
        #expect(head.deadline == nil)
    }

    @Test("an empty correlation id or trace counts as absent")
    func emptyIdentity() {
        let record = RecordFixture(
            ("wxrelay-correlation-id", ""),
            ("kafka_correlationId", ""),
            ("ce_id", "event 7"),
            ("traceparent", ""),
            ("tracestate", "")
        )
        let (decoding, head) = record.decoded()
        #expect(decoding == .request)
        #expect(head.correlationText == "event 7")
        #expect(head.springCorrelation == nil)
        #expect(head.traceparent == nil)
        #expect(head.tracestate == nil)
        let envelope = RecordFixture(envelope: #"{"correlationId":"","data":1}"#, ("ce_id", "event 8"))
        #expect(envelope.decoded().head.correlationText == "event 8")
    }
}
