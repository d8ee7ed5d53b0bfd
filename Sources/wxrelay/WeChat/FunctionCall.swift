import NIOCore
import NIOPosix
import Relay
import RelayConfiguration
import RelayCore
import WeChatClient

/// One call of a function without Kafka and without a retry, and what came of it.
enum FunctionCall {
    struct Result: Sendable {
        let code: OutcomeCode
        var errmsg: String
        let rid: String?
        /// The function's answer, of a success.
        let value: [UInt8]
        /// Errcode 0 with a `resp_data` that is no string: the function failed.
        var isReplyUnreadable = false
    }

    static func call(
        _ app: AppSettings,
        style: CallStyle,
        environment: String,
        function: String,
        body: [UInt8],
        token: Secret,
        on group: MultiThreadedEventLoopGroup
    ) async throws -> Result {
        var target: [UInt8] = []
        CallCodec(basePath: app.baseURL.path, style: style, parameter: app.tokenParameter)
            .appendCallTarget(token: token, environment: environment, function: function, into: &target)
        let body = style == .query ? body : Self.document(environment, function, body)
        let settings = try HTTPClientSettings(app, connections: 1)
        let loop = group.next()
        return try await loop.flatSubmit { [target] in
            let call = SingleExchange(body: body, promise: loop.makePromise())
            let client = HTTPClient(
                eventLoop: loop,
                settings: settings,
                delegate: call,
                random: SystemRandomNumberGenerator()
            )
            client.send(0, method: .post, target: target, contentType: "application/json", bodyLength: body.count)
            let bound = NIOLoopBound((call, client), eventLoop: loop)
            return call.promise.futureResult.always { _ in bound.value.1.shutDown() }
        }.get()
    }

    private static func document(_ environment: String, _ function: String, _ input: [UInt8]) -> [UInt8] {
        var document: [UInt8] = []
        CallCodec.appendBody(environment: environment, function: function, into: &document) { $0(input.span.bytes) }
        return document
    }
}

/// Confined to its client's loop.
private final class SingleExchange: HTTPClientDelegate {
    let promise: EventLoopPromise<FunctionCall.Result>
    private let body: [UInt8]

    init(body: [UInt8], promise: EventLoopPromise<FunctionCall.Result>) {
        self.body = body
        self.promise = promise
    }

    func writeBody(of exchange: UInt64, into sink: (RawSpan) -> Void) {
        let body = body
        sink(body.span.bytes)
    }

    func exchange(_ exchange: UInt64, answered status: Int, retryAfter: RetryAfter?, body: RawSpan) {
        var respData: [UInt8] = []
        let answer = AnswerReader.read(status: status, body: body, respData: &respData)
        var result = FunctionCall.Result(
            code: answer.code,
            errmsg: answer.errmsg.isEmpty ? answer.excerpt : answer.errmsg,
            rid: answer.rid,
            value: respData
        )
        if case .notText(let text) = answer.respData {
            result.errmsg = "resp_data is not a string: \(text)"
            result.isReplyUnreadable = true
        }
        promise.succeed(result)
    }

    func exchange(_ exchange: UInt64, failed outcome: TransportOutcome, detail: String) {
        promise.succeed(FunctionCall.Result(code: .transport(outcome), errmsg: detail, rid: nil, value: []))
    }
}
