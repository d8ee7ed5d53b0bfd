/// Text of an answer as it may be shown: valid UTF-8, tokens masked, cut at a character boundary (`wechat.md`, rule 7).
enum UntrustedText {
    /// Bytes of an errmsg that are kept.
    static let errmsgLimit = 512
    /// Bytes of a foreign or broken answer that are kept.
    static let excerptLimit = 256

    /// The first bytes, `limit` at most.
    ///
    /// They are cut before masking, which finds a value that ends with the text, and once more after it, because a mask
    /// and U+FFFD may be longer than what they replace.
    static func shown(_ bytes: RawSpan, limit: Int) -> String {
        let start = bytes.extracting(0..<UTF8Text.length(of: bytes, cutTo: limit))
        let text = Redaction.redact(start.withUnsafeBytes { String(decoding: $0, as: UTF8.self) })
        guard text.utf8.count > limit else { return text }
        let shown = Array(text.utf8)
        return String(decoding: shown[..<UTF8Text.length(of: shown.span.bytes, cutTo: limit)], as: UTF8.self)
    }
}
