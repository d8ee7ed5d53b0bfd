/// Takes the Kafka headers that the core writes, one after the other: the Kafka side's own list, so that none is copied on its way
/// there.
package protocol HeaderSink: ~Copyable {
    /// Adds a header with these bytes as its value.
    mutating func append(name: StaticString, value: RawSpan)
}

extension HeaderSink where Self: ~Copyable {
    /// Adds a header with a text as its value.
    mutating func append(name: StaticString, value: String) {
        append(name: name, value: value.utf8.span.bytes)
    }

    /// Adds a header with a number in decimal ASCII digits.
    mutating func append(name: StaticString, value: Int64) {
        DecimalText.withDigits(of: value) { append(name: name, value: $0) }
    }
}
