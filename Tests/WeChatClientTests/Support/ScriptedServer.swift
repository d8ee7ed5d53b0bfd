import Glibc
import NIOCore
import NIOPosix
import NIOSSL
import Synchronization

/// A server that knows no HTTP but where a request ends: a script says byte for byte what it does then.
final class ScriptedServer: Sendable {
    enum Step: Sendable {
        case send(String)
        /// Each byte in a write of its own.
        case drip(String)
        /// Reads nothing more: what the peer goes on to send stays with the peer.
        case stopReading
        case close
        /// Closes so that the peer gets a reset.
        case reset
        /// Ends TCP without TLS's goodbye.
        case cut
    }

    struct Request: Sendable, Equatable {
        /// From 0, in the order in which connections were accepted.
        let connection: Int
        /// From 0, on this connection.
        let number: Int
        let head: String
        let body: String
    }

    private struct Record {
        var requests: [Request] = []
        var connections: [any Channel] = []
    }

    private let record: Mutex<Record>
    private let listener: any Channel

    private init(listener: any Channel, record: consuming Mutex<Record>) {
        self.listener = listener
        self.record = record
    }

    /// Returns once all that the scripts do now is done; the thread waits.
    func waitForTurn() throws {
        for connection in record.withLock(\.connections) { try connection.eventLoop.submit {}.wait() }
    }

    /// Listens on a free port of 127.0.0.1. A request is complete when its `Content-Length` is there; `onHead` says what to
    /// do as soon as its head is.
    static func start(
        tls: NIOSSLContext? = nil,
        onHead: @escaping @Sendable (Request) -> [Step] = { _ in [] },
        script: @escaping @Sendable (Request) -> [Step]
    ) async throws -> ScriptedServer {
        let shared = Shared()
        let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let tls {
                        try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: tls))
                    }
                    let handler = ScriptHandler(onHead: onHead, script: script, server: shared)
                    try channel.pipeline.syncOperations.addHandler(handler)
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let server = ScriptedServer(listener: listener, record: Mutex(Record()))
        shared.server.withLock { $0 = server }
        return server
    }

    /// A port of 127.0.0.1 that nobody listens on: tcpmux, and no server that asks for any free port is given it.
    static let deadPort = 1

    var port: Int { listener.localAddress?.port ?? 0 }
    var requests: [Request] { record.withLock { $0.requests } }
    var connectionCount: Int { record.withLock { $0.connections.count } }

    /// When the peer, or the script, has closed that connection.
    func closed(connection: Int) async throws {
        // The server hears of a connection a little later than its peer.
        while connectionCount <= connection { await Task.yield() }
        try await record.withLock { $0.connections[connection] }.closeFuture.get()
    }

    func closeConnections() -> EventLoopFuture<Void> {
        let channels = record.withLock { $0.connections }
        let loop = listener.eventLoop
        return EventLoopFuture.andAllComplete(channels.map { $0.close() }, on: loop)
    }

    func stop() async throws {
        try await closeConnections().get()
        try await listener.close()
    }

    fileprivate func accepted(_ channel: any Channel) -> Int {
        record.withLock {
            $0.connections.append(channel)
            return $0.connections.count - 1
        }
    }

    fileprivate func received(_ request: Request) {
        record.withLock { $0.requests.append(request) }
    }
}

/// The server that handlers talk to; it exists only after its listener, which may accept before.
private final class Shared: Sendable {
    let server = Mutex<ScriptedServer?>(nil)
}

private final class ScriptHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let onHead: @Sendable (ScriptedServer.Request) -> [ScriptedServer.Step]
    private let script: @Sendable (ScriptedServer.Request) -> [ScriptedServer.Step]
    private let server: Shared
    private var connection = 0
    private var number = 0
    private var headSeen = false
    private var input = ""

    init(
        onHead: @escaping @Sendable (ScriptedServer.Request) -> [ScriptedServer.Step],
        script: @escaping @Sendable (ScriptedServer.Request) -> [ScriptedServer.Step],
        server: Shared
    ) {
        self.onHead = onHead
        self.script = script
        self.server = server
    }

    func channelActive(context: ChannelHandlerContext) {
        connection = server.server.withLock { $0 }?.accepted(context.channel) ?? 0
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        input += String(buffer: unwrapInboundIn(data))
        while let (head, rest) = splitHead() {
            if !headSeen {
                headSeen = true
                run(onHead(request(head, body: "")), context)
            }
            let length =
                head.split(separator: "\r\n").compactMap { line -> Int? in
                    line.hasPrefix("Content-Length: ") ? Int(line.dropFirst(16)) : nil
                }.first ?? 0
            guard rest.utf8.count >= length else { return }
            let body = String(decoding: rest.utf8.prefix(length), as: UTF8.self)
            input = String(decoding: rest.utf8.dropFirst(length), as: UTF8.self)
            headSeen = false
            let request = request(head, body: body)
            number += 1
            server.server.withLock { $0 }?.received(request)
            run(script(request), context)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    private func splitHead() -> (head: String, rest: Substring)? {
        guard let end = input.firstRange(of: "\r\n\r\n") else { return nil }
        return (String(input[..<end.lowerBound]), input[end.upperBound...])
    }

    private func request(_ head: String, body: String) -> ScriptedServer.Request {
        ScriptedServer.Request(connection: connection, number: number, head: head, body: body)
    }

    private func run(_ steps: [ScriptedServer.Step], _ context: ChannelHandlerContext) {
        for step in steps {
            switch step {
            case .send(let text):
                context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: text)), promise: nil)
            case .drip(let text):
                for byte in text.utf8 {
                    context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: [byte])), promise: nil)
                }
            case .stopReading:
                context.channel.setOption(.autoRead, value: false).assumeIsolated().whenFailure { _ in
                    context.close(promise: nil)
                }
            case .close:
                context.close(promise: nil)
            case .cut:
                // From the head of the pipeline: the TLS handler is not asked.
                context.channel.pipeline.context(handlerType: NIOSSLServerHandler.self)
                    .assumeIsolated().whenSuccess { $0.close(promise: nil) }
            case .reset:
                // A close without lingering is a reset.
                let options = context.channel as? any SocketOptionProvider
                options?.setSoLinger(linger(l_onoff: 1, l_linger: 0))
                    .assumeIsolated().whenComplete { _ in context.close(promise: nil) }
            }
        }
    }
}
