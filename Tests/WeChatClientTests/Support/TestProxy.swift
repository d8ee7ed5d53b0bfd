import Foundation
import NIOCore
import NIOPosix
import NIOSSL
import Synchronization

/// An HTTP proxy that knows no more of HTTP than where a CONNECT ends, and does what a test wants then.
final class TestProxy: Sendable {
    enum Manner: Sendable {
        /// Opens a tunnel to this port of 127.0.0.1, whatever is asked for, with this answer.
        case tunnel(to: Int, saying: String = "HTTP/1.1 200 Connection established\r\n\r\n")
        /// The same for whoever brings user and password; 407 for others.
        case tunnelFor(_ credentials: String, to: Int)
        /// Answers for the host itself with a certificate of its own, as a company's inspecting proxy does, and speaks
        /// plain HTTP to this port of 127.0.0.1.
        case inspect(NIOSSLContext, to: Int)
        case say(String)
        case sayAndClose(String)
        case reset
    }

    private struct Record {
        var heads: [String] = []
        var connections: [any Channel] = []
    }

    private let record = Mutex(Record())
    private let manner: Manner
    private let listener = Mutex<(any Channel)?>(nil)

    private init(_ manner: Manner) {
        self.manner = manner
    }

    /// Listens on a free port of 127.0.0.1.
    static func start(_ manner: Manner) async throws -> TestProxy {
        let proxy = TestProxy(manner)
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                proxy.record.withLock { $0.connections.append(channel) }
                return channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(ProxyHandler(proxy))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        proxy.listener.withLock { $0 = channel }
        return proxy
    }

    var port: Int { listener.withLock { $0?.localAddress?.port } ?? 0 }
    /// What was asked so far, byte for byte.
    var heads: [String] { record.withLock { $0.heads } }

    func stop() async throws {
        for channel in record.withLock({ $0.connections }) {
            // The peer may have closed it already.
            try? await channel.close()
        }
        try await listener.withLock { $0 }?.close()
    }

    /// What to do about a head.
    fileprivate func take(_ head: String) -> Manner {
        record.withLock { $0.heads.append(head) }
        guard case .tunnelFor(let credentials, let port) = manner else { return manner }
        let line = head.split(separator: "\r\n").first { $0.hasPrefix("Proxy-Authorization: Basic ") }
        let shown = line.flatMap { Data(base64Encoded: String($0.dropFirst(27))) }
        guard shown == Data(credentials.utf8) else {
            return .sayAndClose(
                "HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=\"x\"\r\n"
                    + "Content-Length: 6\r\n\r\n<html>"
            )
        }
        return .tunnel(to: port)
    }
}

private final class ProxyHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let proxy: TestProxy
    private var head = ""
    private var host: (any Channel)?

    init(_ proxy: TestProxy) {
        self.proxy = proxy
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let buffer = unwrapInboundIn(data)
        if let host {
            host.writeAndFlush(buffer, promise: nil)
            return
        }
        head += String(buffer: buffer)
        guard head.hasSuffix("\r\n\r\n") else { return }
        switch proxy.take(head) {
        case .tunnel(let port, let answer): open(to: port, context) { self.say(answer, context) }
        case .tunnelFor: preconditionFailure("judged by then")
        case .inspect(let tls, let port):
            open(to: port, context) {
                self.say("HTTP/1.1 200 OK\r\n\r\n", context)
                let handler = NIOSSLServerHandler(context: tls)
                do {
                    try context.pipeline.syncOperations.addHandler(handler, position: .first)
                } catch {
                    context.close(promise: nil)
                }
            }
        case .say(let text): say(text, context)
        case .sayAndClose(let text):
            say(text, context)
            context.close(promise: nil)
        case .reset:
            let options = context.channel as? any SocketOptionProvider
            options?.setSoLinger(linger(l_onoff: 1, l_linger: 0))
                .assumeIsolated().whenComplete { _ in context.close(promise: nil) }
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        host?.close(promise: nil)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    private func open(to port: Int, _ context: ChannelHandlerContext, _ then: @escaping () -> Void) {
        let client = context.channel
        ClientBootstrap(group: context.eventLoop)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(ReturnHandler(client))
                }
            }
            .connect(host: "127.0.0.1", port: port)
            .assumeIsolated().whenComplete { result in
                switch result {
                case .success(let channel):
                    self.host = channel
                    then()
                case .failure:
                    self.say("HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n", context)
                    context.close(promise: nil)
                }
            }
    }

    private func say(_ text: String, _ context: ChannelHandlerContext) {
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: text)), promise: nil)
    }
}

/// Hands what the host says to the client.
private final class ReturnHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let client: any Channel

    init(_ client: any Channel) {
        self.client = client
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        client.writeAndFlush(unwrapInboundIn(data), promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        client.close(promise: nil)
    }
}
