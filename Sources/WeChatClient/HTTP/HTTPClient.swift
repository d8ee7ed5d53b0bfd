package import NIOCore
import RelayCore
package import Sockets

/// An HTTP/1.1 client for one API at one or more hosts: a pool of keep-alive connections, one exchange on each at a time.
///
/// Confined to one loop: made there, used there, its delegate is called there. It follows no redirect and repeats no
/// request of which a byte was written; a request that meets a dead keep-alive connection goes to another one. Every
/// opening that fails sends the one request that has waited longest to the next host, and ends it when there is none that
/// it has not tried: there is no storm of openings behind the caller's back. `shutDown()` ends it; until then it keeps
/// itself alive, and as long as it lives its delegate.
package final class HTTPClient {
    package private(set) var settings: HTTPClientSettings
    let delegate: any HTTPClientDelegate
    let eventLoop: EpollLoop
    /// In order of preference.
    let hosts: [HTTPHost]
    var choice: HostChoice
    /// What the choice of the host goes by.
    let now: @Sendable () -> NIODeadline
    let requestTimeout: TimeAmount
    let idleTimeout: TimeAmount
    let restBeforeLook: TimeAmount
    var bytesSent: UInt64 = 0
    var bytesReceived: UInt64 = 0

    /// To all hosts.
    var connections: [HTTPConnection] = []
    var connectionsEstablished: UInt64 = 0
    var random: any RandomNumberGenerator
    let names: NameLookups
    /// The proxy's, when it is an address and needs no resolver.
    let proxyAddress: SocketAddress?
    var sweep: Scheduled<Void>?

    /// Sent in this turn of the loop; they are written together at its end.
    private var begun: [HTTPRequest] = []
    private var isStartDue = false
    private var failures = CircularBuffer<(exchange: UInt64, failure: TransportFailure)>()
    private var isDeliveryDue = false
    private var isShutDown = false
    /// Serves all connections, as long as the kernel takes whole requests.
    let outbound = SpareBuffer(capacity: 2_048)
    /// For what is to be decrypted; whoever decrypts lets it go before the next one needs it.
    let inbound = SpareBuffer(capacity: 4_096)

    /// Makes a client that opens its first connection for its first request. `random` spreads the connections' ages; by
    /// `now` it is decided when a host is tried again.
    package init(
        eventLoop: EpollLoop,
        settings: HTTPClientSettings,
        delegate: any HTTPClientDelegate,
        random: any RandomNumberGenerator,
        now: @escaping @Sendable () -> NIODeadline = { .now() }
    ) {
        eventLoop.preconditionInEventLoop()
        precondition(
            settings.tls != nil || settings.hosts.allSatisfy { $0.scheme == .http },
            "\(settings.hosts) need TLS settings"
        )
        precondition(settings.maximumConnections > 0, "a client without connections")
        self.eventLoop = eventLoop
        self.settings = settings
        self.delegate = delegate
        self.random = random
        self.now = now
        hosts = settings.hosts.enumerated().map { HTTPHost($0.element, index: $0.offset) }
        choice = HostChoice(count: hosts.count, interval: TimeAmount(settings.hostRetryInterval))
        requestTimeout = TimeAmount(settings.requestTimeout)
        idleTimeout = TimeAmount(settings.idleTimeout)
        restBeforeLook = TimeAmount(settings.restBeforeLook)
        proxyAddress = settings.proxy.flatMap { HTTPHost.address($0.host, $0.port) }
        names = NameLookups(on: eventLoop)
    }

    /// Sends a request at the end of this turn of the loop, or as soon as a connection is there; its outcome comes to the
    /// delegate.
    ///
    /// What is sent in one turn is written back to back: then the peer is woken once for many requests, which costs both
    /// sides less than a wake-up for each. Until then its body is not asked for.
    ///
    /// The time in which a request waits for a connection is bounded by the time-outs of those before it, not by
    /// `requestTimeout`.
    package func send(_ exchange: UInt64, _ head: HTTPRequestHead, bodyLength: Int) {
        guard !isShutDown else {
            report(exchange, TransportFailure(outcome: .resetBeforeWrite, detail: "the client is shut down"))
            return
        }
        begun.append(HTTPRequest(exchange: exchange, head: head, bodyLength: bodyLength))
        guard !isStartDue else { return }
        isStartDue = true
        eventLoop.assumeIsolated().execute {
            self.isStartDue = false
            var requests: [HTTPRequest] = []
            swap(&requests, &self.begun)
            // Nobody is told of anything meanwhile, so nobody cancels one of them or sends another one.
            for request in requests { self.start(request, at: self.hostForExchange(request.exchange)) }
            precondition(self.begun.isEmpty, "a request was sent while others were written")
            requests.removeAll(keepingCapacity: true)
            self.begun = requests
        }
    }

    /// Sends a request to one host, at once or as soon as a connection to it is there.
    func start(_ request: HTTPRequest, at host: HTTPHost) {
        while let connection = host.idle.popLast() {
            if connection.write(request) { return }
            connection.end()
        }
        host.waiting.append(request)
        openConnections()
    }

    /// Forgets a request and closes its connection, if it has one; no outcome is delivered. Nothing happens when there is
    /// no such exchange any more. A function that was called runs on.
    package func cancel(_ exchange: UInt64) {
        if let index = begun.firstIndex(where: { $0.exchange == exchange }) { begun.remove(at: index) }
        for host in hosts {
            if let index = host.waiting.firstIndex(where: { $0.exchange == exchange }) {
                host.waiting.remove(at: index)
            }
        }
        if let index = failures.firstIndex(where: { $0.exchange == exchange }) { failures.remove(at: index) }
        if let connection = connections.first(where: { $0.phase == .awaitingAnswer(exchange) }) {
            connection.end()
            openConnections()
        }
        choice.forget(exchange)
    }

    /// Uses no connection that is there now for another request, so that the next ones resolve their host's name anew:
    /// idle ones are closed, those being opened are opened anew, and those with an exchange close behind it.
    package func dropConnections() {
        for connection in connections { connection.retire() }
        openConnections()
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
        begun.removeAll()
        for host in hosts { host.waiting.removeAll() }
        failures.removeAll()
        for connection in connections { connection.end() }
        sweep?.cancel()
        sweep = nil
    }

    package var counts: HTTPClientCounts {
        let openingCount = hosts.map(\.openingCount).reduce(0, +)
        let idleCount = hosts.map(\.idle.count).reduce(0, +)
        var counts = HTTPClientCounts()
        counts.connectionsOpen = connections.count - openingCount
        counts.connectionsIdle = idleCount
        counts.connectionsOpening = openingCount
        counts.exchangesInFlight = connections.count - openingCount - idleCount
        counts.exchangesWaiting = hosts.map(\.waiting.count).reduce(begun.count, +)
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
                self.delegate.exchange(exchange, failed: failure.outcome, detail: failure.detail)
            }
        }
    }
}

extension TimeAmount {
    init(_ duration: Duration) {
        self = .nanoseconds(duration.wholeNanoseconds)
    }
}
