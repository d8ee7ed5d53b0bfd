/// Record headers in one run of bytes: to be filled, handed to ``Producer``, emptied and filled again without an
/// allocation a header.
public struct HeaderBlock: Equatable, Sendable {
    private struct Header: Equatable {
        let name: Range<Int>
        let value: Range<Int>?
    }

    private var bytes: [UInt8] = []
    private var headers: [Header] = []

    /// No headers.
    public init() {}

    /// How many headers there are.
    public var count: Int { headers.count }

    /// Whether there are none.
    public var isEmpty: Bool { headers.isEmpty }

    /// How many bytes names and values take.
    public var byteCount: Int { bytes.count }

    /// Adds a header; nil is a null value, which is not an empty one.
    public mutating func append(name: RawSpan, value: RawSpan?) {
        let name = append(name)
        headers.append(Header(name: name, value: bytes.append(value)))
    }

    /// Adds a header whose name and value are text.
    public mutating func append(_ name: String, _ value: String) {
        let name = append(name.utf8)
        headers.append(Header(name: name, value: append(value.utf8)))
    }

    /// Adds a header with any bytes as value; nil is a null value.
    public mutating func append(_ name: String, bytes value: (some Sequence<UInt8>)?) {
        let name = append(name.utf8)
        headers.append(Header(name: name, value: value.map { append($0) }))
    }

    /// Adds all headers of a record.
    public mutating func append(contentsOf record: borrowing some Record & ~Copyable) {
        record.forEachHeader { append(name: $0, value: $1) }
    }

    /// Empties it and keeps the memory.
    public mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
        headers.removeAll(keepingCapacity: true)
    }

    /// Lends each header in order.
    public func forEach<Failure: Error>(
        _ body: (_ name: RawSpan, _ value: RawSpan?) throws(Failure) -> Void
    ) throws(Failure) {
        let all = unsafe bytes.span.bytes
        for header in headers {
            if let value = header.value {
                try body(all.extracting(header.name), all.extracting(value))
            } else {
                try body(all.extracting(header.name), nil)
            }
        }
    }

    private mutating func append(_ name: RawSpan) -> Range<Int> {
        let start = bytes.count
        unsafe name.withUnsafeBytes { unsafe bytes.append(contentsOf: $0) }
        return start..<bytes.count
    }

    private mutating func append(_ sequence: some Sequence<UInt8>) -> Range<Int> {
        let start = bytes.count
        bytes.append(contentsOf: sequence)
        return start..<bytes.count
    }
}
