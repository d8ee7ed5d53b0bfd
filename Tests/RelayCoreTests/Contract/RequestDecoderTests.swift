import RelayCore
import Testing

@Suite("Request decoder") struct RequestDecoderTests {
    @Test("a record without headers is a request for the pipeline's own function")
    func plain() {
        let record = RecordFixture(value: #" {"a": 1} "#)
        let (decoding, head) = record.decoded()
        #expect(decoding == .request)
        #expect(record.body(of: head) == #" {"a": 1} "#)
        #expect(head.correlationText == "orders.requests-3-42")
        #expect(head.springCorrelation == nil)
        #expect(head.function == nil)
        #expect(head.environment == nil)
        #expect(head.replyTopic == nil)
        #expect(head.replyPartition == nil)
        #expect(head.deadline == nil)
        #expect(head.timestamp == WallTime(milliseconds: 1_000_000))
    }

    @Test("a binary correlation id passes unchanged, Spring's beside the one that counts")
    func binaryCorrelation() {
        let uuid: [UInt8] = [0x00, 0xFF, 0x80, 0x0A, 0x22, 0xC3, 0x28, 0xF5, 1, 2, 3, 4, 5, 6, 7, 8]
        var record = RecordFixture()
        record.headers = [(name: "kafka_correlationId", value: uuid)]
        let alone = record.decoded().head
        #expect(Array(alone.bytes[alone.correlationId]) == uuid)
        #expect(alone.springCorrelation.map { Array(alone.bytes[$0]) } == uuid)
        record.headers.append((name: "correlation-id", value: Array("mine".utf8)))
        let both = record.decoded().head
        #expect(both.correlationText == "mine")
        #expect(both.springCorrelation.map { Array(both.bytes[$0]) } == uuid)
        let lent = alone.withCorrelationId { span in span.withUnsafeBytes { Array($0) } }
        #expect(lent == uuid)
    }

    @Test("the trace passes through as it is")
    func trace() {
        let parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
        let head = RecordFixture(("traceparent", parent), ("TraceState", "a=1,b=2")).decoded().head
        #expect(head.text(head.traceparent) == parent)
        #expect(head.text(head.tracestate) == "a=1,b=2")
    }

    @Test("a name that the list spells out is the configuration's too, one that a glob admits is the record's alone")
    func namedByRecord() {
        let spelt = RecordFixture(("wxrelay-function", "cancelOrder")).decoded().head
        #expect(spelt.function == "cancelOrder")
        #expect(!spelt.functionNamedByRecord)
        let matched = RecordFixture(("wxrelay-function", "login"), ("wxrelay-env", "test-3")).decoded().head
        #expect(matched.function == "login")
        #expect(matched.functionNamedByRecord)
        #expect(matched.environment == "test-3")
        #expect(matched.environmentNamedByRecord)
    }

    @Test("the pipeline's own names need no list and change nothing")
    func defaults() {
        var record = RecordFixture(
            ("wxrelay-function", "createOrder"),
            ("wxrelay-env", "prod-1a2b"),
            ("reply-topic", "orders.replies")
        )
        record.pipeline.allow = AllowList()
        let (decoding, head) = record.decoded()
        #expect(decoding == .request)
        #expect(head.function == nil)
        #expect(!head.functionNamedByRecord)
        #expect(head.environment == nil)
        #expect(head.replyTopic == nil)
    }

    @Test(
        "a null value means what on-null says",
        arguments: [(NullValueRule.skip, Decoding.skipped), (.emptyObject, .request)]
    )
    func null(rule: NullValueRule, expected: Decoding) {
        var record = RecordFixture(value: nil)
        record.pipeline.request.onNull = rule
        var envelope = RecordFixture(envelope: #"{"data":null}"#)
        envelope.pipeline.request.onNull = rule
        var bare = RecordFixture(envelope: "{}")
        bare.pipeline.request.onNull = rule
        for fixture in [record, envelope, bare] {
            let (decoding, head) = fixture.decoded()
            #expect(decoding == expected)
            if expected == .request { #expect(head.body == .emptyObject) }
        }
    }

    @Test("a tombstone to skip is skipped whatever its headers say")
    func skippedWithBadHeaders() {
        var record = RecordFixture(("wxrelay-function", "no such!"), value: nil)
        record.pipeline.request.onNull = .skip
        #expect(record.decoded().decoding == .skipped)
    }

    @Test(
        "durations count from the record's timestamp, but never from the future",
        arguments: [
            (Int64?(1_000_000), Int64(1_030_000)), (1_000_500, 1_030_500), (9_999_999, 1_030_500), (nil, 1_030_500),
        ]
    )
    func timeToLive(timestamp: Int64?, expected: Int64) {
        var record = RecordFixture(("wxrelay-ttl", "30s"))
        record.timestamp = timestamp.map { WallTime(milliseconds: $0) }
        #expect(record.decoded().head.deadline == WallTime(milliseconds: expected))
        #expect(record.decoded().head.timestamp == record.timestamp)
        record.headers = []
        record.pipeline.request.deadline = .seconds(30)
        #expect(record.decoded().head.deadline == WallTime(milliseconds: expected))
    }

    @Test(
        "a deadline is RFC 3339 or milliseconds",
        arguments: [("1970-01-01T00:00:01.5Z", Int64(1_500)), ("0", 0), ("1700000000123", 1_700_000_000_123)]
    )
    func deadline(text: String, expected: Int64) {
        var record = RecordFixture(("wxrelay-deadline", text))
        record.pipeline.request.deadline = .seconds(1)
        #expect(record.decoded().head.deadline == WallTime(milliseconds: expected))
    }

    @Test("one decoder and one head read record after record and keep nothing")
    func reuse() {
        var decoder = RequestDecoder(consumedTopics: [])
        var head = RequestHead()
        let first = RecordFixture(
            envelope: #"{"function":"login","env":"test-1","replyTopic":"replies.x","replyPartition":1,"#
                + #""ttl":"1s","data":{}}"#,
            ("kafka_correlationId", "one"),
            ("traceparent", "t"),
            ("tracestate", "s")
        )
        let bad = RecordFixture(("wxrelay-ttl", "soon"))
        let plain = RecordFixture()
        #expect(first.decode(with: &decoder, into: &head) == .request)
        #expect(head == first.decoded().head)
        #expect(bad.decode(with: &decoder, into: &head) != .request)
        #expect(plain.decode(with: &decoder, into: &head) == .request)
        #expect(head == plain.decoded().head)
        head.removeAll(keepingCapacity: true)
        #expect(head == RequestHead())
    }
}
