import RelayCore

/// A record as a test writes it, decoded by a pipeline with known defaults.
struct RecordFixture {
    var headers: [(name: String, value: [UInt8]?)] = []
    var value: [UInt8]? = Array("{}".utf8)
    var timestamp: WallTime? = WallTime(milliseconds: 1_000_000)
    var now = WallTime(milliseconds: 1_000_500)
    var pipeline = RecordFixture.pipeline()
    var callStyle = CallStyle.query
    var consumedTopics: Set<String> = ["orders.requests", "mail.requests"]

    init(_ headers: (String, String?)..., value: String? = "{}") {
        self.headers = headers.map { (name: $0.0, value: $0.1.map { Array($0.utf8) }) }
        self.value = value.map { Array($0.utf8) }
    }

    init(envelope: String, _ headers: (String, String?)...) {
        self.headers = headers.map { (name: $0.0, value: $0.1.map { Array($0.utf8) }) }
        value = Array(envelope.utf8)
        pipeline.request.format = .envelope
    }

    static func pipeline() -> PipelinePolicy {
        PipelinePolicy(
            name: "orders",
            app: 0,
            environment: "prod-1a2b",
            function: "createOrder",
            allow: AllowList(
                functions: ["cancelOrder", "log*"],
                environments: ["test-?"],
                replyTopics: ["replies.*", "orders.audit", "mail.requests", "__*"]
            ),
            request: RequestPolicy(topics: ["orders.requests"]),
            replyTopic: "orders.replies"
        )
    }

    func decoded() -> (decoding: Decoding, head: RequestHead) {
        var decoder = RequestDecoder(consumedTopics: consumedTopics)
        var head = RequestHead()
        return (decode(with: &decoder, into: &head), head)
    }

    func decode(with decoder: inout RequestDecoder, into head: inout RequestHead) -> Decoding {
        decoder.begin()
        for header in headers {
            let name = Array(header.name.utf8)
            if let value = header.value {
                decoder.header(name: name.span.bytes, value: value.span.bytes)
            } else {
                decoder.header(name: name.span.bytes, value: nil)
            }
        }
        if let value {
            return finish(value.span.bytes, &decoder, &head)
        }
        return finish(nil, &decoder, &head)
    }

    private func finish(_ value: RawSpan?, _ decoder: inout RequestDecoder, _ head: inout RequestHead) -> Decoding {
        decoder.finish(
            value: value,
            topic: "orders.requests",
            partition: 3,
            offset: 42,
            timestamp: timestamp,
            now: now,
            pipeline: pipeline,
            callStyle: callStyle,
            into: &head
        )
    }

    /// The body that would go to WeChat.
    func body(of head: RequestHead) -> String? {
        switch head.body {
        case .emptyObject: "{}"
        case .value(let range): value.map { String(decoding: $0[range], as: UTF8.self) }
        }
    }
}

extension RequestHead {
    func text(_ range: Range<Int>?) -> String? {
        range.map { String(decoding: bytes[$0], as: UTF8.self) }
    }

    var correlationText: String { String(decoding: bytes[correlationId], as: UTF8.self) }
}

/// The headers that were written, in order.
struct WrittenHeaders: HeaderSink {
    private(set) var list: [(name: String, value: [UInt8])] = []

    /// Each as `name: value`.
    var lines: [String] { list.map { "\($0.name): \(String(decoding: $0.value, as: UTF8.self))" } }

    mutating func append(name: StaticString, value: RawSpan) {
        list.append((name: name.description, value: value.withUnsafeBytes { Array($0) }))
    }
}
