import ArgumentParser
import NIOCore
import Relay
import RelayConfiguration
import RelayCore
import Sockets
import WeChatClient

/// One call of the function without Kafka.
struct DirectInvocation {
    let configuration: Configuration
    let pipeline: PipelinePolicy
    let function: String
    let environment: String
    let body: [UInt8]

    func run() async throws -> FunctionCall.Result {
        let app = configuration.apps[pipeline.app]
        let style = configuration.policy.apps[pipeline.app].callStyle
        guard style == .query || UTF8Text.isValid(body.span.bytes) else {
            throw CommandProblem(
                "invoke: the body is not UTF-8, and call-style: body sends it as a JSON string; send UTF-8",
                ExitStatus.failed
            )
        }
        let eventLoop = EpollLoop(name: "wechat")
        let update = try await TokenQuestion.ask(app, on: eventLoop)
        guard case .ready(let token) = update else {
            let trouble = TokenTrouble(update, from: app.token.kind)
            throw CommandProblem(
                "invoke: no access token for app '\(app.name)': \(trouble?.problem ?? ""); \(trouble?.remedy ?? "")",
                trouble?.isAway == true ? ExitStatus.unreachable : ExitStatus.configuration
            )
        }
        let result = try await FunctionCall.call(
            app,
            style: style,
            environment: environment,
            function: function,
            body: body,
            token: token.value,
            on: eventLoop
        )
        try await eventLoop.shutdownGracefully()
        return result
    }

    /// The row that the relay would decide by.
    func row(for result: FunctionCall.Result) -> OutcomeRow {
        var row = OutcomeRules.row(
            for: result.code,
            errmsg: result.errmsg,
            overrides: configuration.policy.overrides,
            unlisted: configuration.policy.unlistedClass
        )
        if result.isReplyUnreadable { row.outcomeClass = .functionFailed }
        return row
    }

    func sentences(for result: FunctionCall.Result) -> [String] {
        let isListed = OutcomeRules.isListed(result.code, overrides: configuration.policy.overrides)
        return RelayAction(row: row(for: result), retry: pipeline.retry, isListed: isListed).sentences
    }

    /// 69 when nothing was reached, 1 for every other failure, nil for a success.
    func exitStatus(for result: FunctionCall.Result) -> ExitCode? {
        if row(for: result).outcomeClass == .success { return nil }
        if case .transport = result.code, row(for: result).ran == .no { return ExitStatus.unreachable }
        return ExitStatus.failed
    }
}
