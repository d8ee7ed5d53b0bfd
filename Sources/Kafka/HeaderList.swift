internal import CRdKafka

/// Record headers in librdkafka's own form: filled once and handed to ``Producer``, which keeps them.
@safe
public struct HeaderList: ~Copyable {
    private let raw: OpaquePointer

    /// No headers, with room for so many.
    public init(capacity: Int) {
        guard let list = unsafe rd_kafka_headers_new(capacity) else { preconditionFailure("librdkafka has no memory") }
        unsafe raw = list
    }

    /// The headers of a block.
    public init(copying block: borrowing HeaderBlock) {
        self.init(capacity: block.count)
        block.forEach { append(name: $0, value: $1) }
    }

    /// Adds a header; nil is a null value, which is not an empty one.
    public func append(name: RawSpan, value: RawSpan?) {
        unsafe withAddress(of: name) { name in
            unsafe withAddress(of: value) { value in
                // It has no error to give.
                _ = unsafe rd_kafka_header_add(raw, name.baseAddress, name.count, value.baseAddress, value.count)
            }
        }
    }

    /// Adds a header whose name is known beforehand.
    public func append(name: StaticString, value: RawSpan) {
        let name = unsafe UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount)
        unsafe append(name: name.span.bytes, value: value)
    }

    /// Lends the list to a call that takes it over when `body` returns nil.
    consuming func handOver(_ body: (OpaquePointer) -> OpaquePointer?) -> OpaquePointer? {
        let failure = unsafe body(raw)
        if unsafe failure == nil {
            discard self
        } else {
            _ = consume self
        }
        return unsafe failure
    }

    deinit {
        unsafe rd_kafka_headers_destroy(raw)
    }
}

/// NULL stands for nil, so an empty span needs an address: any one, nothing is read from it.
func withAddress<Result>(of span: RawSpan?, _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
    guard let span else { return unsafe body(UnsafeRawBufferPointer(start: nil, count: 0)) }
    return unsafe span.withUnsafeBytes { bytes in
        if unsafe bytes.baseAddress != nil { return unsafe body(bytes) }
        return unsafe withUnsafeBytes(of: 0) { unsafe body(UnsafeRawBufferPointer(start: $0.baseAddress, count: 0)) }
    }
}
