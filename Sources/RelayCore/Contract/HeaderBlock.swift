/// Kafka headers in one flat, reusable buffer: what the core writes and the Kafka side hands on without allocating.
package struct HeaderBlock: Hashable, Sendable {
    /// Where one header lies in `bytes`; a header without value is one with a null value.
    package struct Entry: Hashable, Sendable {
        package let name: Range<Int>
        package let value: Range<Int>?
    }

    package private(set) var bytes: [UInt8] = []
    package private(set) var entries: [Entry] = []

    package init() {}

    package mutating func removeAll(keepingCapacity: Bool) {
        bytes.removeAll(keepingCapacity: keepingCapacity)
        entries.removeAll(keepingCapacity: keepingCapacity)
    }

    /// Lends name and value of each header in order.
    package func forEach<Failure: Error>(
        _ body: (_ name: RawSpan, _ value: RawSpan?) throws(Failure) -> Void
    ) throws(Failure) {
        let bytes = bytes.span.bytes
        for entry in entries {
            if let value = entry.value {
                try body(bytes.extracting(entry.name), bytes.extracting(value))
            } else {
                try body(bytes.extracting(entry.name), nil)
            }
        }
    }

    /// A header as it came, such as one of the original record before those of a dead letter.
    package mutating func append(name: RawSpan, value: RawSpan?) {
        let start = bytes.count
        name.withUnsafeBytes { bytes.append(contentsOf: $0) }
        let middle = bytes.count
        var place: Range<Int>?
        if let value {
            value.withUnsafeBytes { bytes.append(contentsOf: $0) }
            place = middle..<bytes.count
        }
        entries.append(Entry(name: start..<middle, value: place))
    }

    package mutating func append(name: StaticString, value: RawSpan) {
        append(name) { bytes in value.withUnsafeBytes { bytes.append(contentsOf: $0) } }
    }

    package mutating func append(name: StaticString, value: String) {
        append(name) { $0.append(contentsOf: value.utf8) }
    }

    /// A number as decimal ASCII digits.
    package mutating func append(name: StaticString, value: Int64) {
        append(name) { DecimalText.append(value, into: &$0) }
    }

    /// A header whose value `write` appends to the bytes.
    mutating func append(_ name: StaticString, write: (inout [UInt8]) -> Void) {
        let start = bytes.count
        bytes.append(contentsOf: UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
        let middle = bytes.count
        write(&bytes)
        entries.append(Entry(name: start..<middle, value: middle..<bytes.count))
    }
}
