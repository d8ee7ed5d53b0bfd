import RelayCore
import Testing

@Suite("Globs of the allow-lists") struct GlobTests {
    @Test(
        "a pattern matches the whole text",
        arguments: [
            ("", "", true), ("", "a", false), ("a", "", false), ("*", "", true), ("*", "anything", true),
            ("**", "", true), ("***a", "a", true), ("?", "", false), ("?", "a", true), ("?", "ab", false),
            ("??", "ab", true), ("?*", "", false), ("?*", "a", true), ("*?", "abc", true), ("abc", "abc", true),
            ("abc", "abd", false), ("abc", "ABC", false), ("abc", "abcd", false), ("abcd", "abc", false),
            ("a*", "a", true), ("a*", "ba", false), ("*a", "ba", true), ("*a", "ab", false), ("a*c", "abbbc", true),
            ("a*c", "abbbcd", false), ("a*b*c", "a-b-b-c", true), ("a*b*c", "a-c-b", false), ("*ab", "aab", true),
            ("*aab*", "aaab", true), ("a?c*", "abcabc", true), ("*.dead", "orders.dead", true),
            ("*abc*", "ababc", true),
            ("orders.*", "orders", false), ("a.c", "abc", false), ("[ab]", "a", false), ("\\*", "*", false),
            ("\\*", "\\x", true),
        ]
    )
    func whole(pattern: String, text: String, expected: Bool) {
        let matches = Glob.matches(pattern, text.utf8.span.bytes)
        #expect(matches == expected)
    }

    @Test("all small patterns and texts agree with the definition by recursion")
    func agreesWithDefinition() {
        let patterns = Self.words(over: Array("ab?*".utf8), upTo: 5)
        let texts = Self.words(over: Array("ab".utf8), upTo: 5)
        var disagreements = 0
        for pattern in patterns {
            let text = String(decoding: pattern, as: UTF8.self)
            for word in texts where Glob.matches(text, word.span.bytes) != Self.defined(pattern[...], word[...]) {
                disagreements += 1
            }
        }
        #expect(patterns.count == 1_365)
        #expect(disagreements == 0)
    }

    @Test("a pattern that would take a backtracking matcher for ever is answered")
    func pathological() {
        let text = String(repeating: "a", count: 2_000)
        let matches = { (pattern: String) in Glob.matches(pattern, text.utf8.span.bytes) }
        let pattern = String(repeating: "*a", count: 200)
        #expect(!matches(pattern + "*b"))
        #expect(matches(pattern))
        #expect(!matches(String(repeating: "a*", count: 200) + "?b"))
    }

    @Test(
        "only a pattern without a wildcard names itself",
        arguments: [("", true), ("a.b", true), ("a?", false), ("*", false)]
    )
    func literal(pattern: String, expected: Bool) {
        #expect(Glob.isLiteral(pattern) == expected)
    }

    private static func words(over letters: [UInt8], upTo length: Int) -> [[UInt8]] {
        var all: [[UInt8]] = [[]]
        var longest = all
        for _ in 0..<length {
            longest = longest.flatMap { word in letters.map { word + [$0] } }
            all += longest
        }
        return all
    }

    private static func defined(_ pattern: ArraySlice<UInt8>, _ text: ArraySlice<UInt8>) -> Bool {
        guard let first = pattern.first else { return text.isEmpty }
        let rest = pattern.dropFirst()
        if first == UInt8(ascii: "*") {
            return defined(rest, text) || (!text.isEmpty && defined(pattern, text.dropFirst()))
        }
        guard let letter = text.first, first == UInt8(ascii: "?") || first == letter else { return false }
        return defined(rest, text.dropFirst())
    }
}
