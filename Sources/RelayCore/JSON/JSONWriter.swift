/// Appends one compact JSON document to bytes.
///
/// Members stand in the order of the calls. That every object is ended, and that no name repeats, is up to the caller.
package struct JSONWriter {
    /// What was written so far, behind what the writer was given.
    package var bytes: [UInt8]

    package init(appendingTo bytes: consuming [UInt8] = []) {
        self.bytes = bytes
    }

    /// Begins the document.
    package mutating func beginObject() {
        bytes.append(.openingBrace)
    }

    /// Begins a member that is an object.
    package mutating func beginObject(_ name: String) {
        begin(name)
        bytes.append(.openingBrace)
    }

    package mutating func endObject() {
        bytes.append(.closingBrace)
    }

    package mutating func member(_ name: String, _ value: String) {
        begin(name)
        quote(value.utf8.span.bytes)
    }

    /// A string of bytes that may be no UTF-8: what is no character becomes U+FFFD.
    package mutating func member(_ name: String, text: RawSpan) {
        begin(name)
        quote(text)
    }

    package mutating func member(_ name: String, _ value: some FixedWidthInteger) {
        begin(name)
        bytes.append(contentsOf: String(value).utf8)
    }

    package mutating func member(_ name: String, _ value: Bool) {
        begin(name)
        bytes.append(contentsOf: (value ? "true" : "false").utf8)
    }

    private mutating func begin(_ name: String) {
        // No value ends with one of these two: a name comes first in its object, or what was given ends with a comma.
        if let last = bytes.last, last != .openingBrace, last != .comma { bytes.append(.comma) }
        quote(name.utf8.span.bytes)
        bytes.append(.colon)
    }

    private mutating func quote(_ text: RawSpan) {
        bytes.append(.quote)
        JSONText.appendEscaped(text, into: &bytes)
        bytes.append(.quote)
    }
}
