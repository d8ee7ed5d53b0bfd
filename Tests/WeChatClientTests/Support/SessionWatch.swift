import NIOCore
import Sockets
import Synchronization
import WeChatClient

/// Sees each TLS session that a client has from one turn of its loop to the next, and keeps none of them alive.
final class SessionWatch: Sendable {
    private let seen: NIOLoopBoundBox<[Channel]>
    private let isStopped = Atomic(false)
    private let loop: EpollLoop

    /// A session's channel: what a session that was not ended leaves behind, in a ring with its handlers.
    private struct Channel {
        weak var object: AnyObject?
    }

    private init(on loop: EpollLoop) {
        self.loop = loop
        seen = .makeBoxSendingValue([], eventLoop: loop)
    }

    /// Looks once a turn until `stop()`: a session lives for a turn at least, since its peer's answer is for a later one.
    static func start(on client: TestClient) async throws -> SessionWatch {
        let watch = SessionWatch(on: client.loop)
        try await client.with { core in watch.look(at: core.client) }
        return watch
    }

    func stop() {
        isStopped.store(true, ordering: .relaxed)
    }

    /// How many sessions there were, and how many there are.
    var counts: (seen: Int, alive: Int) {
        get async throws {
            try await loop.submit { [seen] in
                (seen.value.count, seen.value.count { $0.object != nil })
            }.get()
        }
    }

    private func look(at client: HTTPClient) {
        guard !isStopped.load(ordering: .relaxed) else { return }
        // By reflection: nobody but a test wants to get at them.
        let connections = Mirror(reflecting: client).descendant("connections").map { Mirror(reflecting: $0).children }
        for connection in connections.map(Array.init) ?? [] {
            guard let channel = Mirror(reflecting: connection.value).descendant("tls", "some", "channel") else {
                continue
            }
            let object = channel as AnyObject
            guard !seen.value.contains(where: { $0.object === object }) else { continue }
            seen.value.append(Channel(object: object))
        }
        loop.assumeIsolated().execute { self.look(at: client) }
    }
}
