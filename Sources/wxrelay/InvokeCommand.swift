import ArgumentParser
import Relay
import RelayConfiguration
import RelayCore

/// `wxrelay invoke`: one request, by hand.
struct InvokeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "invoke",
        abstract: "Send one request through a pipeline and print its reply.",
        discussion: """
            Writes a request with a correlation id of its own to the pipeline's topic, as any program would, and waits for \
            its reply, which a running relay has to write. The reply's value goes to standard output, all about it to \
            standard error. The time-out is the request's deadline too, so what nobody waits for is not run later.

            With --direct no Kafka and no relay takes part: the function is called once from here, and told is what the \
            relay would do about the answer. A member that the pipeline injects is not in the body then.

            Exit codes: 0 answered, 1 answered with a failure, 69 no reply, or nobody to ask, 78 wrong configuration.

            Examples:
              wxrelay invoke --config wxrelay.yaml orders --data '{"id": 1}'
              wxrelay invoke --config wxrelay.yaml orders --file order.json --timeout 60s
              wxrelay invoke --config wxrelay.yaml orders --direct - < order.json
            """
    )

    @OptionGroup var file: ConfigurationFile

    @Argument(help: "The pipeline's name.")
    var pipeline: String

    @OptionGroup var body: BodyOptions

    @Option(help: "Another function than the pipeline's; its allow-list has to admit it.")
    var function: String?

    @Option(help: "Another environment than the pipeline's; its allow-list has to admit it.")
    var env: String?

    @Option(help: "The record's key; without one it stands in no order.")
    var key: String?

    @Option(help: "How long to wait for the reply.")
    var timeout = TimeSpan(.seconds(30))

    @Flag(help: "Call the function from here, without Kafka.")
    var direct = false

    @OptionGroup var output: OutputOption

    func run() async throws {
        let (configuration, properties) = try file.load()
        let pipeline = try pipeline(in: configuration)
        let bytes = try body.bytes()
        if direct {
            try await callDirectly(
                DirectInvocation(
                    configuration: configuration,
                    pipeline: pipeline,
                    function: function ?? pipeline.function,
                    environment: env ?? pipeline.environment,
                    body: bytes
                )
            )
            return
        }
        let invocation = KafkaInvocation(
            configuration: configuration,
            properties: properties,
            pipeline: pipeline,
            function: function,
            environment: env,
            key: key,
            body: bytes,
            timeout: timeout.duration,
            correlationID: "invoke-\(String(UInt64.random(in: .min ... .max), radix: 16))"
        )
        try show(try await BrokerQuestions.run { try invocation.run() }, of: invocation)
    }

    private func pipeline(in configuration: Configuration) throws -> PipelinePolicy {
        let pipelines = configuration.policy.pipelines
        if let found = pipelines.first(where: { $0.name == pipeline }) { return found }
        throw CommandProblem(
            "invoke: \(file.config) has no pipeline '\(pipeline)'; it has \(pipelines.map(\.name).joined(separator: ", "))",
            .validationFailure
        )
    }

    // MARK: Through Kafka

    private func show(_ outcome: KafkaInvocation.Outcome, of invocation: KafkaInvocation) throws {
        switch outcome {
        case .reply(let reply):
            if output.isJSON { try OutputOption.print(report(on: reply)) } else { show(reply) }
            if !reply.isOK { throw ExitStatus.failed }
        case .none(let request, let why):
            if output.isJSON {
                var report = InvokeReport(status: "none")
                report.correlationId = invocation.correlationID
                report.request = request
                report.why = why
                try OutputOption.print(report)
            } else {
                Console.error("no reply to \(request) within \(timeout.duration.words): \(why)")
            }
            throw ExitStatus.unreachable
        }
    }

    private func show(_ reply: ReplyRecord) {
        Console.out(bytes: reply.value)
        // A value is printed as it is; only a terminal wants its prompt on a line of its own.
        if Console.isTerminal { Console.out() }
        let errcode = reply.isOK ? "" : reply.errcode.map { " \($0)" } ?? ""
        Console.error(
            "\(reply.isOK ? "ok" : "failed"): \(reply.outcomeClass)\(errcode), \(Self.attempts(reply.attempts)),"
                + " \(reply.milliseconds) ms in the relay; \(reply.function) in \(reply.environment);"
                + " request \(reply.source), reply \(reply.place)"
        )
        if !reply.isOK, let errcode = reply.errcode { Console.error("more: wxrelay explain \(errcode)") }
    }

    private func report(on reply: ReplyRecord) -> InvokeReport {
        var report = InvokeReport(status: reply.isOK ? "ok" : "failed")
        report.correlationId = reply.correlationID
        report.class = reply.outcomeClass
        report.errcode = reply.errcode
        report.attempts = reply.attempts
        report.invocationsPossible = reply.invocationsPossible
        report.durationMs = reply.milliseconds
        report.function = reply.function
        report.env = reply.environment
        report.request = reply.source
        report.reply = reply.place
        report.setValue(reply.value)
        return report
    }

    // MARK: Directly

    private func callDirectly(_ invocation: DirectInvocation) async throws {
        let began = ContinuousClock.now
        let result = try await invocation.run()
        let milliseconds = (ContinuousClock.now - began).wholeMilliseconds
        let row = invocation.row(for: result)
        let status = invocation.exitStatus(for: result)
        if output.isJSON {
            var report = InvokeReport(status: status == nil ? "ok" : "failed")
            report.class = row.outcomeClass.rawValue
            report.errcode = result.code.text
            report.errmsg = result.errmsg.isEmpty ? nil : result.errmsg
            report.rid = result.rid
            report.durationMs = Int(milliseconds)
            report.function = invocation.function
            report.env = invocation.environment
            report.relay = invocation.sentences(for: result)
            if status == nil { report.setValue(result.value) }
            try OutputOption.print(report)
        } else {
            show(result, row, milliseconds, of: invocation, isOK: status == nil)
        }
        if let status { throw status }
    }

    private func show(
        _ result: FunctionCall.Result,
        _ row: OutcomeRow,
        _ milliseconds: Int64,
        of invocation: DirectInvocation,
        isOK: Bool
    ) {
        let place =
            "\(invocation.function) in \(invocation.environment), \(milliseconds) ms, the token request included"
        guard !isOK else {
            Console.out(bytes: result.value)
            if Console.isTerminal { Console.out() }
            Console.error("ok: \(place)")
            return
        }
        let errmsg = result.errmsg.isEmpty ? "" : ": \(result.errmsg)"
        let meaning = result.isReplyUnreadable ? "" : ", \(row.meaning)"
        Console.error("failed: \(result.code.text)\(meaning)\(errmsg)")
        Console.error("  class   \(row.outcomeClass.rawValue)")
        if let rid = result.rid { Console.error("  rid     \(rid)") }
        if !row.remedy.isEmpty { Console.error("  remedy  \(row.remedy)") }
        Console.error("  what the relay does:")
        for sentence in invocation.sentences(for: result) { Console.error("    \(sentence)") }
    }

    private static func attempts(_ count: Int) -> String {
        count == 1 ? "1 attempt" : "\(count) attempts"
    }
}
