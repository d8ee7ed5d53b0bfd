/// The value of a failure's reply: a JSON object with its members in the contract's order.
package enum FailureDocument {
    /// How much of an answer that was too large for Kafka its document keeps.
    package static let answerBytesKept = 4_096

    /// Appends the document to `output`.
    ///
    /// Members without a fact are left out: without an answer there is no `errcode` and no `rid`. Two members may
    /// follow `source`: `excerpt`, the redacted start of an answer that could not be read, and `respDataStart`.
    ///
    /// - Parameters:
    ///   - facts: How the request ended; a reason is expected.
    ///   - head: The request's head, for its correlation id.
    ///   - source: Where the request lies.
    ///   - respData: For `reply_too_large` the answer that was too large: `respDataStart` holds its first 4 KiB, cut at
    ///     a character boundary, bytes that are no UTF-8 replaced by U+FFFD.
    ///   - output: What the document is appended to.
    package static func write(
        _ facts: ReplyFacts,
        _ head: borrowing RequestHead,
        _ source: RecordSource,
        respData: RawSpan? = nil,
        into output: inout [UInt8]
    ) {
        // The writer takes the buffer over, so that appending never copies it.
        var given: [UInt8] = []
        swap(&given, &output)
        var writer = JSONWriter(appendingTo: given)
        writer.beginObject()
        writer.member("status", facts.status.rawValue)
        writeCorrelationId(head, &writer)
        writer.member("class", facts.outcomeClass.rawValue)
        if let reason = facts.reason { writer.member("reason", reason.rawValue) }
        if let errcode = facts.errcode { writer.member("errcode", errcode) }
        if let message = facts.errorMessage { writer.member("errmsg", message) }
        if let requestId = facts.requestId { writer.member("rid", requestId) }
        writer.member("app", facts.app)
        writer.member("env", facts.environment)
        writer.member("function", facts.function)
        writer.member("attempts", facts.attempts)
        if let reason = facts.reason { writer.member("retryable", reason.isRetryable) }
        writer.member("invocationsPossible", facts.invocationsPossible)
        writer.member("receivedAt", RFC3339.string(facts.receivedAt))
        writer.member("failedAt", RFC3339.string(facts.endedAt))
        writer.beginObject("source")
        writer.member("topic", source.topic)
        writer.member("partition", source.partition)
        writer.member("offset", source.offset)
        writer.endObject()
        if let excerpt = facts.excerpt { writer.member("excerpt", excerpt) }
        if let respData {
            let length = UTF8Text.length(of: respData, cutTo: answerBytesKept)
            writer.member("respDataStart", text: respData.extracting(0..<length))
        }
        writer.endObject()
        output = writer.bytes
    }

    private static func writeCorrelationId(_ head: borrowing RequestHead, _ writer: inout JSONWriter) {
        let correlationId = head.bytes.span.bytes.extracting(head.correlationId)
        if UTF8Text.isValid(correlationId) {
            writer.member("correlationId", text: correlationId)
        } else {
            var text: [UInt8] = []
            Base64.append(correlationId, into: &text)
            writer.member("correlationIdBase64", text: text.span.bytes)
        }
    }
}
