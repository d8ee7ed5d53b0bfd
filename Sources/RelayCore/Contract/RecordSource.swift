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

    /// Appends topic, partition and offset with `separator` between them.
    func append(separator: UInt8, into bytes: inout [UInt8]) {
        bytes.append(contentsOf: topic.utf8)
        bytes.append(separator)
        DecimalText.append(Int64(partition), into: &bytes)
        bytes.append(separator)
        DecimalText.append(offset, into: &bytes)
    }
}
