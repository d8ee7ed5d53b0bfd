package import Logging
package import RelayCore

/// What an `HTTPClient` is told once.
package struct HTTPClientSettings: Sendable {
    /// At least one, in order of preference: where requests go, and where else when that cannot be reached.
    package var hosts: [BaseURL]
    /// Needed by an `https` host, unused by an `http` one.
    package var tls: TLSSettings?
    /// Asked for a tunnel to a host, whatever the host's scheme; nil: hosts are connected to directly.
    package var proxy: ProxyURL?
    /// Name resolution, TCP, the proxy's tunnel and TLS together, for one host.
    package var connectTimeout: Duration = .seconds(3)
    /// From the first byte out to the last byte in. Noticed up to a sixteenth of it (at most 250 ms) late.
    package var requestTimeout: Duration = .seconds(8)
    /// Open at once to all hosts, those being opened included; a request beyond waits for one of them.
    package var maximumConnections = 64
    /// A connection older than this, give or take a fifth, is closed when it has nothing to do, so that the host's name is
    /// resolved anew: WeChat retires addresses.
    package var connectionAge: Duration = .seconds(300)
    /// An unused connection is closed after this time; shorter than servers and gateways usually wait.
    package var idleTimeout: Duration = .seconds(20)
    /// A connection unused for at least this time is looked at before it is used again: the peer's goodbye may lie unread
    /// in the kernel, and a request written behind it would count as perhaps run. The look is one system call. Of
    /// one that was used a moment ago the loop has mostly heard by itself.
    package var restBeforeLook: Duration = .milliseconds(10)
    /// A longer body is `answerTooLarge`.
    package var maximumAnswerByteCount = 8 << 20
    /// A host that could not be reached is passed over for so long; then one request tries it again.
    package var hostRetryInterval: Duration = .seconds(60)
    /// Told when another host comes into use; nil: nobody is.
    package var logger: Logger?

    package init(hosts: [BaseURL], tls: TLSSettings? = nil) {
        self.hosts = hosts
        self.tls = tls
    }
}

/// The methods that WeChat's API uses.
package enum HTTPMethod: String, Sendable {
    case get = "GET"
    case post = "POST"
}

/// What a client is doing and has done.
package struct HTTPClientCounts: Equatable, Sendable {
    /// Established connections, busy and idle.
    package var connectionsOpen = 0
    package var connectionsIdle = 0
    package var connectionsOpening = 0
    /// Requests written whose answer has not come.
    package var exchangesInFlight = 0
    /// Requests without a connection so far.
    package var exchangesWaiting = 0
    /// Connections established since the start.
    package var connectionsEstablished: UInt64 = 0
    /// Requests handed to sockets, in bytes before encryption.
    package var bytesSent: UInt64 = 0
    /// Answers, in bytes after decryption.
    package var bytesReceived: UInt64 = 0

    package init() {}
}
