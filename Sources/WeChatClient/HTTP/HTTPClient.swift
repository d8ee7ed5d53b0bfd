package import NIOCore
import NIOPosix
import RelayCore

/// An HTTP/1.1 client for one origin: a pool of keep-alive connections, one exchange on each at a time.
///
/// Confined to one event loop: made there, used there, its delegate is called there. It follows no redirect and repeats no
/// request of which a byte was written; a request that meets a dead keep-alive connection goes to another one. Every
/// opening that fails ends the one request that has waited longest: there is no storm of openings behind the caller's
/// back. `shutDown()` ends it; until then it keeps itself alive.
package final class HTTPClient {
    package private(set) var settings: HTTPClientSettings
    weak var delegate: (any HTTPClientDelegate)?
    let eventLoop: any EventLoop
    let commonHeaders: [UInt8]
    /// For SNI and the check of the certificate; nil for an address, which must then stand in the certificate.
    let serverName: String?
    let requestTimeout: TimeAmount
    let idleTimeout: TimeAmount
    let restBeforeLook: TimeAmount
    var bytesSent: UInt64 = 0
    var bytesReceived: UInt64 = 0

    var connections: [HTTPConnection] = []
    /// The last one that was used is the first to be used again: the others may grow old and be closed.
    var idle: [HTTPConnection] = []
    var waiting = CircularBuffer<HTTPRequest>()
    var openingCount = 0
    var connectionsEstablished: UInt64 = 0
    var random: any RandomNumberGenerator
    let bootstrap: ClientBootstrap
    /// The origin's host, when it is an address and needs no resolver.
    let address: SocketAddress?
    var sweep: Scheduled<Void>?

    private var failures = CircularBuffer<(exchange: UInt64, failure: TransportFailure)>()
    private var isDeliveryDue = false
    private var isShutDown = false
    private var outboundBuffer: ByteBuffer?

    /// Makes a client that opens its first connection for its first request. `random` spreads the connections' ages.
    package init(
        eventLoop: any EventLoop,
        settings: HTTPClientSettings,
        delegate: any HTTPClientDelegate,
        random: any RandomNumberGenerator
    ) {
        eventLoop.preconditionInEventLoop()
        let origin = settings.origin
        precondition(origin.scheme == .http || settings.tls != nil, "\(origin) needs TLS settings")
        precondition(settings.maximumConnections > 0, "a client without connections")
        self.eventLoop = eventLoop
        self.settings = settings
        self.delegate = delegate
        self.random = random
        commonHeaders = HTTPRequest.commonHeaders(of: origin)
        requestTimeout = TimeAmount(settings.requestTimeout)
        idleTimeout = TimeAmount(settings.idleTimeout)
        restBeforeLook = TimeAmount(settings.restBeforeLook)
        // Throws for a name, which is then resolved for every opening.
        address = try? SocketAddress(ipAddress: origin.host, port: origin.port)
        serverName = address == nil ? origin.host : nil
        bootstrap = ClientBootstrap(group: eventLoop)
            .connectTimeout(TimeAmount(settings.connectTimeout))
            .channelOption(.autoRead, value: false)
            .channelOption(.writeSpin, value: 0)
            .channelOption(
                .recvAllocator,
                value: AdaptiveRecvByteBufferAllocator(minimum: 4_096, initial: 4_096, maximum: 65_536)
            )
    }

    /// Sends a request, at once or as soon as a connection is there; its outcome comes to the delegate.
    ///
    /// `target` is the whole path with its query, percent-encoded; the origin's own path is not put before it. The time in which a request
    /// waits for a connection is bounded by the time-outs of those before it, not by `requestTimeout`.
    package func send(
        _ exchange: UInt64,
        method: HTTPMethod,
        target: [UInt8],
        contentType: StaticString?,
        bodyLength: Int
    ) {
        precondition(target.allSatisfy { $0 > 0x20 && $0 < 0x7F }, "exchange \(exchange): a target that is not encoded")
        guard !isShutDown else {
            report(exchange, TransportFailure(outcome: .resetBeforeWrite, detail: "the client is shut down"))
            return
        }
        let request = HTTPRequest(
            exchange: exchange,
            method: method,
            target: target,
            contentType: contentType,
            bodyLength: bodyLength
        )
        while let connection = idle.popLast() {
            if connection.write(request) { return }
            connection.end()
        }
        waiting.append(request)
        openConnections()
    }

    /// Forgets a request and closes its connection, if it has one; no outcome is delivered. Nothing happens when there is
    /// no such exchange any more. A function that was called runs on.
    package func cancel(_ exchange: UInt64) {
        if let index = waiting.firstIndex(where: { $0.exchange == exchange }) { waiting.remove(at: index) }
        if let index = failures.firstIndex(where: { $0.exchange == exchange }) { failures.remove(at: index) }
        if let connection = connections.first(where: { $0.phase == .awaitingAnswer(exchange) }) {
            connection.end()
            openConnections()
        }
    }

    /// Closes the connections that have nothing to do, as after a change of the network.
    package func closeIdleConnections() {
        for connection in idle { connection.end() }
    }

    /// Lets so many connections be open at once from now on; those beyond close when they are idle for long or old.
    package func limitConnections(to count: Int) {
        precondition(count > 0, "a client without connections")
        settings.maximumConnections = count
        openConnections()
    }

    /// Cancels everything and closes all connections; what is sent later fails as `resetBeforeWrite`.
    package func shutDown() {
        isShutDown = true
        waiting.removeAll()
        failures.removeAll()
        for connection in connections { connection.end() }
        sweep?.cancel()
        sweep = nil
    }

    package var counts: HTTPClientCounts {
        var counts = HTTPClientCounts()
        counts.connectionsOpen = connections.count - openingCount
        counts.connectionsIdle = idle.count
        counts.connectionsOpening = openingCount
        counts.exchangesInFlight = connections.count - openingCount - idle.count
        counts.exchangesWaiting = waiting.count
        counts.connectionsEstablished = connectionsEstablished
        counts.bytesSent = bytesSent
        counts.bytesReceived = bytesReceived
        return counts
    }

    /// Tells the delegate of a failure in a turn of the loop of its own, so that `send` never calls back.
    func report(_ exchange: UInt64, _ failure: TransportFailure) {
        failures.append((exchange, failure))
        guard !isDeliveryDue else { return }
        isDeliveryDue = true
        eventLoop.assumeIsolated().execute {
            self.isDeliveryDue = false
            while let (exchange, failure) = self.failures.popFirst() {
                self.delegate?.exchange(exchange, failed: failure.outcome, detail: failure.detail)
            }
        }
    }

    /// One buffer serves all connections, as long as the kernel takes whole requests.
    func takeOutboundBuffer() -> ByteBuffer {
        var buffer = outboundBuffer.take() ?? ByteBufferAllocator().buffer(capacity: 2_048)
        buffer.clear()
        return buffer
    }

    func keepOutboundBuffer(_ buffer: consuming ByteBuffer) {
        guard buffer.capacity <= 256 << 10 else { return }
        outboundBuffer = buffer
    }
}

extension TimeAmount {
    init(_ duration: Duration) {
        self = .nanoseconds(duration.wholeNanoseconds)
    }
}
