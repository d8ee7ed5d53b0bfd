import RelayCore

/// What passes through a relay: an order as a shop sends it, its answer, its reply.
enum Sample {
    /// About 300 bytes with what makes escaping real: quotes, backslashes, a newline, Chinese text.
    static let order = Array(
        """
        {"orderId":"0000000000000042","openid":"oUpF8uMuAJO_M2pxb1Q9zNjWeS6o","event":"order.paid","amount":294,\
        "currency":"CNY","note":"订单已支付，请尽快发货\\n谢谢","path":"pages\\\\order\\\\detail",\
        "items":[{"sku":"A-0042","count":3},{"sku":"B-0042","count":1}],"tags":["vip","new"]}
        """.utf8
    )

    /// About 64 KiB: many orders.
    static let large: [UInt8] = {
        var text = Array("{\"orders\":[".utf8)
        while text.count < 64 << 10 { text += order + [UInt8(ascii: ",")] }
        return text + Array("{}],\"last\":true}".utf8)
    }()

    static let pipeline = PipelinePolicy(
        name: "orders",
        app: 0,
        environment: "prod-1a2b",
        function: "createOrder",
        request: RequestPolicy(topics: ["requests"]),
        replyTopic: "replies"
    )

    private static let headers = [
        (name: Array("correlation-id".utf8), value: Array("c00000000000002a".utf8)),
        (
            name: Array("traceparent".utf8),
            value: Array("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01".utf8)
        ),
    ]

    static func decode(
        _ value: [UInt8],
        _ pipeline: PipelinePolicy,
        _ decoder: inout RequestDecoder,
        _ head: inout RequestHead
    ) -> Decoding {
        decoder.begin()
        for header in headers { decoder.header(name: header.name.span.bytes, value: header.value.span.bytes) }
        return decoder.finish(
            value: value.span.bytes,
            topic: "requests",
            partition: 3,
            offset: 123_456,
            timestamp: WallTime(milliseconds: 1_700_020_800_000),
            now: WallTime(milliseconds: 1_700_020_800_123),
            pipeline: pipeline,
            callStyle: .query,
            into: &head
        )
    }

    /// A success with the text as `resp_data`.
    static func answer(_ text: [UInt8]) -> [UInt8] {
        var body = Array("{\"errcode\":0,\"errmsg\":\"ok\",\"resp_data\":\"".utf8)
        for byte in text {
            if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { body.append(UInt8(ascii: "\\")) }
            body.append(byte)
        }
        return body + Array("\"}".utf8)
    }

    static let success = facts(reason: nil, outcomeClass: .success, errcode: 0)
    static let failure = facts(reason: .permanent, outcomeClass: .functionFailed, errcode: -504_002)

    private static func facts(reason: FailureReason?, outcomeClass: OutcomeClass, errcode: Int64) -> ReplyFacts {
        var facts = ReplyFacts(
            reason: reason,
            outcomeClass: outcomeClass,
            attempts: 1,
            invocationsPossible: 1,
            app: "main",
            environment: "prod-1a2b",
            function: "createOrder",
            duration: .milliseconds(123),
            receivedAt: WallTime(milliseconds: 1_700_020_800_123),
            endedAt: WallTime(milliseconds: 1_700_020_800_246)
        )
        facts.errcode = errcode
        if reason != nil {
            facts.errorMessage = "functions execute fail rid: 5f3c1a2b-0a1b2c3d-4e5f6a7b"
            facts.requestId = "5f3c1a2b-0a1b2c3d-4e5f6a7b"
        }
        return facts
    }

    /// Every other record is done, some of the others were called.
    static func commit(open count: Int) -> CommitMetadata {
        let base: Int64 = 123_456
        return CommitMetadata(
            place: CommitMetadata.place(topic: "requests", partition: 3),
            base: Offset(base),
            admissionLimit: Offset(base + 3_000),
            nonce: 42,
            isClean: false,
            baseTimestamp: WallTime(milliseconds: 1_700_020_800_000),
            highestDone: SeenRecord(
                offset: Offset(base + 2 * Int64(count)),
                timestamp: WallTime(milliseconds: 1_700_020_801_000)
            ),
            open: (0..<Int64(count)).map { index in
                let history = index % 16 == 0 ? CallHistory(attempts: 1, invocationsPossible: 1) : nil
                return OpenRecord(offset: Offset(base + 2 * index), history: history)
            }
        )
    }
}
