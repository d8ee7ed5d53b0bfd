import RelayCore

/// The opening of a tunnel through an HTTP proxy (RFC 9110 §9.3.6): what is asked, and what the answer means.
///
/// Whatever goes wrong here, the request was not sent. A refusal that waiting does not mend (403, 407, any other 3xx or
/// 4xx) is told from a proxy that has trouble of its own, or that is none. A class, so that a connection that looks whether it
/// has one, at each piece of each answer, looks at a reference.
final class ProxyTunnel {
    enum Progress: Equatable {
        /// The answer goes on in the next piece.
        case incomplete
        case open
        case failed(TransportFailure)
    }

    /// The answer's head may not be longer.
    static let headByteLimit = 16 << 10
    private static let start = Array("HTTP/1.".utf8)

    private let proxy: ProxyURL
    private let destination: String
    private var head: [UInt8] = []
    private var scanned = 0

    /// A tunnel to the host, whose name the proxy resolves.
    init(to host: BaseURL, through proxy: ProxyURL) {
        self.proxy = proxy
        destination = host.authorityWithPort
    }

    /// What the proxy is asked: nothing in it tells who asks, but for the user that the proxy itself wants.
    var request: [UInt8] {
        var text = "CONNECT \(destination) HTTP/1.1\r\nHost: \(destination)\r\n"
        if let authorization = proxy.authorization { text += "Proxy-Authorization: \(authorization.exposed)\r\n" }
        return Array((text + "\r\n").utf8)
    }

    /// Reads one piece of the proxy's answer.
    func read(_ bytes: RawSpan) -> Progress {
        bytes.withUnsafeBytes { head.append(contentsOf: $0.prefix(Self.headByteLimit + 1 - head.count)) }
        let isCut = head.count > Self.headByteLimit
        while true {
            guard zip(head, Self.start).allSatisfy({ $0 == $1 }) else { return failed("the answer is not HTTP/1") }
            let end = head.withUnsafeBytes { AnswerHead.end(in: $0, from: &scanned) }
            guard let end else {
                return isCut ? failed("the answer's head is larger than \(Self.headByteLimit) bytes") : .incomplete
            }
            let answer: AnswerHead
            do throws(AnswerProblem) {
                answer = try head.span.bytes.extracting(..<end).withUnsafeBytes { block throws(AnswerProblem) in
                    try AnswerHead(block: block)
                }
            } catch {
                return failed("the answer is not readable as HTTP")
            }
            // Bytes behind the head would be the host's, which has not been spoken to.
            let isFollowed = isCut || end < head.count
            switch answer.status {
            case 100, 102..<200:
                // An interim answer: the one that counts follows.
                head.removeFirst(end)
                scanned = 0
            case 200..<300:
                return isFollowed ? failed("bytes came through the tunnel before anything was asked") : .open
            case 408, 425, 429: return failed("the answer is HTTP \(answer.status)")
            case 300..<500:
                let detail = "\(subject): the answer is HTTP \(answer.status)"
                return .failed(TransportFailure(outcome: .proxyRefused, detail: detail))
            default: return failed("the answer is HTTP \(answer.status)")
            }
        }
    }

    /// The connection ended before the proxy had answered.
    func ended(_ cause: String) -> TransportFailure {
        TransportFailure(outcome: .tunnelFailed, detail: "\(subject): no answer, \(cause)")
    }

    /// Who was asked for what, without the password.
    var subject: String { "the proxy \(proxy), asked for \(destination)" }

    private func failed(_ problem: String) -> Progress {
        .failed(TransportFailure(outcome: .tunnelFailed, detail: "\(subject): \(problem)"))
    }
}
