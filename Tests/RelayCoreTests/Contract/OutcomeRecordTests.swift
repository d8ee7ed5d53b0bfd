import RelayCore
import Testing

/// Reply headers, failure documents and dead letters, each against its text.
@Suite("Reply, failure and dead letter") struct OutcomeRecordTests {
    let source = RecordSource(topic: "orders.requests", partition: 3, offset: 42)

    func facts(_ reason: FailureReason? = nil, _ outcomeClass: OutcomeClass = .success) -> ReplyFacts {
        ReplyFacts(
            reason: reason,
            outcomeClass: outcomeClass,
            attempts: 2,
            invocationsPossible: 1,
            app: "main",
            environment: "prod-1a2b",
            function: "createOrder",
            duration: .milliseconds(1_234) + .microseconds(999),
            receivedAt: WallTime(milliseconds: 1_709_210_096_789),
            endedAt: WallTime(milliseconds: 1_709_210_098_023)
        )
    }

    func answeredFailure() -> ReplyFacts {
        var facts = facts(.permanent, .functionFailed)
        facts.errcode = -504_002
        facts.errorMessage = "cloud function \"failed\"\n"
        facts.requestId = "5f3c0a1b-12345678-9abcdef0"
        return facts
    }

    @Test("a plain success has the headers of the contract and no other")
    func success() {
        var facts = facts()
        facts.errcode = 0
        #expect(
            headers(facts, RecordFixture(("correlation-id", "who asks"), ("x-other", "not copied"))) == [
                "wxrelay-status: ok", "wxrelay-correlation-id: who asks", "wxrelay-errcode: 0",
                "wxrelay-class: success",
                "wxrelay-attempts: 2", "wxrelay-invocations-possible: 1", "wxrelay-duration-ms: 1234",
                "wxrelay-source: orders.requests/3/42", "wxrelay-function: createOrder", "wxrelay-env: prod-1a2b",
            ]
        )
    }

    @Test("a failure says so, with all that the request brought along")
    func failure() {
        var facts = answeredFailure()
        facts.isLate = true
        let record = RecordFixture(("kafka_correlationId", "spring"), ("traceparent", "00-1"), ("tracestate", "a=b"))
        let error = "UNKNOWN_TOPIC_OR_PART: replies.x/7"
        #expect(
            headers(facts, record, replyError: error) == [
                "wxrelay-status: failed", "wxrelay-correlation-id: spring", "wxrelay-errcode: -504002",
                "wxrelay-class: function_failed", "wxrelay-attempts: 2", "wxrelay-invocations-possible: 1",
                "wxrelay-duration-ms: 1234", "wxrelay-source: orders.requests/3/42", "wxrelay-function: createOrder",
                "wxrelay-env: prod-1a2b", "wxrelay-late: true", "content-type: application/json",
                "wxrelay-reply-error: UNKNOWN_TOPIC_OR_PART: replies.x/7", "traceparent: 00-1", "tracestate: a=b",
                "kafka_correlationId: spring",
            ]
        )
    }

    @Test("without an answer there is no errcode")
    func withoutAnswer() {
        let lines = headers(facts(.invalidRequest, .permanentRequest), RecordFixture())
        #expect(!lines.contains { $0.hasPrefix("wxrelay-errcode") })
        #expect(lines.contains("wxrelay-class: permanent_request"))
    }

    @Test("a binary correlation id is echoed byte for byte")
    func binaryHeader() {
        var record = RecordFixture()
        record.headers = [(name: "kafka_correlationId", value: [0xFF, 0x00, 0x0A])]
        var headers = WrittenHeaders()
        ReplyHeaders.write(facts(), record.decoded().head, source, into: &headers)
        let echoed = headers.list.filter { ["wxrelay-correlation-id", "kafka_correlationId"].contains($0.name) }
        #expect(echoed.map(\.value) == [[0xFF, 0x00, 0x0A], [0xFF, 0x00, 0x0A]])
    }

    @Test("a failure document has its members in the contract's order")
    func document() {
        let document = document(answeredFailure(), RecordFixture(("correlation-id", "who \"asks\"")))
        #expect(
            document == #"{"status":"failed","correlationId":"who \"asks\"","class":"function_failed","#
                + #""reason":"permanent","errcode":-504002,"errmsg":"cloud function \"failed\"\n","#
                + #""rid":"5f3c0a1b-12345678-9abcdef0","app":"main","env":"prod-1a2b","function":"createOrder","#
                + #""attempts":2,"retryable":false,"invocationsPossible":1,"receivedAt":"2024-02-29T12:34:56.789Z","#
                + #""failedAt":"2024-02-29T12:34:58.023Z","#
                + #""source":{"topic":"orders.requests","partition":3,"offset":42}}"#
        )
    }

    @Test("without an answer the document has neither errcode nor rid, and an unreadable answer leaves an excerpt")
    func documentWithoutAnswer() {
        var facts = facts(.attemptsExhausted, .unknownOutcome)
        facts.excerpt = "<html>\u{FFFD}"
        #expect(
            document(facts, RecordFixture()) == #"{"status":"failed","correlationId":"orders.requests-3-42","#
                + #""class":"unknown_outcome","reason":"attempts_exhausted","app":"main","env":"prod-1a2b","#
                + #""function":"createOrder","attempts":2,"retryable":true,"invocationsPossible":1,"#
                + #""receivedAt":"2024-02-29T12:34:56.789Z","failedAt":"2024-02-29T12:34:58.023Z","#
                + #""source":{"topic":"orders.requests","partition":3,"offset":42},"excerpt":"<html>�"}"#
        )
    }

    @Test(
        "a correlation id that is no UTF-8 is given in base64",
        arguments: [
            ([0xFF] as [UInt8], "/w=="), ([0xFF, 0xEE], "/+4="), ([0xFF, 0xEE, 0xDD], "/+7d"),
            ([0x00, 0x10, 0x83, 0x10, 0x51, 0x87, 0x20, 0x92, 0x8B], "ABCDEFGHIJKL"),
            ([0xFB, 0xF0, 0x3E, 0xFF, 0xFF], "+/A+//8="),
        ]
    )
    func base64(id: [UInt8], expected: String) {
        var record = RecordFixture()
        record.headers = [(name: "correlation-id", value: id)]
        let text = document(facts(.permanent, .permanentRequest), record)
        #expect(text.hasPrefix(#"{"status":"failed","correlationIdBase64":"\#(expected)","class""#))
    }

    @Test(
        "an answer that was too large leaves its first 4 KiB, cut at a character",
        arguments: [
            (String(repeating: "a", count: 5_000), String(repeating: "a", count: 4_096)),
            (String(repeating: "你", count: 1_500), String(repeating: "你", count: 1_365)), ("short", "short"),
        ]
    )
    func tooLarge(answer: String, kept: String) {
        var facts = facts(.replyTooLarge)
        facts.errcode = 0
        let text = document(facts, RecordFixture(), respData: Array(answer.utf8))
        #expect(text.contains(#""class":"success","reason":"reply_too_large","errcode":0,"#))
        #expect(text.contains(#""retryable":false"#))
        #expect(text.hasSuffix(#""offset":42},"respDataStart":"\#(kept)"}"#))
    }

    @Test("a large answer that is no UTF-8 becomes valid JSON text")
    func tooLargeForeign() {
        let text = document(facts(.replyTooLarge), RecordFixture(), respData: [0xC4, 0xE3, 0x22, 0x0A])
        #expect(text.hasSuffix(#""respDataStart":"\#u{FFFD}\#u{FFFD}\"\n"}"#))
    }

    @Test("a document is appended to what the buffer holds")
    func appended() {
        var output = Array("before ".utf8)
        FailureDocument.write(
            facts(.permanent, .permanentRequest),
            RecordFixture().decoded().head,
            source,
            into: &output
        )
        #expect(String(decoding: output, as: UTF8.self).hasPrefix(#"before {"status":"#))
    }

    @Test("a dead letter says what became of its record, and where that lies")
    func deadLetter() {
        var headers = WrittenHeaders()
        DeadLetter.writeHeaders(
            answeredFailure(),
            RecordFixture().decoded().head,
            source,
            group: "orders-relay",
            into: &headers
        )
        #expect(
            headers.lines == [
                "wxrelay-dlq-reason: permanent", "wxrelay-dlq-class: function_failed",
                "wxrelay-dlq-errcode: -504002", "wxrelay-dlq-errmsg: cloud function \"failed\"\n",
                "wxrelay-dlq-rid: 5f3c0a1b-12345678-9abcdef0", "wxrelay-dlq-attempts: 2",
                "wxrelay-dlq-invocations-possible: 1", "wxrelay-dlq-source: orders.requests/3/42",
                "wxrelay-dlq-timestamp: 1000000", "wxrelay-dlq-failed-at: 2024-02-29T12:34:58.023Z",
                "wxrelay-dlq-group: orders-relay",
            ]
        )
    }

    @Test("a dead letter leaves out what is not known, and cuts its message at a character")
    func sparseDeadLetter() {
        var record = RecordFixture()
        record.timestamp = nil
        var facts = facts(.attemptsExhausted, .transient)
        facts.errorMessage = String(repeating: "你", count: 100)
        var headers = WrittenHeaders()
        DeadLetter.writeHeaders(facts, record.decoded().head, source, group: "g", into: &headers)
        #expect(
            headers.lines == [
                "wxrelay-dlq-reason: attempts_exhausted", "wxrelay-dlq-class: transient",
                "wxrelay-dlq-errmsg: " + String(repeating: "你", count: 85), "wxrelay-dlq-attempts: 2",
                "wxrelay-dlq-invocations-possible: 1", "wxrelay-dlq-source: orders.requests/3/42",
                "wxrelay-dlq-failed-at: 2024-02-29T12:34:58.023Z", "wxrelay-dlq-group: g",
            ]
        )
    }

    @Test("a dead letter for an answer that no topic took says why")
    func undeliverableAnswer() {
        var headers = WrittenHeaders()
        let head = RecordFixture().decoded().head
        DeadLetter.writeHeaders(facts(), head, source, group: "g", replyError: "E: t/1", into: &headers)
        #expect(headers.lines.first == "wxrelay-dlq-class: success")
        #expect(headers.lines.last == "wxrelay-reply-error: E: t/1")
    }

    @Test(
        "each reason is retryable or not, and has a class of its own when no answer gives one",
        arguments: [
            (FailureReason.permanent, false, OutcomeClass.permanentRequest), (.attemptsExhausted, true, .transient),
            (.budgetExhausted, true, .transient), (.deadlineExceeded, true, .transient),
            (.maybeRan, true, .unknownOutcome),
            (.invalidRequest, false, .permanentRequest), (.notAllowed, false, .permanentRequest),
            (.requestTooLarge, false, .permanentRequest), (.replyTooLarge, false, .success),
            (.cancelled, true, .transient),
        ]
    )
    func reasons(reason: FailureReason, isRetryable: Bool, outcomeClass: OutcomeClass) {
        #expect(reason.isRetryable == isRetryable)
        #expect(reason.classWithoutAnswer == outcomeClass)
    }

    @Test("the words for reasons are the contract's")
    func words() {
        #expect(
            FailureReason.allCases.map(\.rawValue) == [
                "permanent", "attempts_exhausted", "budget_exhausted", "deadline_exceeded", "maybe_ran",
                "invalid_request", "not_allowed", "request_too_large", "reply_too_large", "cancelled",
            ]
        )
    }

    private func headers(_ facts: ReplyFacts, _ record: RecordFixture, replyError: String? = nil) -> [String] {
        var headers = WrittenHeaders()
        ReplyHeaders.write(facts, record.decoded().head, source, replyError: replyError, into: &headers)
        return headers.lines
    }

    private func document(_ facts: ReplyFacts, _ record: RecordFixture, respData: [UInt8]? = nil) -> String {
        var output: [UInt8] = []
        let head = record.decoded().head
        if let respData {
            FailureDocument.write(facts, head, source, respData: respData.span.bytes, into: &output)
        } else {
            FailureDocument.write(facts, head, source, into: &output)
        }
        return String(decoding: output, as: UTF8.self)
    }
}
