package import Logging
import NIOCore
package import RelayConfiguration
import RelayCore
package import WeChatClient

/// The HTTP calls of one app: writes requests from open requests, reads answers into attempt results.
final class Calls: HTTPClientDelegate {
    private let app: Int
    private let shard: Shard
    private let codec: CallCodec
    private var client: HTTPClient?
    /// The app's token as the shard knows it; calls are made with it.
    var token: AccessToken?
    /// Of the calls before, which is where most go; all with one token.
    private var heads: [(environment: String, function: String, head: HTTPRequestHead)] = []
    private var headsToken: TokenGeneration?
    /// In body style, the HTTP body of the call that was encoded last, and whose it is. One buffer for all calls of the
    /// app: a call that has to wait for a connection is encoded once more when it has one.
    private var encoded: [UInt8] = []
    private var encodedRequest: RequestID?

    /// They are searched one by one.
    private static let mostHeads = 16
    /// A buffer that one large body has grown is not kept for the sake of small ones.
    private static let keptCapacity = 256 << 10
    /// The exchange of a hold's probe; requests' own never have the highest bit.
    private static let probeExchange = UInt64.max

    init(app: Int, shard: Shard) throws {
        self.app = app
        self.shard = shard
        let settings = shard.configuration.apps[app]
        codec = CallCodec(
            style: shard.configuration.policy.apps[app].callStyle,
            parameter: settings.tokenParameter
        )
        client = HTTPClient(
            eventLoop: shard.eventLoop,
            settings: try HTTPClientSettings(
                settings,
                connections: shard.policy.connections(of: app),
                logger: shard.logger
            ),
            delegate: self,
            random: SystemRandomNumberGenerator()
        )
    }

    func call(_ id: RequestID, to address: CallAddress) {
        guard let client, let request = shard.request(id), let token else {
            preconditionFailure("a call of \(id) without its record or a token")
        }
        request.token = token.generation
        request.isCalled = true
        request.insertion = nil
        if let member = address.injectMember {
            var inserted: [UInt8] = []
            swap(&inserted, &request.inserted)
            request.insertion = request.withBody { body in
                request.head.withCorrelationId { correlationID in
                    CallCodec.inject(
                        member: member,
                        correlationID: correlationID,
                        attempt: address.attempt,
                        source: request.source.description,
                        into: body,
                        inserted: &inserted
                    )
                }
            }
            request.inserted = inserted
        }
        let length: Int
        switch codec.style {
        case .query:
            length = request.withBody { $0.byteCount } + (request.insertion == nil ? 0 : request.inserted.count)
        case .body:
            encode(id, request)
            length = encoded.count
        }
        client.send(exchange(of: id), head(of: address, token), bodyLength: length)
    }

    private func head(of call: CallAddress, _ token: AccessToken) -> HTTPRequestHead {
        if headsToken != token.generation {
            heads = []
            headsToken = token.generation
        }
        for index in heads.indices
        where heads[index].function == call.function && heads[index].environment == call.environment {
            return heads[index].head
        }
        var target: [UInt8] = []
        codec.appendCallTarget(
            token: token.value,
            environment: call.environment,
            function: call.function,
            into: &target
        )
        let head = HTTPRequestHead(.post, target: target, contentType: "application/json")
        if heads.count == Self.mostHeads { heads = [] }
        heads = heads + [(call.environment, call.function, head)]
        return head
    }

    func cancel(_ id: RequestID) {
        guard let request = shard.request(id), request.isCalled else { return }
        client?.cancel(exchange(of: id))
    }

    /// The question that changes nothing: does the host answer?
    func probe() {
        guard let client, let token else { return }
        var target: [UInt8] = []
        codec.appendQuotaTarget(token: token.value, into: &target)
        let head = HTTPRequestHead(.post, target: target, contentType: "application/json")
        client.send(Self.probeExchange, head, bodyLength: CallCodec.quotaBody.count)
    }

    /// Uses no connection that is there now for another call.
    func dropConnections() {
        client?.dropConnections()
    }

    /// The policy has changed: as many connections as its calls may need.
    func followPolicy() {
        client?.limitConnections(to: shard.policy.connections(of: app))
    }

    func shutDown() {
        client?.shutDown()
        client = nil
    }

    // MARK: HTTPClientDelegate

    func writeBody(of exchange: UInt64, into sink: (RawSpan) -> Void) {
        guard exchange != Self.probeExchange else {
            let body = CallCodec.quotaBody
            sink(body.span.bytes)
            return
        }
        let id = id(of: exchange)
        guard let request = shard.request(id) else {
            preconditionFailure("the body of exchange \(exchange) is gone while it is being sent")
        }
        switch codec.style {
        case .query: lendInput(of: request, to: sink)
        case .body:
            if encodedRequest != id { encode(id, request) }
            let body = encoded
            sink(body.span.bytes)
            encodedRequest = nil
            if encoded.capacity > Self.keptCapacity { encoded = [] }
        }
    }

    /// Writes the HTTP body of a call in body style into `encoded`.
    private func encode(_ id: RequestID, _ request: OpenRequest) {
        let address = shard.machine.address(of: id)
        encoded.removeAll(keepingCapacity: true)
        CallCodec.appendBody(environment: address.environment, function: address.function, into: &encoded) { sink in
            lendInput(of: request, to: sink)
        }
        encodedRequest = id
    }

    /// Lends the function's input, with what is injected.
    private func lendInput(of request: OpenRequest, to sink: (RawSpan) -> Void) {
        let inserted = request.inserted
        request.withBody { body in
            guard let insertion = request.insertion else {
                sink(body)
                return
            }
            sink(body.extracting(0..<insertion))
            sink(inserted.span.bytes)
            sink(body.extracting(insertion..<body.byteCount))
        }
    }

    func exchange(_ exchange: UInt64, answered status: Int, retryAfter: RetryAfter?, body: RawSpan) {
        guard exchange != Self.probeExchange else {
            var ignored: [UInt8] = []
            let answer = AnswerReader.read(status: status, body: body, respData: &ignored)
            shard.handle(.hostProbeAnswered(app: app, answer.code))
            return
        }
        let id = id(of: exchange)
        guard let request = shard.request(id) else {
            shard.handle(.answered(id, AttemptResult(code: .status(status))))
            return
        }
        var respData: [UInt8] = []
        swap(&respData, &request.answer)
        let answer = AnswerReader.read(status: status, body: body, respData: &respData)
        request.respData = respData.indices
        request.answer = respData
        take(answer, to: request, retryAfter)
    }

    func exchange(_ exchange: UInt64, answered status: Int, retryAfter: RetryAfter?, collected body: inout [UInt8]) {
        guard exchange != Self.probeExchange, let request = shard.request(id(of: exchange)) else {
            self.exchange(exchange, answered: status, retryAfter: retryAfter, body: body.span.bytes)
            return
        }
        let (answer, respData) = AnswerReader.read(status: status, owned: &body)
        var buffer = request.answer
        swap(&buffer, &body)
        request.answer = buffer
        request.respData = respData
        take(answer, to: request, retryAfter)
    }

    private func take(_ answer: consuming Answer, to request: OpenRequest, _ retryAfter: RetryAfter?) {
        let id = request.id
        request.isCalled = false
        var result = AttemptResult(
            reading: answer,
            retryAfter: retryAfter.map { $0.delay(from: Clocks.now().wall) },
            answerByteCount: request.respData.count,
            token: request.token
        )
        // A gateway may show the URL in a form of its own: the token is masked wherever it stands.
        if let token, !result.errmsg.isEmpty || !result.excerpt.isEmpty {
            result.errmsg = Redaction.redact(result.errmsg, secrets: [token.value])
            result.excerpt = Redaction.redact(result.excerpt, secrets: [token.value])
        }
        if OutcomeRules.dependsOnBody(result.code) {
            result.bodyIsJSON = request.withBody { JSONScanner.isValid($0) }
        }
        shard.handle(.answered(id, result))
    }

    func exchange(_ exchange: UInt64, failed outcome: TransportOutcome, detail: String) {
        guard exchange != Self.probeExchange else {
            shard.handle(.hostProbeAnswered(app: app, .transport(outcome)))
            return
        }
        let id = id(of: exchange)
        let request = shard.request(id)
        request?.isCalled = false
        shard.handle(
            .answered(
                id,
                AttemptResult(code: .transport(outcome), errmsg: detail, token: request?.token ?? 0)
            )
        )
    }

    private func exchange(of id: RequestID) -> UInt64 {
        UInt64(id.index) << 32 | UInt64(id.generation)
    }

    private func id(of exchange: UInt64) -> RequestID {
        RequestID(index: Int(exchange >> 32), generation: UInt32(truncatingIfNeeded: exchange))
    }
}

extension Policy {
    /// As many connections as the app's pipelines may have calls under way, and one for a hold's probe.
    fileprivate func connections(of app: Int) -> Int {
        pipelines.lazy.filter { $0.app == app }.map(\.inFlight.max).reduce(1, +)
    }
}

extension HTTPClientSettings {
    /// The settings of an app's clients. `logger` is told when another host comes into use.
    ///
    /// - Throws: `TLSProblem` for a `ca-file` that is none, `ProxyUnusable` for a proxy that cannot be read.
    package init(_ app: AppSettings, connections: Int, logger: Logger? = nil) throws {
        let needsTLS = app.baseURLs.contains { $0.scheme == .https }
        self.init(hosts: app.baseURLs, tls: needsTLS ? try TLSSettings(caFile: app.certificateAuthorityFile) : nil)
        proxy = try app.proxy?.read()
        self.logger = logger
        self.logger?[metadataKey: "app"] = "\(app.name)"
        connectTimeout = app.timeouts.connect
        requestTimeout = app.timeouts.request
        maximumConnections = connections
    }
}
