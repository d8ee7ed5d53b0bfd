/// Questions about bytes that ought to be UTF-8.
package enum UTF8Text {
    /// Whether all of the bytes are well-formed UTF-8.
    package static func isValid(_ bytes: RawSpan) -> Bool {
        var position = 0
        while position < bytes.byteCount {
            if bytes.byte(at: position) < 0x80 {
                position += 1
            } else if let length = bytes.utf8SequenceLength(at: position) {
                position += length
            } else {
                return false
            }
        }
        return true
    }

    /// The longest length of at most `limit` bytes that does not end inside a character.
    ///
    /// In bytes that are no UTF-8 it may be up to three bytes shorter than it need be.
    package static func length(of bytes: RawSpan, cutTo limit: Int) -> Int {
        guard bytes.byteCount > limit else { return bytes.byteCount }
        var length = limit
        while length > 0, limit - length < 3, bytes.byte(at: length) & 0xC0 == 0x80 { length -= 1 }
        return length
    }
}
