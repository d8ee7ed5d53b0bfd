import NIOCore
import NIOHTTP1
import RelayCore

/// One connection: gathers a request, asks the rules what to do about it, and does that.
///
/// NIO's pipelining handler in front of it lets the next request in only after the answer.
final class ConnectionHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let server: ServerLoop
    private var head: HTTPRequestHead?
    private var body: [UInt8] = []
    private var peer = ""
    private var pending: Pending?

    /// A reaction that was not carried out yet.
    private struct Pending {
        var reaction: Reaction
        var keepsAlive: Bool
        var timer: Scheduled<Void>?
    }

    init(server: ServerLoop) {
        self.server = server
    }

    func channelActive(context: ChannelHandlerContext) {
        peer = context.remoteAddress?.ipAddress ?? "127.0.0.1"
        server.opened(context.channel)
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        server.closed(context.channel)
        if let pending {
            pending.timer?.cancel()
            if let call = pending.reaction.call { server.rules.finish(call, disconnected: true, now: server.now) }
        }
        pending = nil
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // A peer that resets its connection, or one that speaks no HTTP and has got its 400: there is no one to tell.
        context.close(promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            self.head = head
            body.removeAll(keepingCapacity: true)
        case .body(let buffer):
            // One byte over the limit is enough for the rules to refuse the request; more would only take memory.
            let room = server.rules.scenario.maxBody + 1 - body.count
            if room > 0 { body.append(contentsOf: buffer.readableBytesView.prefix(room)) }
        case .end:
            guard let head else { return }
            self.head = nil
            react(to: head, context: context)
        }
    }

    private func react(to head: HTTPRequestHead, context: ChannelHandlerContext) {
        let request = WeChatRequest(
            method: head.method.rawValue,
            target: head.uri,
            statesLength: head.headers.contains(name: "content-length"),
            body: body,
            peer: peer
        )
        let reaction = server.react(to: request)
        pending = Pending(reaction: reaction, keepsAlive: head.isKeepAlive)
        if case .hang = reaction.delivery { return }
        guard reaction.delay > .zero else { return carryOut(context: context) }
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        pending?.timer = context.eventLoop.scheduleTask(in: .nanoseconds(reaction.delay.wholeNanoseconds)) {
            let (handler, context) = bound.value
            handler.carryOut(context: context)
        }
    }

    private func carryOut(context: ChannelHandlerContext) {
        guard let pending else { return }
        self.pending = nil
        if let call = pending.reaction.call { server.rules.finish(call, now: server.now) }
        switch pending.reaction.delivery {
        case .answer(let answer): write(answer, keepsAlive: pending.keepsAlive, context: context)
        case .cut(let answer): writeHalf(of: answer, context: context)
        case .close: context.close(promise: nil)
        case .hang: break
        }
    }

    private func write(_ answer: HTTPAnswer, keepsAlive: Bool, context: ChannelHandlerContext) {
        context.write(wrapOutboundOut(.head(Self.head(of: answer, keepsAlive: keepsAlive))), promise: nil)
        if !answer.body.isEmpty {
            context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: answer.body)))), promise: nil)
        }
        let written = context.eventLoop.makePromise(of: Void.self)
        if !keepsAlive {
            let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
            written.futureResult.whenComplete { _ in bound.value.close(promise: nil) }
        }
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: written)
    }

    private func writeHalf(of answer: HTTPAnswer, context: ChannelHandlerContext) {
        let half = ByteBuffer(bytes: answer.body.prefix(answer.body.count / 2))
        context.write(wrapOutboundOut(.head(Self.head(of: answer, keepsAlive: true))), promise: nil)
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        context.writeAndFlush(wrapOutboundOut(.body(.byteBuffer(half)))).whenComplete { _ in
            bound.value.close(promise: nil)
        }
    }

    private static func head(of answer: HTTPAnswer, keepsAlive: Bool) -> HTTPResponseHead {
        var headers = HTTPHeaders()
        if let contentType = answer.contentType { headers.add(name: "Content-Type", value: contentType) }
        headers.add(name: "Content-Length", value: "\(answer.body.count)")
        if let retryAfter = answer.retryAfter { headers.add(name: "Retry-After", value: "\(retryAfter)") }
        headers.add(name: "Connection", value: keepsAlive ? "keep-alive" : "close")
        return HTTPResponseHead(version: .http1_1, status: .init(statusCode: answer.status), headers: headers)
    }
}
