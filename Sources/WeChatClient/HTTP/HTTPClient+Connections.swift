import NIOCore
import NIOPosix
import RelayCore

/// The life of the connections: opened for requests that wait, freed, swept when their time is up.
extension HTTPClient {
    /// Opens a connection for each waiting request that none is being opened for, within the maximum.
    func openConnections() {
        while openingCount < waiting.count, connections.count < settings.maximumConnections { openConnection() }
    }

    private func openConnection() {
        let now = NIODeadline.now()
        let age = settings.connectionAge * random.uniform(0.8...1.2)
        let connection = HTTPConnection(
            client: self,
            index: connections.count,
            openUntil: now + TimeAmount(settings.connectTimeout),
            retireAt: now + TimeAmount(age)
        )
        connections.append(connection)
        openingCount += 1
        scheduleSweep()
        let opening =
            if let address { bootstrap.connect(to: address) } else {
                bootstrap.connect(host: settings.origin.host, port: settings.origin.port)
            }
        opening.assumeIsolated().whenComplete { result in
            switch result {
            case .success(let channel): connection.adopt(channel)
            case .failure(let error): self.openingFailed(connection, .connecting(error))
            }
        }
    }

    /// A connection is ready for its first request.
    func opened(_ connection: HTTPConnection) {
        openingCount -= 1
        connectionsEstablished += 1
        connection.rest()
        // Everybody may have been served by now, by connections that became free.
        guard let request = waiting.popFirst() else {
            idle.append(connection)
            return
        }
        guard !connection.write(request) else { return }
        connection.end()
        report(
            request.exchange,
            TransportFailure(outcome: .resetBeforeWrite, detail: "the peer closed the connection at once")
        )
        openConnections()
    }

    /// A connection could not be opened. The oldest request that no other opening is for ends with it.
    func openingFailed(_ connection: HTTPConnection, _ failure: TransportFailure) {
        guard connection.phase == .opening else { return }
        connection.end()
        if waiting.count > openingCount, let request = waiting.popFirst() { report(request.exchange, failure) }
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
        guard let request = waiting.popFirst() else {
            idle.append(connection)
            return
        }
        guard !connection.write(request) else { return }
        connection.end()
        waiting.prepend(request)
        openConnections()
    }

    /// A connection has ended: it counts no longer.
    func forget(_ connection: HTTPConnection, wasOpening: Bool, wasIdle: Bool) {
        let last = connections.removeLast()
        if last !== connection {
            connections[connection.index] = last
            last.index = connection.index
        }
        if wasOpening { openingCount -= 1 }
        if wasIdle { idle.removeAll { $0 === connection } }
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
