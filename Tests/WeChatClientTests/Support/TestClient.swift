import NIOCore
import RelayCore
import Sockets
import Testing
import WeChatClient

/// What became of an exchange.
enum Outcome: Equatable, Sendable {
    case answered(Int, body: String, retryAfter: RetryAfter? = nil)
    case failed(TransportOutcome)
}

/// An `HTTPClient` on an event loop of its own, for tests that wait for outcomes.
final class TestClient: Sendable {
    let loop: EpollLoop
    private let core: NIOLoopBoundBox<Core?>

    private init(loop: EpollLoop, core: NIOLoopBoundBox<Core?>) {
        self.loop = loop
        self.core = core
    }

    /// A client of the hosts, in order of preference. `clock` is what it goes by when a host may be tried again.
    static func start(
        _ baseURLs: String...,
        proxy: String? = nil,
        tls: TLSSettings? = nil,
        clock: HandClock? = nil,
        _ change: @escaping @Sendable (inout HTTPClientSettings) -> Void = { _ in }
    ) async throws -> TestClient {
        var settings = HTTPClientSettings.patient(hosts: try baseURLs.map { try BaseURL($0) }, tls: tls)
        settings.proxy = try proxy.map { try ProxyURL($0) }
        change(&settings)
        let loop = EpollLoop.forTests
        let core = NIOLoopBoundBox<Core?>.makeEmptyBox(valueType: Core.self, eventLoop: loop)
        try await loop.submit { [settings] in
            core.value = Core(loop: loop, settings: settings, now: { clock?.now ?? .now() })
        }.get()
        return TestClient(loop: loop, core: core)
    }

    /// Sends a request; the future is its outcome.
    func send(
        _ body: String = "{}",
        target: String = "/call",
        method: HTTPMethod = .post,
        pieces: Int = 1
    ) -> EventLoopFuture<Outcome> {
        loop.flatSubmit { [core] in
            guard let core = core.value else { return self.loop.makeFailedFuture(ChannelError.eof) }
            return core.send(body, target: target, method: method, pieces: pieces)
        }
    }

    func outcome(
        _ body: String = "{}",
        target: String = "/call",
        method: HTTPMethod = .post,
        pieces: Int = 1
    ) async throws -> Outcome {
        try await send(body, target: target, method: method, pieces: pieces).get()
    }

    /// Runs on the client's loop.
    func with<Result: Sendable>(_ act: @escaping @Sendable (Core) throws -> Result) async throws -> Result {
        try await loop.submit { [core] in
            guard let core = core.value else { throw ChannelError.eof }
            return try act(core)
        }.get()
    }

    /// What the client said of failures so far.
    var details: [String] {
        get async throws { try await with { $0.details } }
    }

    var counts: HTTPClientCounts {
        get async throws { try await with { $0.client.counts } }
    }

    /// The client with its delegate; on the loop only.
    final class Core: HTTPClientDelegate {
        private let loop: EpollLoop
        private let settings: HTTPClientSettings
        private let now: @Sendable () -> NIODeadline
        private(set) lazy var client = HTTPClient(
            eventLoop: loop,
            settings: settings,
            delegate: self,
            random: SystemRandomNumberGenerator(),
            now: now
        )
        private var bodies: [UInt64: [[UInt8]]] = [:]
        private var promises: [UInt64: EventLoopPromise<Outcome>] = [:]
        private(set) var details: [String] = []
        private(set) var lastExchange: UInt64 = 0

        init(loop: EpollLoop, settings: HTTPClientSettings, now: @escaping @Sendable () -> NIODeadline) {
            self.loop = loop
            self.settings = settings
            self.now = now
        }

        func send(_ body: String, target: String, method: HTTPMethod, pieces: Int) -> EventLoopFuture<Outcome> {
            lastExchange += 1
            let promise = loop.makePromise(of: Outcome.self)
            promises[lastExchange] = promise
            let bytes = Array(body.utf8)
            let size = max(1, (bytes.count + pieces - 1) / pieces)
            bodies[lastExchange] = stride(from: 0, to: bytes.count, by: size).map {
                Array(bytes[$0..<min($0 + size, bytes.count)])
            }
            let contentType: StaticString? = body.isEmpty ? nil : "application/json"
            let head = HTTPRequestHead(method, target: Array(target.utf8), contentType: contentType)
            client.send(lastExchange, head, bodyLength: bytes.count)
            return promise.futureResult
        }

        /// Cancels an exchange, whose future then gets `replacement`.
        func cancel(_ exchange: UInt64, replacement: Outcome) {
            client.cancel(exchange)
            promises.removeValue(forKey: exchange)?.succeed(replacement)
        }

        /// Exchanges that nobody was told about.
        var openExchanges: [UInt64] { promises.keys.sorted() }

        func writeBody(of exchange: UInt64, into sink: (RawSpan) -> Void) {
            for piece in bodies[exchange] ?? [] { sink(piece.span.bytes) }
        }

        func exchange(_ exchange: UInt64, answered status: Int, retryAfter: RetryAfter?, body: RawSpan) {
            let text = body.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
            conclude(exchange, .answered(status, body: text, retryAfter: retryAfter))
        }

        func exchange(_ exchange: UInt64, failed outcome: TransportOutcome, detail: String) {
            details.append(detail)
            conclude(exchange, .failed(outcome))
        }

        private func conclude(_ exchange: UInt64, _ outcome: Outcome) {
            guard let promise = promises.removeValue(forKey: exchange) else {
                Issue.record("exchange \(exchange) ended twice or after it was cancelled: \(outcome)")
                return
            }
            promise.succeed(outcome)
        }
    }
}

/// An answer as servers write it.
func answer(_ body: String, status: String = "200 OK", headers: String = "") -> String {
    "HTTP/1.1 \(status)\r\n\(headers)Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
}

extension EpollLoop {
    /// Common to all clients of these tests.
    static let forTests = EpollLoop(name: "clients")
}

extension HTTPClientSettings {
    /// For tests that are not about time: the peer is in the test's process, and may have to wait for its thread.
    static func patient(hosts: [BaseURL], tls: TLSSettings? = nil) -> HTTPClientSettings {
        var settings = HTTPClientSettings(hosts: hosts, tls: tls)
        settings.connectTimeout = .seconds(300)
        settings.requestTimeout = .seconds(300)
        settings.idleTimeout = .seconds(300)
        settings.connectionAge = .seconds(3_600)
        return settings
    }
}
