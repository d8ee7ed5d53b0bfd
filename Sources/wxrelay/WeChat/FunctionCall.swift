import RelayConfiguration
import RelayCore
import Sockets

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
        on eventLoop: EpollLoop
    ) async throws -> Result {
        var target: [UInt8] = []
        CallCodec(style: style, parameter: app.tokenParameter)
            .appendCallTarget(token: token, environment: environment, function: function, into: &target)
        let body = style == .query ? body : document(environment, function, body)
        switch try await SingleExchange.post(target, body: body, to: app, on: eventLoop) {
        case .answered(let status, let body): return read(status: status, body)
        case .failed(let outcome, let detail):
            return Result(code: .transport(outcome), errmsg: detail, rid: nil, value: [])
        }
    }

    private static func document(_ environment: String, _ function: String, _ input: [UInt8]) -> [UInt8] {
        var document: [UInt8] = []
        CallCodec.appendBody(environment: environment, function: function, into: &document) { $0(input.span.bytes) }
        return document
    }

    private static func read(status: Int, _ body: [UInt8]) -> Result {
        var respData: [UInt8] = []
        let answer = AnswerReader.read(status: status, body: body.span.bytes, respData: &respData)
        var result = Result(
            code: answer.code,
            errmsg: answer.errmsg.isEmpty ? answer.excerpt : answer.errmsg,
            rid: answer.rid,
            value: respData
        )
        if case .notText(let text) = answer.respData {
            result.errmsg = "resp_data is not a string: \(text)"
            result.isReplyUnreadable = true
        }
        return result
    }
}
