import Glibc
import NIOCore
import Sockets
import Testing

@Suite("Dialing", .timeLimit(.minutes(10)))
final class DialingTests {
    private let loop = EpollLoop(name: "tests")
    private let journal = Journal()

    deinit {
        loop.end()
    }

    /// What it says of each outcome; a socket is closed at once.
    private func dial(_ addresses: [SocketAddress]) async throws -> [String] {
        let (loop, journal) = (loop, journal)
        let isTold = loop.makePromise(of: Void.self)
        try await loop.run {
            _ = Dialing(addresses, on: loop) { outcome in
                switch outcome {
                case .success(let socket):
                    journal.note("connected to \(peer(of: socket.descriptor))")
                    loop.remove(socket.descriptor)
                    socket.close()
                case .failure(let failure):
                    journal.note("\(failure)")
                }
                isTold.succeed()
            }
            journal.note("dialing")
        }
        try await isTold.futureResult.get()
        try await loop.passTurns()
        return journal.entries
    }

    /// Refused at once: TCP is not spoken there.
    private func noAddress() throws -> SocketAddress {
        try SocketAddress(unixDomainSocketPath: "/no/address/of/tcp")
    }

    @Test("a connection is made, over which both ends hear each other; it stays the caller's")
    func connects() async throws {
        let (loop, listener) = (loop, try Listener())
        let connected = loop.makePromise(of: TCPSocket.self)
        try await loop.run {
            _ = Dialing([listener.address], on: loop) { connected.completeWith($0.mapError { $0 as any Error }) }
        }
        // Watched for an attempt that has told all it had to.
        let socket = try await connected.futureResult.get()
        let peer = try listener.accept()
        #expect(try socket.send([UInt8]("to".utf8).span.bytes) == 2)
        var byte: UInt8 = 0
        #expect(recv(peer, &byte, 1, 0) == 1 && byte == UInt8(ascii: "t"))
        #expect(send(peer, &byte, 1, 0) == 1)
        #expect(socket.hasUnreadInput)
        try await loop.passTurns()
        #expect(listener.connectionCount == 1)
        try await loop.run { loop.remove(socket.descriptor) }
        socket.close()
        #expect(listener.connectionCount == 0)
        close(peer)
        listener.close()
    }

    @Test("an address that refuses is told, by name, once")
    func refused() async throws {
        let dead = try Listener(room: nil)
        #expect(try await dial([dead.address]) == ["dialing", "\(text(dead)): Connection refused"])
        dead.close()
    }

    @Test("an address that fails at once is told in a later turn, once")
    func failsAtOnce() async throws {
        let entries = try await dial([noAddress()])
        #expect(entries.count == 2 && entries.first == "dialing")
        #expect(entries.last?.contains("Address family not supported") == true)
    }

    @Test("addresses that refuse are passed over")
    func passesOver() async throws {
        let (dead, alive) = (try Listener(room: nil), try Listener())
        let entries = try await dial([noAddress(), dead.address, noAddress(), alive.address, dead.address])
        #expect(entries == ["dialing", "connected to \(text(alive))"])
        #expect(alive.connectionCount == 0)
        dead.close()
        alive.close()
    }

    @Test("when all addresses fail each is named with its reason, in order, once")
    func allFail() async throws {
        let (one, other) = (try Listener(room: nil), try Listener(room: nil))
        let refusals = [one, other].map { "\(text($0)): Connection refused" }.joined(separator: ", ")
        #expect(try await dial([one.address, other.address]) == ["dialing", refusals])
        one.close()
        other.close()
    }

    @Test("an address that says nothing does not keep the next one waiting, and is let go of")
    func silent() async throws {
        let (silent, alive) = (try Silent(), try Listener())
        let (loop, journal) = (loop, journal)
        let isTold = loop.makePromise(of: Void.self)
        let dialing = try await loop.run {
            let dialing = Dialing([silent.address, alive.address], on: loop) { outcome in
                let socket = try? outcome.get()  // A failure is noted as no peer.
                journal.note(socket.map { peer(of: $0.descriptor) } ?? "\(outcome)")
                if let socket {
                    loop.remove(socket.descriptor)
                    socket.close()
                }
                isTold.succeed()
            }
            return NIOLoopBound(WeakDialing(dialing), eventLoop: loop)
        }
        try await isTold.futureResult.get()
        try await loop.passTurns()
        #expect(journal.entries == [text(alive)])
        // The loop would keep it for the sake of an attempt.
        #expect(try await loop.run { dialing.value.object == nil })
        silent.close()
        alive.close()
    }

    @Test("who cancels is told nothing, and no descriptor is left")
    func cancelled() async throws {
        let (loop, journal, listener) = (loop, journal, try Listener())
        let counts = try await loop.run {
            let dialings = (0..<100).map { _ in
                Dialing([listener.address, listener.address], on: loop) { _ in journal.note("told") }
            }
            let before = listener.connectionCount
            for dialing in dialings { dialing.cancel() }
            return (before: before, behind: listener.connectionCount)
        }
        #expect(counts.before == 100 && counts.behind == 0)
        // Later than a second attempt would be.
        try await loop.scheduleTask(in: .milliseconds(300)) {}.futureResult.get()
        #expect(journal.entries.isEmpty && listener.connectionCount == 0)
        listener.close()
    }

    @Test("who cancels when all has failed, but was not told so yet, is told nothing")
    func cancelledBeforeFailure() async throws {
        let (loop, journal, address) = (loop, journal, try noAddress())
        try await loop.run { Dialing([address], on: loop) { _ in journal.note("told") }.cancel() }
        try await loop.passTurns()
        #expect(journal.entries.isEmpty)
    }
}

/// Its connections are not answered: the kernel has no room for more.
private struct Silent {
    private let listener: Listener
    private let fillers: [CInt]
    var address: SocketAddress { listener.address }

    init() throws {
        listener = try Listener(room: 0)
        let address = listener.address
        fillers = (0..<4).map { _ in
            let filler = socket(AF_INET, CInt(SOCK_STREAM.rawValue) | CInt(SOCK_NONBLOCK.rawValue), 0)
            _ = address.withSockAddr { connect(filler, $0, socklen_t($1)) }
            return filler
        }
    }

    func close() {
        for filler in fillers { Glibc.close(filler) }
        listener.close()
    }
}

private struct WeakDialing {
    weak var object: Dialing?

    init(_ object: Dialing) {
        self.object = object
    }
}

/// Whom a socket is connected to, as `Dialing` writes it.
private func peer(of descriptor: CInt) -> String {
    SocketAddress(of: descriptor, by: getpeername).map { text($0) } ?? "nobody"
}

private func text(_ listener: Listener) -> String { text(listener.address) }

private func text(_ address: SocketAddress) -> String { "\(address.ipAddress ?? ""):\(address.port ?? 0)" }
