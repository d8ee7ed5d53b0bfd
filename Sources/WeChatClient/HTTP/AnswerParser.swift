/// Reads the answers of one connection, however the network cut them into pieces.
///
/// An answer that comes whole in one piece is not copied: its body is a range of that piece. Else the body is collected in
/// a buffer that is kept for the next answer.
package struct AnswerParser {
    package struct Answer: Equatable {
        package let head: AnswerHead
        package let body: Body
        /// Bytes of the last piece up to the answer's end; what follows them does not belong to it.
        package let consumed: Int
    }

    package enum Body: Equatable {
        /// A range of the last piece.
        case inPlace(Range<Int>)
        /// In the parser's own buffer: `takeBody()`.
        case collected
    }

    private enum Phase: Equatable {
        case head
        case body(remaining: Int)
        case chunks(ChunkPhase)
        case untilClose
    }

    /// A header block may not be longer, nor the chunk extensions and trailers of an answer.
    static let headByteLimit = 64 << 10

    /// A collected body beyond this size is not kept for the next answer: memory stays bounded by what is in flight.
    private static let keptByteLimit = 64 << 10

    let bodyByteLimit: Int
    private var phase = Phase.head
    private var head: AnswerHead?
    private var headBytes: [UInt8] = []
    private var headScanned = 0
    /// What was collected of the body; the chunk reader appends to it.
    var body: [UInt8] = []
    /// Bytes of chunk extensions and trailers so far.
    var overheadByteCount = 0

    package init(bodyByteLimit: Int) {
        self.bodyByteLimit = bodyByteLimit
    }

    /// Whether a part of an answer has come.
    package var hasBegun: Bool { phase != .head || !headBytes.isEmpty }

    /// Reads one piece; nil when the answer goes on in the next one.
    package mutating func read(_ bytes: RawSpan) throws(AnswerProblem) -> Answer? {
        try bytes.withUnsafeBytes { bytes throws(AnswerProblem) in try read(bytes) }
    }

    /// The peer ends the connection: an answer that lasts until then is complete, any other one is cut.
    package mutating func readEnd() throws(AnswerProblem) -> Answer {
        guard phase == .untilClose, let head else { throw .cut }
        reset()
        return Answer(head: head, body: .collected, consumed: 0)
    }

    /// Takes the collected body; hand it back with `reuse` once it was looked at.
    package mutating func takeBody() -> [UInt8] {
        var taken: [UInt8] = []
        swap(&taken, &body)
        return taken
    }

    package mutating func reuse(_ buffer: consuming [UInt8]) {
        guard body.isEmpty, buffer.capacity <= AnswerParser.keptByteLimit else { return }
        body = buffer
        body.removeAll(keepingCapacity: true)
    }

    private mutating func read(_ bytes: UnsafeRawBufferPointer) throws(AnswerProblem) -> Answer? {
        var position = 0
        while true {
            switch phase {
            case .head:
                guard try readHead(bytes, &position) else { return nil }
            case .body(let remaining):
                let count = min(remaining, bytes.count - position)
                if body.isEmpty, count == remaining {
                    return finish(body: .inPlace(position..<position + count), consumed: position + count)
                }
                guard count > 0 else { return nil }
                // Its length is known: a buffer that grew on the way would be copied each time.
                if body.isEmpty { body.reserveCapacity(remaining) }
                body.append(contentsOf: bytes[position..<position + count])
                position += count
                if count == remaining { return finish(body: .collected, consumed: position) }
                phase = .body(remaining: remaining - count)
                return nil
            case .chunks(let chunkPhase):
                guard let next = try readChunks(bytes, &position, from: chunkPhase) else {
                    return finish(body: .collected, consumed: position)
                }
                phase = .chunks(next)
                return nil
            case .untilClose:
                guard body.count + bytes.count - position <= bodyByteLimit else { throw tooLarge }
                body.append(contentsOf: bytes[position...])
                return nil
            }
        }
    }

    /// Reads the header block if it is whole by now, and decides how to go on; an interim answer (1xx) is skipped.
    private mutating func readHead(
        _ bytes: UnsafeRawBufferPointer,
        _ position: inout Int
    ) throws(AnswerProblem) -> Bool {
        let piece = UnsafeRawBufferPointer(rebasing: bytes[position...])
        let head: AnswerHead
        if headBytes.isEmpty {
            var scanned = 0
            guard let end = AnswerHead.end(in: piece, from: &scanned) else {
                try collectHead(piece)
                headScanned = scanned
                return false
            }
            guard end <= AnswerParser.headByteLimit else { throw headTooLarge }
            head = try AnswerHead(block: UnsafeRawBufferPointer(rebasing: piece[..<end]))
            position += end
        } else {
            let before = headBytes.count
            headBytes.append(contentsOf: piece.prefix(AnswerParser.headByteLimit + 1 - before))
            var scanned = headScanned
            let end = headBytes.withUnsafeBytes { AnswerHead.end(in: $0, from: &scanned) }
            guard let end else {
                guard headBytes.count <= AnswerParser.headByteLimit else { throw headTooLarge }
                headScanned = scanned
                return false
            }
            guard end <= AnswerParser.headByteLimit else { throw headTooLarge }
            head = try headBytes.span.bytes.extracting(..<end).withUnsafeBytes { block throws(AnswerProblem) in
                try AnswerHead(block: block)
            }
            position += end - before
            headBytes.removeAll(keepingCapacity: true)
        }
        headScanned = 0
        guard head.status >= 200 else {
            guard head.status != 101 else { throw .malformed("the peer switches protocols") }
            return position < bytes.count
        }
        try begin(head)
        return true
    }

    private mutating func collectHead(_ piece: UnsafeRawBufferPointer) throws(AnswerProblem) {
        guard piece.count <= AnswerParser.headByteLimit else { throw headTooLarge }
        headBytes.append(contentsOf: piece)
    }

    private mutating func begin(_ head: AnswerHead) throws(AnswerProblem) {
        self.head = head
        if !body.isEmpty { body.removeAll(keepingCapacity: true) }
        overheadByteCount = 0
        switch head.framing {
        case .length(let length):
            guard length <= bodyByteLimit else { throw tooLarge }
            phase = .body(remaining: length)
        case .chunked: phase = .chunks(.size(value: 0, digits: 0))
        case .untilClose: phase = .untilClose
        }
    }

    private mutating func finish(body: Body, consumed: Int) -> Answer? {
        guard let head else { preconditionFailure("an answer ended that had not begun") }
        reset()
        return Answer(head: head, body: body, consumed: consumed)
    }

    private mutating func reset() {
        phase = .head
        head = nil
    }

    var tooLarge: AnswerProblem { .tooLarge("the answer is larger than \(bodyByteLimit) bytes") }
    var headTooLarge: AnswerProblem {
        .tooLarge("the answer's header block is larger than \(AnswerParser.headByteLimit) bytes")
    }
}
