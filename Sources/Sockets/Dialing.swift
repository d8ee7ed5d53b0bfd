import Glibc
package import NIOCore

/// The opening of one TCP connection: to whichever of a host's addresses answers first.
///
/// The next address is tried when one has failed, or when nothing was heard for 250 ms (RFC 8305, "Happy Eyeballs", §5): a
/// host whose IPv6 leads nowhere is then reached without a time-out. Confined to the loop; alive until it has told, or is
/// cancelled.
package final class Dialing {
    private static let attemptDelay = TimeAmount.milliseconds(250)

    private let loop: EpollLoop
    private var untried: ArraySlice<SocketAddress>
    private var attempts: [Attempt] = []
    private var failures: [DialFailure.Attempt] = []
    private var nextAttempt: Scheduled<Void>?
    private var tell: ((Result<TCPSocket, DialFailure>) -> Void)?

    /// Begins at once; the outcome is told in a later turn of the loop.
    ///
    /// - Parameters:
    ///   - addresses: at least one, in the order in which they are tried.
    ///   - tell: told of the socket, which is then the caller's, or why there is none. Not after `cancel`.
    package init(
        _ addresses: [SocketAddress],
        on loop: EpollLoop,
        tell: @escaping (Result<TCPSocket, DialFailure>) -> Void
    ) {
        precondition(!addresses.isEmpty, "no address to connect to")
        self.loop = loop
        self.tell = tell
        untried = addresses[...]
        tryNext()
    }

    /// Ends all attempts.
    package func cancel() {
        tell = nil
        stop()
    }

    private func tryNext() {
        nextAttempt?.cancel()
        nextAttempt = nil
        while let address = untried.popFirst() {
            do throws(SocketError) {
                let socket = try TCPSocket(connectingTo: address)
                let attempt = Attempt(of: self, to: address, over: socket)
                attempts.append(attempt)
                loop.add(socket.descriptor, of: attempt, for: .writable)
                if !untried.isEmpty { scheduleNext() }
                return
            } catch {
                failures.append((address, error))
            }
        }
        giveUpIfAllFailed()
    }

    private func scheduleNext() {
        nextAttempt = loop.assumeIsolated().scheduleTask(in: Self.attemptDelay) { self.tryNext() }
    }

    fileprivate func settle(_ attempt: Attempt) {
        loop.remove(attempt.socket.descriptor)
        attempts.removeAll { $0 === attempt }
        if let error = attempt.socket.takeError() {
            attempt.socket.close()
            failures.append((attempt.address, error))
            tryNext()
            return
        }
        stop()
        conclude(.success(attempt.socket))
    }

    private func giveUpIfAllFailed() {
        guard attempts.isEmpty else { return }
        // In a turn of its own: an opening that fails at once is not told to who has not got it yet.
        loop.assumeIsolated().execute { self.conclude(.failure(DialFailure(attempts: self.failures))) }
    }

    private func conclude(_ outcome: Result<TCPSocket, DialFailure>) {
        let tell = tell.take()
        tell?(outcome)
    }

    private func stop() {
        nextAttempt?.cancel()
        nextAttempt = nil
        untried = []
        for attempt in attempts {
            loop.remove(attempt.socket.descriptor)
            attempt.socket.close()
        }
        attempts = []
    }

    fileprivate final class Attempt: DescriptorOwner {
        let address: SocketAddress
        let socket: TCPSocket
        private let dialing: Dialing

        init(of dialing: Dialing, to address: SocketAddress, over socket: TCPSocket) {
            self.dialing = dialing
            self.address = address
            self.socket = socket
        }

        func isReady() {
            dialing.settle(self)
        }
    }
}

/// No address answered.
package struct DialFailure: Error, CustomStringConvertible {
    typealias Attempt = (address: SocketAddress, error: SocketError)

    let attempts: [Attempt]

    /// Nobody said no: it was waited in vain, everywhere.
    package var isTimeout: Bool { attempts.allSatisfy(\.error.isTimeout) }

    package var description: String {
        attempts.map { attempt in
            let address = attempt.address
            let host = address.ipAddress ?? "\(address)"
            return "\(host.contains(":") ? "[\(host)]" : host):\(address.port ?? 0): \(attempt.error)"
        }
        .joined(separator: ", ")
    }
}
