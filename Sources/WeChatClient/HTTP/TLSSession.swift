import NIOCore
import NIOEmbedded
import NIOSSL
import NIOTLS

/// TLS on one connection, from bytes to bytes: nio-ssl's handler in a pipeline that has no socket, between an end that collects
/// what is to be sent and one that collects what was received.
///
/// Confined to one thread. It is ended with `end()`, or it leaks.
final class TLSSession {
    enum News {
        case handshakeCompleted
        case received(ByteBuffer)
        case failed(any Error)
        /// The peer sends nothing any more.
        case ended
    }

    private let channel: EmbeddedChannel
    private let pipeline: ChannelPipeline.SynchronousOperations
    private let loop = EmbeddedEventLoop()
    private let cipherEnd = CipherEnd()
    private let plainEnd = PlainEnd()

    /// Begins a handshake; what it sends first is in `takeOutbound()`.
    ///
    /// - Parameters:
    ///   - serverName: for SNI and the check of the certificate; nil: the certificate must name the address.
    ///   - peer: the address at the other end.
    /// - Throws: an error of nio-ssl for a name that cannot be one.
    init(_ settings: TLSSettings, serverName: String?, peer: SocketAddress?) throws {
        channel = EmbeddedChannel(loop: loop)
        channel.remoteAddress = peer
        pipeline = channel.pipeline.syncOperations
        let handler = try NIOSSLClientHandler(context: settings.context, serverHostname: serverName)
        try pipeline.addHandlers([cipherEnd, handler, plainEnd])
        // To nowhere: the handler begins when its channel is active.
        channel.connect(to: try peer ?? SocketAddress(ipAddress: "::", port: 0), promise: nil)
    }

    /// Takes in what came from the peer, and tells what it means.
    func receive(_ bytes: ByteBuffer, tell: (News) -> Void) {
        pipeline.fireChannelRead(NIOAny(bytes))
        pipeline.fireChannelReadComplete()
        tellNews(tell)
    }

    /// The peer sends nothing any more. Without its goodbye that is an error, told before the end: what it sent may have
    /// been cut on the way.
    func receiveEnd(tell: (News) -> Void) {
        cipherEnd.close()
        tellNews(tell)
    }

    private func tellNews(_ tell: (News) -> Void) {
        // What is told may bring about more.
        while let news = plainEnd.news.popFirst() { tell(news) }
    }

    /// Encrypts; the outcome is in `takeOutbound()`.
    func send(_ bytes: ByteBuffer) {
        pipeline.writeAndFlush(NIOAny(bytes), promise: nil)
    }

    /// What is to be sent to the peer; nil: nothing.
    func takeOutbound() -> ByteBuffer? {
        cipherEnd.outbound.take()
    }

    /// Says goodbye (`close_notify`, in `takeOutbound()`), without waiting for the peer's.
    func end() {
        channel.close(promise: nil)
        cipherEnd.close()
        // Its handlers go in a turn of the channel's loop, and the wait for the peer's goodbye, which holds them too, in a
        // later one.
        loop.advanceTime(by: .minutes(1))
    }

    /// Nearest to the peer.
    private final class CipherEnd: ChannelOutboundHandler {
        typealias OutboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer

        var outbound: ByteBuffer?
        private var context: ChannelHandlerContext?

        func handlerAdded(context: ChannelHandlerContext) {
            self.context = context
        }

        func handlerRemoved(context: ChannelHandlerContext) {
            self.context = nil
        }

        func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
            outbound.setOrWriteImmutableBuffer(unwrapOutboundIn(data))
            promise?.succeed()
        }

        func flush(context: ChannelHandlerContext) {}

        func close() {
            context?.close(promise: nil)
        }
    }

    /// Nearest to the client.
    private final class PlainEnd: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer

        var news = CircularBuffer<News>()

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            news.append(.received(unwrapInboundIn(data)))
        }

        func channelReadComplete(context: ChannelHandlerContext) {}

        func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
            if let event = event as? TLSUserEvent, case .handshakeCompleted = event { news.append(.handshakeCompleted) }
        }

        func channelInactive(context: ChannelHandlerContext) {
            news.append(.ended)
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            news.append(.failed(error))
        }
    }
}
