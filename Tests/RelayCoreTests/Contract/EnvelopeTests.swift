import RelayCore
import Testing

@Suite("Envelope") struct EnvelopeTests {
    @Test(
        "the bytes of data go out as they stand",
        arguments: [
            (#"{"data":{"a" : 1.0e2,"b":"\u00e9"}}"#, #"{"a" : 1.0e2,"b":"\u00e9"}"#),
            (#"{"data":"text"}"#, #""text""#),
            (#"{"data":""}"#, #""""#),
            (#"{"data":"a\"b"}"#, #""a\"b""#),
            (#"{"data": -0.5 }"#, "-0.5"),
            (#"{"data":false,"other":{"data":2}}"#, "false"),
            (#"{"data":[null]}"#, "[null]"),
            (#"{"data":1,"data":2}"#, "2"),
            (#"{"data":null,"data":{}}"#, "{}"),
            (#"{"\u0064ata":7}"#, "7"),
            (#"{"Data":8,"data":7}"#, "7"),
        ]
    )
    func body(envelope: String, expected: String) {
        let record = RecordFixture(envelope: envelope)
        let (decoding, head) = record.decoded()
        #expect(decoding == .request)
        #expect(record.body(of: head) == expected)
    }

    @Test("all members are read, others ignored, escapes undone")
    func members() {
        let record = RecordFixture(
            envelope: #"{"correlationId":"\u4f60\n","function":"log\u0069n","env":"test-9","data":1,"#
                + #""replyTopic":"replies.x","unknown":[{"function":"x"}]}"#
        )
        let (decoding, head) = record.decoded()
        #expect(decoding == .request)
        #expect(head.correlationText == "你\n")
        #expect(head.function == "login")
        #expect(head.environment == "test-9")
        #expect(head.replyTopic == "replies.x")
    }

    @Test("of repeated members the last counts, a null one as absent")
    func repeated() {
        let record = RecordFixture(
            envelope: #"{"function":3,"function":"login","env":"test-1","env":null,"data":1}"#,
            ("wxrelay-env", "test-2")
        )
        let (decoding, head) = record.decoded()
        #expect(decoding == .request)
        #expect(head.function == "login")
        #expect(head.environment == "test-2")
    }

    @Test(
        "a partition and a deadline may be numbers or strings",
        arguments: [
            #"{"replyPartition":5,"deadline":77,"data":1}"#, #"{"replyPartition":"5","deadline":"77","data":1}"#,
        ]
    )
    func numbers(envelope: String) {
        let (decoding, head) = RecordFixture(envelope: envelope).decoded()
        #expect(decoding == .request)
        #expect(head.replyPartition == 5)
        #expect(head.deadline == WallTime(milliseconds: 77))
    }

    @Test("of a broken envelope the members before the break still say who asks")
    func broken() {
        let record = RecordFixture(
            envelope: #"{"correlationId":"inner","replyTopic":"replies.x","data":{}"#,
            ("correlation-id", "outer")
        )
        let (decoding, head) = record.decoded()
        guard case .rejected(let rejection) = decoding else {
            Issue.record("it is \(decoding)")
            return
        }
        #expect(rejection.reason == .invalidRequest)
        #expect(head.correlationText == "inner")
        #expect(head.replyTopic == "replies.x")
        let foreign = RecordFixture(envelope: "<html>", ("correlation-id", "outer"))
        #expect(foreign.decoded().head.correlationText == "outer")
    }

    @Test("an envelope's members are read although its data is missing")
    func rejectedWithMembers() {
        let record = RecordFixture(envelope: #"{"correlationId":"inner","replyTopic":"replies.x"}"#)
        let (decoding, head) = record.decoded()
        #expect(decoding != .request)
        #expect(head.correlationText == "inner")
        #expect(head.replyTopic == "replies.x")
    }
}
