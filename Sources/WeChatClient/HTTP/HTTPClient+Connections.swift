import NIOCore
import RelayCore
import Sockets

/// The life of the connections: opened for requests that wait, freed, swept when their time is up.
extension HTTPClient {
    /// Opens a connection for each waiting request that none is being opened for, within the maximum.
    func openConnections() {
        for host in hosts {
            while host.openingCount < host.waiting.count,
                connections.count < settings.maximumConnections || makeRoom(for: host)
            {
                openConnection(to: host)
            }
        }
    }

    /// Closes a connection to another host that has nothing to do; false when there is none.
    private func makeRoom(for host: HTTPHost) -> Bool {
        guard let other = hosts.first(where: { $0 !== host && !$0.idle.isEmpty }) else { return false }
        other.idle[0].end()
        return true
    }

    private func openConnection(to host: HTTPHost) {
        let now = NIODeadline.now()
        let age = settings.connectionAge * random.uniform(0.8...1.2)
        let connection = HTTPConnection(
            client: self,
            host: host,
            index: connections.count,
            openUntil: now + TimeAmount(settings.connectTimeout),
            retireAt: now + TimeAmount(age)
        )
        connections.append(connection)
        host.openingCount += 1
        scheduleSweep()
        connect(connection)
    }

    /// Connects to the host, or to the proxy that stands before it.
    private func connect(_ connection: HTTPConnection) {
        let proxy = settings.proxy
        if let address = proxy == nil ? connection.host.address : proxyAddress {
            connection.dial([address])
            return
        }
        let baseURL = connection.host.baseURL
        names.addresses(of: proxy?.host ?? baseURL.host, port: proxy?.port ?? baseURL.port) { answer in
            switch answer {
            case .success(let addresses): connection.dial(addresses)
            case .failure(let error): self.openingFailed(connection, .connecting(error, through: proxy))
            }
        }
    }

    /// A connection is ready for its first request.
    func opened(_ connection: HTTPConnection) {
        let host = connection.host
        host.openingCount -= 1
        connectionsEstablished += 1
        connection.rest()
        // Everybody may have been served by now, by connections that became free.
        guard let request = host.waiting.popFirst() else {
            lieIdle(connection)
            return
        }
        guard !connection.write(request) else { return }
        connection.end()
        let detail = "the peer closed the connection at once"
        notSent(request, to: host, TransportFailure(outcome: .resetBeforeWrite, detail: detail))
        openConnections()
    }

    /// A connection could not be opened. The oldest request that no other opening is for goes elsewhere, or ends with it.
    func openingFailed(_ connection: HTTPConnection, _ failure: TransportFailure) {
        guard connection.phase == .opening else { return }
        let host = connection.host
        connection.end()
        if host.waiting.count > host.openingCount, let request = host.waiting.popFirst() {
            notSent(request, to: host, failure)
        }
        // In a turn of its own: an opening that fails at once must not nest.
        eventLoop.assumeIsolated().execute { self.openConnections() }
    }

    /// A connection has done its exchange.
    func freed(_ connection: HTTPConnection) {
        connection.rest()
        guard !connection.isAged else {
            connection.end()
            openConnections()
            return
        }
        guard let request = connection.host.waiting.popFirst() else {
            lieIdle(connection)
            return
        }
        guard !connection.write(request) else { return }
        connection.end()
        connection.host.waiting.prepend(request)
        openConnections()
    }

    private func lieIdle(_ connection: HTTPConnection) {
        connection.host.idle.append(connection)
        // Its place may be wanted for a connection to another host.
        if hosts.count > 1 { openConnections() }
    }

    /// A connection has ended: it counts no longer.
    func forget(_ connection: HTTPConnection, wasOpening: Bool, wasIdle: Bool) {
        let last = connections.removeLast()
        if last !== connection {
            connections[connection.index] = last
            last.index = connection.index
        }
        if wasOpening { connection.host.openingCount -= 1 }
        if wasIdle { connection.host.idle.removeAll { $0 === connection } }
    }

    /// One sweep serves all deadlines: arming a timer for each request would cost more than the request.
    private func scheduleSweep() {
        guard sweep == nil else { return }
        let shortest = min(settings.connectTimeout, settings.requestTimeout) / 16
        let interval = max(.milliseconds(5), min(.milliseconds(250), shortest))
        sweep = eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(interval)) {
            self.sweep = nil
            let now = NIODeadline.now()
            for connection in self.connections where connection.deadline <= now { connection.expire() }
            if !self.connections.isEmpty { self.scheduleSweep() }
        }
    }
}
