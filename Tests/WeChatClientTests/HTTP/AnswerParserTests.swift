import RelayCore
import Testing
import WeChatClient

@Suite("Answer parser")
struct AnswerParserTests {
    @Test("an answer cut into two pieces at any byte is the same answer", arguments: ParsedAnswer.samples)
    func everyBoundary(text: String, body: String) {
        let bytes = Array(text.utf8)
        let whole = ParsedAnswer.parse([bytes])
        #expect(whole.verdict == .answered(200, body: body, inPlace: whole.isInPlace))
        #expect(whole.consumed == bytes.count)
        for boundary in 1..<bytes.count {
            let parsed = ParsedAnswer.parse([Array(bytes[..<boundary]), Array(bytes[boundary...])])
            #expect(parsed.hasSameContent(as: whole), "cut at \(boundary)")
        }
        #expect(ParsedAnswer.parse(bytes.map { [$0] }).hasSameContent(as: whole))
    }

    @Test("a cut answer is no answer, wherever it is cut", arguments: ParsedAnswer.samples)
    func everyTruncation(text: String, body: String) {
        let bytes = Array(text.utf8)
        for count in 0..<bytes.count {
            #expect(ParsedAnswer.parse([Array(bytes[..<count])]).verdict == .failed(.cut), "\(count) bytes")
        }
    }

    @Test("a body that comes whole is not copied, with its head or after it")
    func inPlace() {
        let head = Array("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n".utf8)
        #expect(ParsedAnswer.parse([head + Array("Hello".utf8)]).isInPlace)
        #expect(ParsedAnswer.parse([head, Array("Hello".utf8)]).isInPlace)
        #expect(!ParsedAnswer.parse([head, Array("Hel".utf8), Array("lo".utf8)]).isInPlace)
    }

    @Test(
        "what is no HTTP/1 answer is refused",
        arguments: [
            "HTTP/2 200\r\n\r\n", "HTTP/1.1 20\r\n\r\n", "HTTP/1.1 2000 OK\r\n\r\n", "HTTP/1.1 abc OK\r\n\r\n",
            "HTTP/1.1 099 OK\r\n\r\n", "http/1.1 200 OK\r\n\r\n", "\r\nHTTP/1.1 200 OK\r\n\r\n", "\r\n\r\n",
            "HTTP/1.1 101 Switching Protocols\r\n\r\n",
            "HTTP/1.1 200 OK\r\nno colon\r\n\r\n", "HTTP/1.1 200 OK\r\n: no name\r\n\r\n",
            "HTTP/1.1 200 OK\r\nBlank : x\r\n\r\n", "HTTP/1.1 200 OK\r\nA: folded\r\n value\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: \r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: +1\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 1x\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 1\r\ncontent-length: 2\r\n\r\nab",
            "HTTP/1.1 200 OK\r\nContent-Length: 1, 2\r\n\r\nab",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1z\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0000000000000000\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nabc\r\n0\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\rc",
        ]
    )
    func malformed(text: String) {
        guard case .failed(.malformed) = ParsedAnswer.parse([Array(text.utf8)]).verdict else {
            Issue.record("\(ParsedAnswer.parse([Array(text.utf8)]).verdict)")
            return
        }
    }

    @Test("how long an answer may be", arguments: ["ffffffffffffff", "11", "FFFFFFFFFFFFFFF"])
    func chunkTooLarge(size: String) {
        let text = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\(size)\r\n"
        guard case .failed(.tooLarge) = ParsedAnswer.parse([Array(text.utf8)], limit: 16).verdict else {
            Issue.record("\(ParsedAnswer.parse([Array(text.utf8)], limit: 16).verdict)")
            return
        }
    }

    @Test("chunk extensions and trailers have an end")
    func endlessTrailer() {
        let text = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n"
        let trailer = String(repeating: "a: b\r\n", count: 20_000)
        guard case .failed(.tooLarge) = ParsedAnswer.parse([Array((text + trailer).utf8)]).verdict else {
            Issue.record("a trailer of \(trailer.utf8.count) bytes was read")
            return
        }
    }

    @Test(
        "whether the connection may be used again",
        arguments: [
            ("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", true),
            ("HTTP/1.1 200 OK\r\nContent-Length: 0, 0\r\nCONNECTION: Keep-Alive\r\n\r\n", true),
            ("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", false),
            ("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection:\tupgrade ,CLOSE \r\n\r\n", false),
            ("HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", false),
            ("HTTP/1.0 200 OK\r\nContent-Length: 0\r\nConnection: keep-alive\r\n\r\n", true),
            ("HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n0\r\n\r\n", true),
            ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n", false),
            ("HTTP/1.1 200 OK\nContent-Length: 0\n\n", true),
        ]
    )
    func keepsAlive(text: String, expected: Bool) {
        let parsed = ParsedAnswer.parse([Array(text.utf8)])
        #expect(parsed.keepsAlive == expected)
        #expect(parsed.consumed == text.utf8.count)
    }

    @Test(
        "Retry-After is seconds or a date, and anything else is none",
        arguments: [
            ("0", RetryAfter.delay(.zero)), ("120", .delay(.seconds(120))), ("-1", nil), ("1.5", nil), ("soon", nil),
            ("Thu, 01 Jan 1970 00:00:00 GMT", .date(WallTime(milliseconds: 0))),
            ("Thu, 29 Feb 2024 23:59:59 GMT", .date(WallTime(milliseconds: 1_709_251_199_000))),
            ("Fri, 01 Mar 2024 00:00:00 GMT", .date(WallTime(milliseconds: 1_709_251_200_000))),
            ("Tue, 31 Dec 2999 12:30:00 GMT", .date(WallTime(milliseconds: 32_503_638_600_000))),
            ("Thu, 01 Jam 1970 00:00:00 GMT", nil), ("Thu, 01 Jan 1970 24:00:00 GMT", nil),
            ("Sunday, 06-Nov-94 08:49:37 GMT", nil), ("Sun Nov  6 08:49:37 1994", nil),
        ]
    )
    func retryAfter(value: String, expected: RetryAfter?) {
        let text = "HTTP/1.1 503 Busy\r\nRetry-After:  \(value) \r\nContent-Length: 0\r\n\r\n"
        #expect(ParsedAnswer.parse([Array(text.utf8)]).retryAfter == expected)
    }

    @Test("a date that has passed means no wait")
    func passedDate() {
        let now = WallTime(milliseconds: 10_000)
        #expect(RetryAfter.date(WallTime(milliseconds: 4_000)).delay(from: now) == .zero)
        #expect(RetryAfter.date(WallTime(milliseconds: 14_500)).delay(from: now) == .milliseconds(4_500))
        #expect(RetryAfter.delay(.seconds(3)).delay(from: now) == .seconds(3))
    }

    @Test("20,000 broken answers, cut at random: the cuts change nothing, and no cut answer is whole")
    func mutations() {
        var random = SplitMix(state: 20_260_101)
        var complete = 0
        for round in 0..<20_000 {
            let sample = ParsedAnswer.samples[Int.random(in: 0..<ParsedAnswer.samples.count, using: &random)]
            var bytes = Array(sample.0.utf8)
            let isTruncated = round % 4 == 0
            if isTruncated {
                bytes.removeLast(Int.random(in: 1...bytes.count, using: &random))
            } else {
                for _ in 0..<Int.random(in: 1...3, using: &random) { mutate(&bytes, &random) }
            }
            let whole = ParsedAnswer.parse([bytes])
            let pieces = cut(bytes, &random)
            let pieceMeal = ParsedAnswer.parse(pieces)
            // No `#expect` for each of so many rounds: it costs more than the parser.
            if !pieceMeal.hasSameContent(as: whole) {
                Issue.record("round \(round): \(bytes), cut \(pieces.map(\.count))")
            }
            if isTruncated, whole.verdict != .failed(.cut) { Issue.record("round \(round): \(bytes)") }
            if case .answered = whole.verdict { complete += 1 }
        }
        // Some mutations hurt nothing: the test does not only see refusals.
        #expect(complete > 1_000)
    }

    private func mutate(_ bytes: inout [UInt8], _ random: inout SplitMix) {
        guard !bytes.isEmpty else { return }
        let index = Int.random(in: 0..<bytes.count, using: &random)
        let telling = Array("\r\n:;, 0123456789abcdefFcC\0\u{7F}".utf8)
        switch Int.random(in: 0..<5, using: &random) {
        case 0: bytes[index] = UInt8.random(in: .min ... .max, using: &random)
        case 1: bytes[index] = telling[Int.random(in: 0..<telling.count, using: &random)]
        case 2: bytes.remove(at: index)
        case 3: bytes.insert(telling[Int.random(in: 0..<telling.count, using: &random)], at: index)
        default:
            let end = min(bytes.count, index + Int.random(in: 1...20, using: &random))
            bytes.insert(contentsOf: bytes[index..<end], at: index)
        }
    }

    private func cut(_ bytes: [UInt8], _ random: inout SplitMix) -> [[UInt8]] {
        var pieces: [[UInt8]] = []
        var start = 0
        while start < bytes.count {
            let end = min(bytes.count, start + Int.random(in: 1...40, using: &random))
            pieces.append(Array(bytes[start..<end]))
            start = end
        }
        return pieces
    }
}
