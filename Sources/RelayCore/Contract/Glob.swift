/// Patterns of the allow-lists: `*` stands for any bytes, none too, `?` for one byte, everything else for itself.
package enum Glob {
    /// Whether the whole text matches; letters count in their case.
    ///
    /// Only the last `*` is ever reconsidered, since an earlier one could not help where the last fails. So the time is
    /// at most pattern × text, never exponential, and nothing is allocated.
    package static func matches(_ pattern: String, _ text: RawSpan) -> Bool {
        let glob = pattern.utf8.span.bytes
        var inGlob = 0
        var inText = 0
        var restart: (glob: Int, text: Int)?
        while inText < text.byteCount {
            if inGlob < glob.byteCount, glob.byte(at: inGlob) == star {
                inGlob += 1
                restart = (inGlob, inText)
            } else if inGlob < glob.byteCount,
                glob.byte(at: inGlob) == questionMark || glob.byte(at: inGlob) == text.byte(at: inText)
            {
                inGlob += 1
                inText += 1
            } else if let (afterStar, matched) = restart {
                inGlob = afterStar
                inText = matched + 1
                restart = (afterStar, inText)
            } else {
                return false
            }
        }
        while inGlob < glob.byteCount, glob.byte(at: inGlob) == star { inGlob += 1 }
        return inGlob == glob.byteCount
    }

    /// Whether the pattern names exactly one text: itself.
    package static func isLiteral(_ pattern: String) -> Bool {
        !pattern.utf8.contains { $0 == star || $0 == questionMark }
    }

    private static let star = UInt8(ascii: "*")
    private static let questionMark = UInt8(ascii: "?")
}
