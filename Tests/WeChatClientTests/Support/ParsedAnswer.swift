import WeChatClient

/// What the parser makes of bytes that come in pieces, and of the end behind them.
struct ParsedAnswer {
    enum Verdict: Equatable {
        case answered(Int, body: String, inPlace: Bool)
        case failed(AnswerProblem)
    }

    let verdict: Verdict
    /// Bytes of all pieces up to the answer's end.
    let consumed: Int
    let keepsAlive: Bool?
    let retryAfter: RetryAfter?

    var isInPlace: Bool {
        if case .answered(_, _, true) = verdict { true } else { false }
    }

    /// Equal but for whether the body was copied.
    func hasSameContent(as other: ParsedAnswer) -> Bool {
        switch (verdict, other.verdict) {
        case (.answered(let status, let body, _), .answered(let otherStatus, let otherBody, _)):
            status == otherStatus && body == otherBody && consumed == other.consumed && keepsAlive == other.keepsAlive
        case (.failed(let problem), .failed(let otherProblem)):
            problem == otherProblem
        default:
            false
        }
    }

    static func parse(_ pieces: [[UInt8]], limit: Int = 1 << 20) -> ParsedAnswer {
        var parser = AnswerParser(bodyByteLimit: limit)
        var before = 0
        do throws(AnswerProblem) {
            for piece in pieces {
                if let answer = try parser.read(piece.span.bytes) {
                    return ParsedAnswer(answer, piece, &parser, before: before)
                }
                before += piece.count
            }
            return ParsedAnswer(try parser.readEnd(), [], &parser, before: before)
        } catch {
            return ParsedAnswer(verdict: .failed(error), consumed: before, keepsAlive: nil, retryAfter: nil)
        }
    }

    private init(_ answer: AnswerParser.Answer, _ piece: [UInt8], _ parser: inout AnswerParser, before: Int) {
        let bytes: [UInt8]
        let inPlace: Bool
        switch answer.body {
        case .inPlace(let range): (bytes, inPlace) = (Array(piece[range]), true)
        case .collected: (bytes, inPlace) = (parser.takeBody(), false)
        }
        let body = String(decoding: bytes, as: UTF8.self)
        let verdict = Verdict.answered(answer.head.status, body: body, inPlace: inPlace)
        self.init(
            verdict: verdict,
            consumed: before + answer.consumed,
            keepsAlive: answer.head.keepsAlive,
            retryAfter: answer.head.retryAfter
        )
    }

    private init(verdict: Verdict, consumed: Int, keepsAlive: Bool?, retryAfter: RetryAfter?) {
        self.verdict = verdict
        self.consumed = consumed
        self.keepsAlive = keepsAlive
        self.retryAfter = retryAfter
    }

    /// Answers whose end is known without the connection's, and their bodies.
    static let samples: [(String, String)] = [
        (
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 13\r\n\r\n{\"errcode\":0}",
            "{\"errcode\":0}"
        ),
        ("HTTP/1.1 200\r\ncontent-length:\t5 \r\nX: y\r\n\r\nHello", "Hello"),
        ("HTTP/1.1 200 OK\nContent-Length: 2\n\n\r\n", "\r\n"),
        (
            "HTTP/1.1 200 OK\r\nServer: nginx\r\nTransfer-Encoding: chunked\r\n\r\n"
                + "5\r\nHello\r\n1 ;ext=\"a\"\r\n,\r\n00A\r\n 123456789\r\n0\r\nTrailer: x\r\n\r\n",
            "Hello, 123456789"
        ),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", ""),
        ("HTTP/1.1 100 Continue\r\nA: b\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nend", "end"),
        ("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 4\r\n\r\n\0\u{7F}ab", "\0\u{7F}ab"),
    ]
}

/// A small seeded generator: a failing round repeats exactly.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
