import NIOCore
import NIOSSL
import NIOTLS
import RelayCore

/// One connection of a client, and the last handler of its channel: one exchange at a time.
///
/// Confined to the client's event loop. The client closes it with `end()`, after which nothing is heard of it.
final class HTTPConnection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    enum Phase: Equatable {
        /// Being opened: name, TCP, the proxy's tunnel, TLS.
        case opening
        case idle
        /// Within the attempt to hand the first byte of a request to the socket.
        case writing
        case awaitingAnswer(UInt64)
        case ended
    }

    /// A request beyond this size may not have been sent to its end when its answer comes.
    private static let surelySentByteCount = 16 << 10

    /// Its place in the client's list.
    var index: Int
    private(set) var phase = Phase.opening
    /// When `expire()` is due: the time-out of what it does, or the end of its rest.
    private(set) var deadline: NIODeadline
    let host: HTTPHost
    private let client: HTTPClient
    private var retireAt: NIODeadline
    private var idleSince = NIODeadline.uptimeNanoseconds(0)
    private(set) var channel: (any Channel)?
    private var context: ChannelHandlerContext?
    /// Set once it is open, unless it has TLS.
    private var socket: PlainSocket?
    /// Set while the proxy is being asked.
    private var tunnel: ProxyTunnel?
    private var parser: AnswerParser
    private var requestByteCount = 0

    init(client: HTTPClient, host: HTTPHost, index: Int, openUntil deadline: NIODeadline, retireAt: NIODeadline) {
        self.client = client
        self.host = host
        self.index = index
        self.deadline = deadline
        self.retireAt = retireAt
        parser = AnswerParser(bodyByteLimit: client.settings.maximumAnswerByteCount)
    }

    // MARK: Opening

    /// TCP is connected. The channel does not read before its handlers are in place.
    func adopt(_ channel: any Channel) {
        guard phase != .ended else {
            channel.close(promise: nil)
            return
        }
        self.channel = channel
        do {
            try channel.pipeline.syncOperations.addHandler(self)
            try channel.syncOptions?.setOption(.autoRead, value: true)
        } catch {
            // A channel that is closed again already takes no handlers.
            client.openingFailed(self, .handshaking(error))
            return
        }
        guard let proxy = client.settings.proxy else {
            speak(over: channel)
            return
        }
        let tunnel = ProxyTunnel(to: host.baseURL, through: proxy)
        self.tunnel = tunnel
        channel.writeAndFlush(ByteBuffer(bytes: tunnel.request), promise: nil)
    }

    private func readTunnel(_ piece: ByteBuffer) {
        // What follows a refusal is of no interest.
        guard phase == .opening, let channel, let progress = tunnel?.read(piece.readableBytesSpan) else { return }
        switch progress {
        case .incomplete: break
        case .failed(let failure): client.openingFailed(self, failure)
        case .open:
            tunnel = nil
            speak(over: channel)
        }
    }

    /// The host itself is at the other end now: TLS begins, or requests do.
    private func speak(over channel: any Channel) {
        guard host.baseURL.scheme == .https, let tls = client.settings.tls else {
            socket = PlainSocket(of: channel)
            client.opened(self)
            return
        }
        do {
            let handler = try NIOSSLClientHandler(context: tls.context, serverHostname: host.serverName)
            try channel.pipeline.syncOperations.addHandler(handler, position: .first)
        } catch {
            client.openingFailed(self, .handshaking(error))
        }
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if phase == .opening, let event = event as? TLSUserEvent, case .handshakeCompleted = event {
            client.opened(self)
        }
        context.fireUserInboundEventTriggered(event)
    }

    // MARK: Exchanges

    /// Nothing to do until the next request.
    func rest() {
        phase = .idle
        idleSince = NIODeadline.now()
        deadline = min(idleSince + client.idleTimeout, retireAt)
    }

    /// Whether it should give way to a connection to wherever the host's name points by now.
    var isAged: Bool { idleSince >= retireAt }

    /// Takes no further request: closes, behind its exchange if it has one.
    func retire() {
        switch phase {
        case .opening, .idle: end()
        case .writing, .awaitingAnswer: retireAt = NIODeadline.now()
        case .ended: break
        }
    }

    /// Writes a request. False: not one byte of it was handed to the socket, and the connection is of no use any more.
    ///
    /// Without TLS it goes to the socket itself, and the channel sends what finds no room there. The channel makes one
    /// system call in a flush (`writeSpin` is 0). When it is dead right after that, that call was the one that failed; in
    /// every other case bytes count as written. NIO reads what is left before it closes a channel whose write failed: such
    /// bytes answer no request of ours and are dropped while the phase is `writing`.
    func write(_ request: HTTPRequest) -> Bool {
        guard let context, let delegate = client.delegate else { return false }
        let now = NIODeadline.now()
        guard context.channel.isActive, now - idleSince < client.restBeforeLook || !hasUnreadInput else {
            return false
        }
        phase = .writing
        var buffer = client.takeOutboundBuffer()
        request.writeHead(to: &buffer, for: host)
        let headByteCount = buffer.readableBytes
        delegate.writeBody(of: request.exchange) { buffer.writeBytes($0) }
        requestByteCount = buffer.readableBytes
        precondition(
            requestByteCount - headByteCount == request.bodyLength,
            "exchange \(request.exchange): a body of \(request.bodyLength) bytes was announced, "
                + "\(requestByteCount - headByteCount) were lent"
        )
        var sent = 0
        if let socket {
            guard let taken = socket.send(buffer.readableBytesSpan) else {
                client.keepOutboundBuffer(buffer)
                return false
            }
            sent = taken
        }
        // Whatever becomes of the rest, the request has begun.
        if sent > 0 { awaitAnswer(to: request, since: now) }
        if sent < requestByteCount {
            buffer.moveReaderIndex(forwardBy: sent)
            context.writeAndFlush(wrapOutboundOut(buffer), promise: nil)
        }
        client.keepOutboundBuffer(buffer)
        guard sent == 0 else { return true }
        guard phase == .writing, context.channel.isActive else { return false }
        awaitAnswer(to: request, since: now)
        return true
    }

    private func awaitAnswer(to request: HTTPRequest, since now: NIODeadline) {
        client.bytesSent += UInt64(requestByteCount)
        phase = .awaitingAnswer(request.exchange)
        deadline = now + client.requestTimeout
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard tunnel == nil else {
            readTunnel(unwrapInboundIn(data))
            return
        }
        guard case .awaitingAnswer(let exchange) = phase else {
            // Nobody asked: whatever it is, the next answer on this connection could not be told from it.
            if phase == .idle { end() }
            return
        }
        let buffer = unwrapInboundIn(data)
        client.bytesReceived += UInt64(buffer.readableBytes)
        do throws(AnswerProblem) {
            guard let answer = try parser.read(buffer.readableBytesSpan) else { return }
            let isWholeRead = answer.consumed == buffer.readableBytes
            finish(exchange, answer, buffer, isReusable: answer.head.keepsAlive && isWholeRead && !isWriteUnfinished)
        } catch {
            fail(error)
        }
    }

    /// Stops here: nobody behind would hear of it.
    func channelReadComplete(context: ChannelHandlerContext) {}

    private func finish(_ exchange: UInt64, _ answer: AnswerParser.Answer, _ piece: ByteBuffer, isReusable: Bool) {
        var collected = answer.body == .collected ? parser.takeBody() : []
        client.answered(exchange, by: host)
        // First free, then told: what the delegate sends now finds this connection.
        if isReusable { client.freed(self) } else { endForOthers() }
        let (status, retryAfter) = (answer.head.status, answer.head.retryAfter)
        switch answer.body {
        case .inPlace(let range):
            let body = piece.readableBytesSpan.extracting(range)
            client.delegate?.exchange(exchange, answered: status, retryAfter: retryAfter, body: body)
        case .collected:
            client.delegate?.exchange(exchange, answered: status, retryAfter: retryAfter, collected: &collected)
            parser.reuse(collected)
        }
    }

    // MARK: Ends

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        switch phase {
        case .opening:
            client.openingFailed(self, tunnel?.ended("\(error)") ?? .handshaking(error))
        case .awaitingAnswer:
            fail(.cut, because: "\(error)")
        case .idle:
            end()
        case .writing, .ended:
            // `write` looks at the channel itself.
            context.close(promise: nil)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        switch phase {
        case .opening:
            let failure = TransportFailure(outcome: .tls, detail: "closed within the TLS handshake")
            client.openingFailed(self, tunnel?.ended("closed by the proxy") ?? failure)
        case .awaitingAnswer(let exchange):
            do throws(AnswerProblem) {
                finish(exchange, try parser.readEnd(), ByteBuffer(), isReusable: false)
            } catch {
                fail(error)
            }
        case .idle:
            end()
        case .writing, .ended:
            break
        }
        context.fireChannelInactive()
    }

    /// The deadline has passed.
    func expire() {
        switch phase {
        case .opening:
            let via = tunnel?.subject ?? client.settings.proxy.map { "the proxy \($0)" }
            let detail = "no connection within \(client.settings.connectTimeout)"
            client.openingFailed(
                self,
                TransportFailure(outcome: .connectTimeout, detail: via.map { "\($0): \(detail)" } ?? detail)
            )
        case .awaitingAnswer:
            let detail = "no whole answer within \(client.settings.requestTimeout)"
            fail(TransportFailure(outcome: .requestTimeout, detail: detail))
        case .idle:
            end()
        case .writing, .ended:
            break
        }
    }

    /// Closes the connection; an exchange on it is told nothing.
    func end() {
        guard phase != .ended else { return }
        let before = phase
        phase = .ended
        client.forget(self, wasOpening: before == .opening, wasIdle: before == .idle)
        channel?.close(promise: nil)
        channel = nil
    }

    private func fail(_ problem: AnswerProblem, because cause: String = "closed by the peer") {
        switch problem {
        case .malformed(let text):
            fail(TransportFailure(outcome: .shortAnswer, detail: "the answer is not readable as HTTP: \(text)"))
        case .tooLarge(let text):
            fail(TransportFailure(outcome: .answerTooLarge, detail: text))
        case .cut where parser.hasBegun:
            fail(TransportFailure(outcome: .shortAnswer, detail: "the connection ended within the answer: \(cause)"))
        case .cut:
            fail(TransportFailure(outcome: .resetAfterWrite, detail: "the connection ended without answer: \(cause)"))
        }
    }

    private func fail(_ failure: TransportFailure) {
        guard case .awaitingAnswer(let exchange) = phase else { return }
        endForOthers()
        client.unanswered(exchange, by: host, failure)
    }

    /// Closes the connection and leaves its place to one for those that wait.
    private func endForOthers() {
        end()
        client.openConnections()
    }

    /// Whether a part of the request is still to be sent although its answer is here, as a 413 may come early.
    private var isWriteUnfinished: Bool {
        guard requestByteCount > HTTPConnection.surelySentByteCount, let options = channel?.syncOptions else {
            return false
        }
        do {
            return try options.getOption(.bufferedWritableBytes) > 0
        } catch {
            // A channel that does not tell is not used again.
            return true
        }
    }
}
