import Glibc
import RelayCore

/// The status line and those headers of an answer that the client acts upon.
package struct AnswerHead: Equatable {
    /// How the end of the body is known (RFC 9112 §6.3).
    package enum Framing: Equatable {
        case length(Int)
        case chunked
        case untilClose
    }

    package let status: Int
    package let framing: Framing
    /// Whether the peer will read another request on this connection.
    package let keepsAlive: Bool
    package let retryAfter: RetryAfter?

    /// Reads a whole header block, its empty line included.
    ///
    /// Refused: other protocols, folded lines, names with blanks in them, lengths that differ or are no numbers, transfer
    /// codings other than `chunked`. `Content-Length` beside `chunked` gives way to it, as RFC 9112 §6.3 has it, and the
    /// connection is not used again: the answer of a function that ran is not thrown away for a proxy's blunder.
    init(block: UnsafeRawBufferPointer) throws(AnswerProblem) {
        var lines = HeaderLines(block)
        guard let statusLine = lines.next() else { throw .malformed("no status line") }
        let (minorVersion, status) = try AnswerHead.readStatusLine(statusLine)

        var length: Int64?
        var isChunked = false
        var closes = false
        var keepAliveNamed = false
        var retryAfter: RetryAfter?
        while let line = lines.next(), !line.isEmpty {
            let (name, value) = try AnswerHead.split(line)
            switch name.count {
            case 14 where AnswerHead.matches(name, "content-length"):
                for item in CommaList(value) {
                    guard let number = DecimalText.parse(item.bytes) else {
                        throw .malformed("Content-Length is no number")
                    }
                    guard length == nil || length == number else { throw .malformed("two Content-Lengths differ") }
                    length = number
                }
            case 17 where AnswerHead.matches(name, "transfer-encoding"):
                guard !isChunked, AnswerHead.matches(value, "chunked") else {
                    throw .malformed("a transfer coding other than chunked")
                }
                isChunked = true
            case 10 where AnswerHead.matches(name, "connection"):
                for item in CommaList(value) {
                    if AnswerHead.matches(item, "close") { closes = true }
                    if AnswerHead.matches(item, "keep-alive") { keepAliveNamed = true }
                }
            case 11 where AnswerHead.matches(name, "retry-after"):
                retryAfter = RetryAfter(value)
            default:
                break
            }
        }

        self.status = status
        self.retryAfter = retryAfter
        if status < 200 || status == 204 || status == 304 {
            framing = .length(0)
        } else if isChunked {
            framing = .chunked
        } else if let length {
            framing = .length(Int(length))
        } else {
            framing = .untilClose
        }
        let isPersistent = minorVersion == 0 ? keepAliveNamed : true
        keepsAlive = isPersistent && !closes && framing != .untilClose && !(isChunked && length != nil)
    }

    /// The end of the header block, just behind its empty line; nil when it has not come yet.
    ///
    /// `from` is where the search begins, and afterwards where it must go on when more bytes have come.
    static func end(in bytes: UnsafeRawBufferPointer, from: inout Int) -> Int? {
        var position = from
        while let lineFeed = bytes.offset(of: lineFeed, from: position) {
            var next = lineFeed + 1
            if next < bytes.count, bytes[next] == carriageReturn { next += 1 }
            guard next < bytes.count else {
                from = lineFeed
                return nil
            }
            if bytes[next] == AnswerHead.lineFeed { return next + 1 }
            position = lineFeed + 1
        }
        from = bytes.count
        return nil
    }

    private static func readStatusLine(
        _ line: UnsafeRawBufferPointer
    ) throws(AnswerProblem) -> (minorVersion: Int, status: Int) {
        guard line.count >= 12, begins(line, with: "HTTP/1."), line[8] == UInt8(ascii: " ") else {
            throw .malformed("it does not begin with an HTTP/1 status line")
        }
        guard
            let minorVersion = digit(line[7]),
            let hundreds = digit(line[9]), let tens = digit(line[10]), let ones = digit(line[11]),
            hundreds > 0, line.count == 12 || line[12] == UInt8(ascii: " ")
        else { throw .malformed("the status line holds no status") }
        return (minorVersion, hundreds * 100 + tens * 10 + ones)
    }

    private static func digit(_ byte: UInt8) -> Int? {
        let value = byte &- UInt8(ascii: "0")
        return value < 10 ? Int(value) : nil
    }

    private static func begins(_ line: UnsafeRawBufferPointer, with word: StaticString) -> Bool {
        guard let start = line.baseAddress, line.count >= word.utf8CodeUnitCount else { return false }
        return memcmp(start, word.utf8Start, word.utf8CodeUnitCount) == 0
    }

    private static func split(
        _ line: UnsafeRawBufferPointer
    ) throws(AnswerProblem) -> (name: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer) {
        let colon = line.offset(of: UInt8(ascii: ":"))
        let name = UnsafeRawBufferPointer(rebasing: line[..<(colon ?? line.count)])
        // A line that begins with a blank continues the one before it: obsolete folding, refused as well.
        guard name.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw .malformed("a header name with a character it may not hold")
        }
        guard let colon else { throw .malformed("a header line without a colon") }
        guard colon > 0 else { throw .malformed("a header without a name") }
        return (name, UnsafeRawBufferPointer(rebasing: line[(colon + 1)...]).withoutBlanksAround)
    }

    /// Compares without regard to case; `word` is in lower case.
    private static func matches(_ text: UnsafeRawBufferPointer, _ word: StaticString) -> Bool {
        guard text.count == word.utf8CodeUnitCount else { return false }
        let letters = word.utf8Start
        for index in 0..<text.count where text[index] | 0x20 != letters[index] { return false }
        return true
    }

    static let lineFeed = UInt8(ascii: "\n")
    static let carriageReturn = UInt8(ascii: "\r")
}

/// Why bytes are no answer.
package enum AnswerProblem: Error, Equatable {
    /// What came is no HTTP/1 answer.
    case malformed(String)
    /// The connection ended within the answer.
    case cut
    case tooLarge(String)
}

/// The lines of a header block without their ends; a single LF ends a line too (RFC 9112 §2.2).
private struct HeaderLines {
    private var rest: UnsafeRawBufferPointer

    init(_ block: UnsafeRawBufferPointer) {
        rest = block
    }

    mutating func next() -> UnsafeRawBufferPointer? {
        guard let lineFeed = rest.offset(of: AnswerHead.lineFeed) else { return nil }
        var end = lineFeed
        if end > 0, rest[end - 1] == AnswerHead.carriageReturn { end -= 1 }
        let line = UnsafeRawBufferPointer(rebasing: rest[..<end])
        rest = UnsafeRawBufferPointer(rebasing: rest[(lineFeed + 1)...])
        return line
    }
}

/// The items of a header's comma-separated value, without the blanks around them.
private struct CommaList: Sequence, IteratorProtocol {
    private var rest: UnsafeRawBufferPointer?

    init(_ value: UnsafeRawBufferPointer) {
        rest = value
    }

    mutating func next() -> UnsafeRawBufferPointer? {
        guard let text = rest else { return nil }
        guard let comma = text.offset(of: UInt8(ascii: ",")) else {
            rest = nil
            return text.withoutBlanksAround
        }
        rest = UnsafeRawBufferPointer(rebasing: text[(comma + 1)...])
        return UnsafeRawBufferPointer(rebasing: text[..<comma]).withoutBlanksAround
    }
}

extension UnsafeRawBufferPointer {
    /// The first place of the byte from `start` on.
    ///
    /// `firstIndex(of:)` compares byte by byte, which for a head of some hundred bytes costs as much as all else here.
    fileprivate func offset(of byte: UInt8, from start: Int = 0) -> Int? {
        guard let base = baseAddress, start < count else { return nil }
        return memchr(base + start, Int32(byte), count - start).map { UnsafeRawPointer($0) - base }
    }

    fileprivate var withoutBlanksAround: UnsafeRawBufferPointer {
        var start = 0
        var end = count
        while start < end, self[start] == 0x20 || self[start] == 0x09 { start += 1 }
        while end > start, self[end - 1] == 0x20 || self[end - 1] == 0x09 { end -= 1 }
        return UnsafeRawBufferPointer(rebasing: self[start..<end])
    }
}
