import RelayCore
import Testing

@Suite("Rejections") struct RejectionTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        let record: @Sendable () -> RecordFixture
        let expected: String

        init(_ name: String, _ record: @escaping @Sendable () -> RecordFixture, _ expected: String) {
            self.name = name
            self.record = record
            self.expected = expected
        }

        var testDescription: String { name }
    }

    static let place = "(request orders.requests/3/42)"

    static let values: [Case] = [
        Case(
            "null",
            { RecordFixture(value: nil) },
            "invalid_request: the value is null, and pipeline orders has request.on-null: fail; "
                + "send the function's input, or set on-null to skip or empty-object \(place)"
        ),
        Case(
            "empty",
            { RecordFixture(value: "") },
            "invalid_request: the value is empty, which WeChat refuses with 44002; "
                + "send the function's input, {} when it needs none \(place)"
        ),
        Case(
            "empty envelope",
            { RecordFixture(envelope: "") },
            "invalid_request: the value is empty, which WeChat refuses with 44002; "
                + "send the function's input, {} when it needs none \(place)"
        ),
        Case(
            "envelope without data",
            { RecordFixture(envelope: #"{"function":"login"}"#) },
            "invalid_request: the envelope has no data, and pipeline orders has request.on-null: fail; "
                + "send the function's input, or set on-null to skip or empty-object \(place)"
        ),
        Case(
            "no object",
            { RecordFixture(envelope: " [1]") },
            "invalid_request: the value is not the JSON object that request.format: envelope asks for: "
                + #"no object begins at byte 1; send {"data": …}, or set the format to raw \#(place)"#
        ),
        Case(
            "no JSON",
            { RecordFixture(envelope: #"{"data":tru}"#) },
            "invalid_request: the value is not the JSON object that request.format: envelope asks for: "
                + #"byte 11 is not JSON; send {"data": …}, or set the format to raw \#(place)"#
        ),
        Case(
            "text behind the object",
            { RecordFixture(envelope: #"{"data":1} x"#) },
            "invalid_request: the value is not the JSON object that request.format: envelope asks for: "
                + #"byte 11 is not JSON; send {"data": …}, or set the format to raw \#(place)"#
        ),
        Case(
            "cut off",
            { RecordFixture(envelope: #"{"data":{}"#) },
            "invalid_request: the value is not the JSON object that request.format: envelope asks for: "
                + #"it ends too early; send {"data": …}, or set the format to raw \#(place)"#
        ),
        Case(
            "cut off behind a member of the wrong kind",
            { RecordFixture(envelope: #"{"function":7,"data":{}"#) },
            "invalid_request: the value is not the JSON object that request.format: envelope asks for: "
                + #"it ends too early; send {"data": …}, or set the format to raw \#(place)"#
        ),
        Case(
            "too deep",
            { RecordFixture(envelope: #"{"data":"# + String(repeating: "[", count: 200)) },
            "invalid_request: the value is not the JSON object that request.format: envelope asks for: at byte 135 it "
                + #"is nested deeper than 128 levels; send {"data": …}, or set the format to raw \#(place)"#
        ),
        Case(
            "a member of the wrong kind",
            { RecordFixture(envelope: #"{"data":1,"correlationId":["a"]}"#) },
            "invalid_request: envelope member correlationId is an array; make it a string \(place)"
        ),
        Case(
            "a number for a name",
            { RecordFixture(envelope: #"{"data":1,"function":7}"#) },
            "invalid_request: envelope member function is a number; make it a string \(place)"
        ),
        Case(
            "an object for a partition",
            { RecordFixture(envelope: #"{"data":1,"replyPartition":{}}"#) },
            "invalid_request: envelope member replyPartition is an object; make it a number or a string \(place)"
        ),
        Case(
            "true for a deadline",
            { RecordFixture(envelope: #"{"data":1,"deadline":true}"#) },
            "invalid_request: envelope member deadline is true; make it a number or a string \(place)"
        ),
        Case(
            "false for a time to live",
            { RecordFixture(envelope: #"{"data":1,"ttl":false}"#) },
            "invalid_request: envelope member ttl is false; make it a string \(place)"
        ),
    ]

    static let names: [Case] = [
        Case(
            "function not admitted",
            { RecordFixture(("wxrelay-function", "deleteAll")) },
            "not_allowed: header wxrelay-function names 'deleteAll', which the allow-list does not admit; "
                + "add it to pipelines.orders.allow.functions, or name nothing for the pipeline's own \(place)"
        ),
        Case(
            "function not admitted by the envelope",
            { RecordFixture(envelope: #"{"data":1,"function":"deleteAll"}"#) },
            "not_allowed: envelope member function names 'deleteAll', which the allow-list does not admit; "
                + "add it to pipelines.orders.allow.functions, or name nothing for the pipeline's own \(place)"
        ),
        Case(
            "a parameter in a function's name, which a glob would admit",
            { RecordFixture(("wxrelay-function", "log&env=b")) },
            "invalid_request: header wxrelay-function is 'log&env=b'; "
                + "a function name is a letter and up to 59 letters, digits, - or _ \(place)"
        ),
        Case(
            "empty function",
            { RecordFixture(("wxrelay-function", "")) },
            "invalid_request: header wxrelay-function is ''; "
                + "a function name is a letter and up to 59 letters, digits, - or _ \(place)"
        ),
        Case(
            "environment not admitted",
            { RecordFixture(("wxrelay-env", "test-10")) },
            "not_allowed: header wxrelay-env names 'test-10', which the allow-list does not admit; "
                + "add it to pipelines.orders.allow.envs, or name nothing for the pipeline's own \(place)"
        ),
        Case(
            "capital letter in an environment",
            { RecordFixture(("wxrelay-env", "test-A")) },
            "invalid_request: header wxrelay-env is 'test-A'; "
                + "an environment id is 1 to 64 small letters, digits or - \(place)"
        ),
        Case(
            "reply topic not admitted",
            { RecordFixture(("reply-topic", "elsewhere")) },
            "not_allowed: header reply-topic names 'elsewhere', which the allow-list does not admit; "
                + "add it to pipelines.orders.allow.reply-topics, or name nothing for the pipeline's own \(place)"
        ),
        Case(
            "internal reply topic that the list admits",
            { RecordFixture(("kafka_replyTopic", "__consumer_offsets")) },
            "not_allowed: header kafka_replyTopic names '__consumer_offsets', an internal topic, which never receives "
                + "replies; name another topic, or none for the pipeline's own \(place)"
        ),
        Case(
            "consumed reply topic that the list admits",
            { RecordFixture(("wxrelay-reply-topic", "mail.requests")) },
            "not_allowed: header wxrelay-reply-topic names 'mail.requests', whose records a pipeline takes for "
                + "requests; name another topic, or none for the pipeline's own \(place)"
        ),
        Case(
            "no topic name",
            { RecordFixture(("wxrelay-reply-topic", "replies.a b")) },
            "invalid_request: header wxrelay-reply-topic is 'replies.a b'; "
                + "a topic name is 1 to 249 printable ASCII characters \(place)"
        ),
        Case(
            "partition in words",
            { RecordFixture(("wxrelay-reply-partition", "two")) },
            "invalid_request: header wxrelay-reply-partition is 'two', not a partition number; "
                + "send a decimal number from 0 to 2147483647 \(place)"
        ),
        Case(
            "fraction of a partition",
            { RecordFixture(envelope: #"{"data":1,"replyPartition":1.5}"#) },
            "invalid_request: envelope member replyPartition is '1.5', not a partition number; "
                + "send a decimal number from 0 to 2147483647 \(place)"
        ),
        Case(
            "Spring's partition in text",
            { RecordFixture(("kafka_replyPartition", "12")) },
            "invalid_request: header kafka_replyPartition of 2 bytes is not a partition number; "
                + "send it as 4 bytes, big-endian, not negative \(place)"
        ),
        Case(
            "duration without unit",
            { RecordFixture(("wxrelay-ttl", "30")) },
            "invalid_request: header wxrelay-ttl is '30', not a duration; "
                + "send a whole number with ms, s, m or h, such as 30s \(place)"
        ),
        Case(
            "deadline in words",
            { RecordFixture(("wxrelay-deadline", "tomorrow")) },
            "invalid_request: header wxrelay-deadline is 'tomorrow', not a point in time; "
                + "send RFC 3339, such as 2030-01-31T12:00:00Z, or milliseconds since 1970 \(place)"
        ),
    ]

    @Test("a message says what is wrong, what to do and where", arguments: values + names)
    func message(rejected: Case) {
        let decoding = rejected.record().decoded().decoding
        guard case .rejected(let rejection) = decoding else {
            Issue.record("it is \(decoding)")
            return
        }
        #expect(rejection.description == rejected.expected)
    }

    @Test("quoted text is cut at a character, valid UTF-8 and free of control characters")
    func quotation() {
        var record = RecordFixture()
        let long = Array(String(repeating: "你", count: 30).utf8)
        record.headers = [(name: "wxrelay-function", value: long)]
        #expect(message(record).contains("is '" + String(repeating: "你", count: 21) + "…';"))
        record.headers = [(name: "wxrelay-function", value: [0x61, 0x0A, 0x1B, 0x5B, 0xFF, 0x62])]
        #expect(message(record).contains("is 'a\u{FFFD}\u{FFFD}[\u{FFFD}b';"))
        record.headers = [(name: "wxrelay-function", value: Array("a\u{202E}b\u{2028}".utf8))]
        #expect(message(record).contains("is 'a\u{FFFD}b\u{FFFD}';"))
    }

    @Test("the first fault is named, and the head keeps what is sound")
    func firstFault() {
        let record = RecordFixture(
            ("correlation-id", "who asks"),
            ("reply-topic", "elsewhere"),
            ("wxrelay-reply-partition", "4"),
            ("wxrelay-function", "deleteAll"),
            ("wxrelay-env", "test-1"),
            ("wxrelay-deadline", "7")
        )
        let (decoding, head) = record.decoded()
        guard case .rejected(let rejection) = decoding else {
            Issue.record("it is \(decoding)")
            return
        }
        #expect(rejection.message.hasPrefix("header reply-topic names 'elsewhere'"))
        #expect(head.correlationText == "who asks")
        #expect(head.replyTopic == nil)
        #expect(head.replyPartition == nil, "the partition was meant for the topic that was refused")
        #expect(head.function == nil)
        #expect(head.environment == "test-1")
        #expect(head.deadline == WallTime(milliseconds: 7))
    }

    @Test("a bad partition leaves the topic that was named with it")
    func badPartition() {
        let record = RecordFixture(("reply-topic", "replies.a"), ("wxrelay-reply-partition", "-1"))
        let (decoding, head) = record.decoded()
        #expect(decoding != .request)
        #expect(head.replyTopic == "replies.a")
        #expect(head.replyPartition == nil)
    }

    @Test(
        "Spring's partition is 4 bytes, not negative",
        arguments: [
            ([0, 0, 0, 0] as [UInt8], Int32?(0)), ([0x7F, 0xFF, 0xFF, 0xFF], .max), ([0x80, 0, 0, 0], nil), ([], nil),
            ([0, 0, 0], nil), ([0, 0, 0, 0, 1], nil),
        ]
    )
    func springPartition(bytes: [UInt8], expected: Int32?) {
        var record = RecordFixture()
        record.headers = [(name: "kafka_replyPartition", value: bytes)]
        let (decoding, head) = record.decoded()
        #expect(head.replyPartition == expected)
        #expect((decoding == .request) == (expected != nil))
    }

    @Test(
        "names have the form that WeChat and Kafka give them",
        arguments: [
            ("wxrelay-function", "a", true), ("wxrelay-function", "Z9_-", true), ("wxrelay-function", "9a", false),
            ("wxrelay-function", "-a", false), ("wxrelay-function", String(repeating: "a", count: 60), true),
            ("wxrelay-function", String(repeating: "a", count: 61), false), ("wxrelay-function", "a@", false),
            ("wxrelay-function", "a[", false), ("wxrelay-function", "a`", false), ("wxrelay-function", "a{", false),
            ("wxrelay-function", "登录", false), ("wxrelay-env", "-", true), ("wxrelay-env", "0-z", true),
            ("wxrelay-env", String(repeating: "a", count: 64), true), ("wxrelay-env", "", false),
            ("wxrelay-env", String(repeating: "a", count: 65), false), ("wxrelay-env", "a_b", false),
            ("wxrelay-env", "`", false), ("reply-topic", ".", true), ("reply-topic", "a b", false),
            ("reply-topic", "...", true), ("reply-topic", "_a-b.C", true), ("reply-topic", "a/b", true),
            ("reply-topic", String(repeating: "a", count: 249), true),
            ("reply-topic", String(repeating: "a", count: 250), false), ("reply-topic", "", false),
        ]
    )
    func wellFormed(header: String, name: String, isWellFormed: Bool) {
        var record = RecordFixture((header, name))
        record.pipeline.allow = AllowList(functions: ["*"], environments: ["*"], replyTopics: ["*"])
        #expect((record.decoded().decoding == .request) == isWellFormed)
    }

    @Test(
        "without a list nothing but the pipeline's own is admitted",
        arguments: ["wxrelay-function", "wxrelay-env", "reply-topic"]
    )
    func emptyList(header: String) {
        var record = RecordFixture((header, "other"))
        record.pipeline.allow = AllowList()
        guard case .rejected(let rejection) = record.decoded().decoding else {
            Issue.record("it is a request")
            return
        }
        #expect(rejection.reason == .notAllowed)
    }

    private func message(_ record: RecordFixture) -> String {
        guard case .rejected(let rejection) = record.decoded().decoding else { return "not rejected" }
        return rejection.message
    }

    @Test("in body style the input has to be UTF-8, which a JSON string is made of; in query style it need not")
    func bodyStyle() {
        var record = RecordFixture()
        record.value = [0x7B, 0xFF, 0x7D]
        #expect(record.decoded().decoding == .request)
        record.callStyle = .body
        guard case .rejected(let rejection) = record.decoded().decoding else {
            Issue.record("bytes that are no UTF-8 were taken")
            return
        }
        #expect(
            "\(rejection)" == "invalid_request: the value is not UTF-8, and call-style: body sends it as a JSON string;"
                + " send UTF-8, or set apps.*.call-style to query \(Self.place)"
        )
        record.value = Array("{\"a\":\"你😀\u{0}\"} and no JSON".utf8)
        #expect(record.decoded().decoding == .request)
        var envelope = RecordFixture(envelope: "{\"data\":\"你\"}")
        envelope.callStyle = .body
        #expect(envelope.decoded().decoding == .request)
    }
}
