/// Where a request record lies in Kafka: the identity that failures, replies and dead letters name.
package struct RecordSource: Hashable, Sendable, CustomStringConvertible {
    package var topic: String
    package var partition: Int32
    package var offset: Int64

    package init(topic: String, partition: Int32, offset: Int64) {
        self.topic = topic
        self.partition = partition
        self.offset = offset
    }

    /// `topic/partition/offset`, as in the header `wxrelay-source`.
    package var description: String { "\(topic)/\(partition)/\(offset)" }

    /// Lends topic, partition and offset with `separator` between them.
    func withText<Result>(separator: UInt8, _ body: (RawSpan) -> Result) -> Result {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: longestText) { buffer in
            var text = OutputSpan(buffer: buffer, initializedCount: 0)
            append(separator: separator, to: &text)
            return body(text.span.bytes)
        }
    }

    /// Appends what `withText` lends.
    func append(separator: UInt8, into bytes: inout [UInt8]) {
        bytes.append(addingCapacity: longestText) { append(separator: separator, to: &$0) }
    }

    private var longestText: Int { topic.utf8.count + 2 * (1 + DecimalText.longest) }

    private func append(separator: UInt8, to text: inout OutputSpan<UInt8>) {
        text.append(topic.utf8.span.bytes)
        text.append(separator)
        DecimalText.withDigits(of: Int64(partition)) { text.append($0) }
        text.append(separator)
        DecimalText.withDigits(of: offset) { text.append($0) }
    }
}

extension OutputSpan<UInt8> {
    fileprivate mutating func append(_ bytes: RawSpan) {
        precondition(bytes.byteCount <= freeCapacity, "no room for \(bytes.byteCount) bytes")
        withUnsafeMutableBufferPointer { buffer, count in
            let room = UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[count...])
            bytes.withUnsafeBytes { room.copyMemory(from: $0) }
            count += bytes.byteCount
        }
    }
}
