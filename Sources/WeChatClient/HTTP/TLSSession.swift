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

    private let handler: NIOSSLClientHandler
    private let channel: EmbeddedChannel
    private let pipeline: ChannelPipeline.SynchronousOperations
    private let loop = EmbeddedEventLoop()
    private let cipherEnd = CipherEnd()
    private let plainEnd = PlainEnd()

    /// Makes a session, which is to be begun, and to be ended.
    ///
    /// - Parameters:
    ///   - settings: how the server is known.
    ///   - serverName: for SNI and the check of the certificate; nil: the certificate must name the address.
    ///   - peer: the address at the other end, if it is not known by a name.
    /// - Throws: an error of nio-ssl for a name that cannot be one.
    init(_ settings: TLSSettings, serverName: String?, peer: SocketAddress?) throws {
        handler = try NIOSSLClientHandler(context: settings.context, serverHostname: serverName)
        channel = EmbeddedChannel(loop: loop)
        channel.remoteAddress = peer
        pipeline = channel.pipeline.syncOperations
    }

    /// Begins the handshake; what it sends first is in `takeOutbound()`.
    func begin(tell: (News) -> Void) {
        do {
            try pipeline.addHandlers([cipherEnd, handler, plainEnd])
            // To nowhere: the handler begins when its channel is active.
            channel.connect(to: try channel.remoteAddress ?? SocketAddress(ipAddress: "::", port: 0), promise: nil)
        } catch {
            plainEnd.error = error
        }
        tellNews(tell)
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
        // In the only order that they can have come about in.
        if plainEnd.isShaken {
            plainEnd.isShaken = false
            guard plainEnd.received.readableBytes == 0 else {
                tell(.failed(AnsweredUnasked()))
                return
            }
            tell(.handshakeCompleted)
        }
        if plainEnd.received.readableBytes > 0 {
            tell(.received(plainEnd.received))
            plainEnd.received.clear()
            // What one large answer has grown is not kept for small ones.
            if plainEnd.received.capacity > 16 << 10 { plainEnd.received = ByteBuffer() }
        }
        if let error = plainEnd.error.take() { tell(.failed(error)) }
        if plainEnd.isEnded {
            plainEnd.isEnded = false
            tell(.ended)
        }
    }

    /// Encrypts; the outcome is in `takeOutbound()`. False: the session takes nothing any more, and what is in
    /// `takeOutbound()` is its end.
    func send(_ bytes: ByteBuffer) -> Bool {
        guard channel.isActive else { return false }
        pipeline.writeAndFlush(NIOAny(bytes), promise: nil)
        // What cannot be encrypted ends it: whole or not at all.
        return channel.isActive
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

        var isShaken = false
        var received = ByteBuffer()
        var error: (any Error)?
        var isEnded = false

        /// Copied: nio-ssl makes a new buffer of 16 KiB when somebody keeps its own.
        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            received.writeImmutableBuffer(unwrapInboundIn(data))
        }

        func channelReadComplete(context: ChannelHandlerContext) {}

        func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
            if let event = event as? TLSUserEvent, case .handshakeCompleted = event { isShaken = true }
        }

        func channelInactive(context: ChannelHandlerContext) {
            isEnded = true
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            // What follows the first one follows from it.
            self.error = self.error ?? error
        }
    }
}

/// The server answered before anything was asked: whatever it is, the first answer could not be told from it.
private struct AnsweredUnasked: Error, CustomStringConvertible {
    var description: String { "bytes came before anything was asked" }
}
