import NIOCore
import RelayCore
import Sockets

/// One connection of a client: one exchange at a time.
///
/// Confined to the client's loop. The client closes it with `end()`, after which nothing is heard of it.
final class HTTPConnection: DescriptorOwner {
    enum Phase: Equatable {
        /// Being opened: name, TCP, the proxy's tunnel, TLS.
        case opening
        case idle
        /// Within the attempt to hand the first byte of a request to the socket.
        case writing
        case awaitingAnswer(UInt64)
        case ended
    }

    /// Its place in the client's list.
    var index: Int
    private(set) var phase = Phase.opening
    /// When `expire()` is due: the time-out of what it does, or the end of its rest.
    private(set) var deadline: NIODeadline
    let host: HTTPHost
    private let client: HTTPClient
    private var retireAt: NIODeadline
    private var idleSince = NIODeadline.uptimeNanoseconds(0)
    private var dialing: Dialing?
    private var socket: TCPSocket?
    /// Set while the proxy is being asked.
    private var tunnel: ProxyTunnel?
    private var tls: TLSSession?
    /// What the kernel had no room for, encrypted if it has to be.
    private var unsent: ByteBuffer?
    /// Why nothing can be sent any more; an answer may still lie in the kernel, as a 413 that came early.
    private var sendError: SocketError?
    /// The last piece filled the buffer: more may lie in the kernel.
    private var isPieceFull = false
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

    /// Connects to one of the host's addresses, or the proxy's.
    func dial(_ addresses: [SocketAddress]) {
        // It may have expired while its name was looked up.
        guard phase == .opening else { return }
        dialing = Dialing(addresses, on: client.eventLoop) { [self] outcome in
            dialing = nil
            switch outcome {
            case .success(let socket): connected(socket)
            case .failure(let error):
                let isNamed = client.literalAddress(of: host) == nil
                let failure = TransportFailure.connecting(error, through: client.settings.proxy, isNamed: isNamed)
                client.openingFailed(self, failure)
            }
        }
    }

    private func connected(_ socket: TCPSocket) {
        self.socket = socket
        client.eventLoop.change(socket.descriptor, to: self, for: .readable)
        guard let proxy = client.settings.proxy else {
            speak()
            return
        }
        let tunnel = ProxyTunnel(to: host.baseURL, through: proxy)
        self.tunnel = tunnel
        if !flush(ByteBuffer(bytes: tunnel.request)), let sendError { socketFailed(sendError) }
    }

    private func readTunnel(_ piece: RawSpan) {
        guard let progress = tunnel?.read(piece) else { return }
        switch progress {
        case .incomplete: break
        case .failed(let failure): client.openingFailed(self, failure)
        case .open:
            tunnel = nil
            speak()
        }
    }

    /// The host itself is at the other end now: TLS begins, or requests do.
    private func speak() {
        guard host.baseURL.scheme == .https, let settings = client.settings.tls else {
            client.opened(self)
            return
        }
        do {
            let tls = try TLSSession(settings, serverName: host.serverName, peer: host.address)
            self.tls = tls
            tls.begin(tell: take)
            flushTLS()
        } catch {
            client.openingFailed(self, .handshaking(error))
        }
    }

    // MARK: Bytes

    func isReady() {
        flushUnsent()
        guard let socket else { return }
        let buffer = client.eventLoop.readBuffer
        switch socket.receive(into: buffer) {
        case .nothing: if let sendError { socketFailed(sendError) }
        case .bytes(let count):
            isPieceFull = count == buffer.count
            read(UnsafeRawBufferPointer(rebasing: buffer[..<count]).bytes)
        case .end: readEnd()
        case .failed(let error): socketFailed(error)
        }
    }

    private func read(_ bytes: RawSpan) {
        guard tunnel == nil else {
            readTunnel(bytes)
            return
        }
        guard let tls else {
            readAnswer(bytes)
            return
        }
        var buffer = client.inbound.take()
        buffer.writeBytes(bytes)
        tls.receive(buffer, tell: take)
        client.inbound.keep(buffer)
        flushTLS()
    }

    private func readEnd() {
        guard let tls else {
            peerEnded()
            return
        }
        tls.receiveEnd(tell: take)
    }

    private func take(_ news: TLSSession.News) {
        switch news {
        case .handshakeCompleted: if phase == .opening { client.opened(self) }
        case .received(let piece): readAnswer(piece.readableBytesSpan)
        case .failed(let error): socketFailed(error)
        case .ended: peerEnded()
        }
    }

    /// Hands bytes to the kernel; what it has no room for now is sent later. False: it took none of them, and takes no more.
    private func flush(_ bytes: ByteBuffer) -> Bool {
        guard let socket, sendError == nil else { return false }
        // Behind what waits already.
        if var rest = unsent {
            // Two that hold the same bytes would make appending copy them.
            unsent = nil
            rest.writeImmutableBuffer(bytes)
            unsent = rest
            return true
        }
        do throws(SocketError) {
            let count = try socket.send(bytes.readableBytesSpan)
            if count < bytes.readableBytes {
                var rest = bytes
                rest.moveReaderIndex(forwardBy: count)
                unsent = rest
                client.eventLoop.change(socket.descriptor, to: [.readable, .writable])
            }
            return true
        } catch {
            sendError = error
            return false
        }
    }

    private func flushUnsent() {
        guard let socket, var rest = unsent else { return }
        do throws(SocketError) {
            let count = try socket.send(rest.readableBytesSpan)
            guard count == rest.readableBytes else {
                rest.moveReaderIndex(forwardBy: count)
                unsent = rest
                return
            }
        } catch {
            sendError = error
        }
        unsent = nil
        client.eventLoop.change(socket.descriptor, to: .readable)
    }

    /// What TLS has to say by itself: its handshake, a new key.
    private func flushTLS() {
        guard let outbound = tls?.takeOutbound(), !flush(outbound), phase == .opening, let sendError else { return }
        socketFailed(sendError)
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

    /// Writes a request. False: not one byte of it was handed to the kernel, and the connection is of no use any more.
    func write(_ request: HTTPRequest) -> Bool {
        guard let socket else { return false }
        let now = NIODeadline.now()
        guard now - idleSince < client.restBeforeLook || !socket.hasUnreadInput else { return false }
        phase = .writing
        var buffer = client.outbound.take()
        request.writeHead(to: &buffer, for: host)
        let headByteCount = buffer.readableBytes
        client.delegate.writeBody(of: request.exchange) { buffer.writeBytes($0) }
        requestByteCount = buffer.readableBytes
        precondition(
            requestByteCount - headByteCount == request.bodyLength,
            "exchange \(request.exchange): a body of \(request.bodyLength) bytes was announced, "
                + "\(requestByteCount - headByteCount) were lent"
        )
        let isSent = hand(buffer)
        client.outbound.keep(buffer)
        guard isSent else { return false }
        awaitAnswer(to: request, since: now)
        return true
    }

    /// Hands a request over, encrypted if it has to be. False: not one byte of it.
    private func hand(_ request: ByteBuffer) -> Bool {
        guard let tls else { return flush(request) }
        guard tls.send(request), let outbound = tls.takeOutbound() else { return false }
        return flush(outbound)
    }

    private func awaitAnswer(to request: HTTPRequest, since now: NIODeadline) {
        client.bytesSent += UInt64(requestByteCount)
        phase = .awaitingAnswer(request.exchange)
        deadline = now + client.requestTimeout
    }

    private func readAnswer(_ piece: RawSpan) {
        guard case .awaitingAnswer(let exchange) = phase else {
            // Nobody asked: whatever it is, the next answer on this connection could not be told from it.
            if phase == .idle { end() }
            return
        }
        client.bytesReceived += UInt64(piece.byteCount)
        do throws(AnswerProblem) {
            guard let answer = try parser.read(piece) else { return }
            let isWholeRead = answer.consumed == piece.byteCount && !(isPieceFull && socket?.hasUnreadInput == true)
            // A request of which a part is still to be sent although its answer is here leaves the connection useless.
            let isWholeSent = unsent == nil && sendError == nil
            finish(exchange, answer, piece, isReusable: answer.head.keepsAlive && isWholeRead && isWholeSent)
        } catch {
            fail(error)
        }
    }

    private func finish(_ exchange: UInt64, _ answer: AnswerParser.Answer, _ piece: RawSpan, isReusable: Bool) {
        var collected = answer.body == .collected ? parser.takeBody() : []
        client.answered(exchange, by: host)
        // First free, then told: what the delegate sends now finds this connection.
        if isReusable { client.freed(self) } else { endForOthers() }
        let (status, retryAfter) = (answer.head.status, answer.head.retryAfter)
        switch answer.body {
        case .inPlace(let range):
            let body = piece.extracting(range)
            client.delegate.exchange(exchange, answered: status, retryAfter: retryAfter, body: body)
        case .collected:
            client.delegate.exchange(exchange, answered: status, retryAfter: retryAfter, collected: &collected)
            parser.reuse(collected)
        }
    }

    // MARK: Ends

    private func socketFailed(_ error: any Error) {
        switch phase {
        case .opening: client.openingFailed(self, tunnel?.ended("\(error)") ?? .handshaking(error))
        case .awaitingAnswer: fail(.cut, because: "\(error)")
        case .idle: end()
        case .writing, .ended: break
        }
    }

    /// The peer sends nothing any more.
    private func peerEnded() {
        switch phase {
        case .opening:
            let failure = TransportFailure(outcome: .tls, detail: "closed within the TLS handshake")
            client.openingFailed(self, tunnel?.ended("closed by the proxy") ?? failure)
        case .awaitingAnswer(let exchange):
            do throws(AnswerProblem) {
                finish(exchange, try parser.readEnd(), RawSpan(), isReusable: false)
            } catch {
                fail(error)
            }
        case .idle: end()
        case .writing, .ended: break
        }
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
        dialing?.cancel()
        dialing = nil
        guard let socket else { return }
        if let tls {
            tls.end()
            flushTLS()
            self.tls = nil
        }
        client.eventLoop.remove(socket.descriptor)
        socket.close()
        self.socket = nil
    }

    private func fail(_ problem: AnswerProblem, because cause: String? = nil) {
        let cause = cause ?? sendError.map { "\($0)" } ?? "closed by the peer"
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
}
