/// What a function returns.
package struct ScriptedAnswer: Hashable, Sendable {
    package enum Content: Hashable, Sendable {
        /// `resp_data` is the function's input, byte for byte.
        case echo
        case text(String)
        /// That many bytes of `resp_data`.
        case size(Int)
        /// `resp_data` is `controlBytes`, written without escapes, as the host has been seen to do.
        case controlCharacters
        /// `resp_data` is `gbkBytes`, which are no UTF-8, as the host has been seen to do.
        case gbk
        /// The whole HTTP body.
        case raw(String)
        /// `resp_data` is this JSON text, a number, `null`, `true` or `false`.
        case literal(String)
        /// There is no member `resp_data`.
        case absent
        /// The request's own member `fake` says what happens; see `Directions`.
        case directed
    }

    package var content: Content
    package var status: Int
    /// Nil for WeChat's own `application/json; encoding=utf-8`.
    package var contentType: String?

    package init(_ content: Content, status: Int = 200, contentType: String? = nil) {
        self.content = content
        self.status = status
        self.contentType = contentType
    }

    package static let echo = ScriptedAnswer(.echo)
    package static let directed = ScriptedAnswer(.directed)

    /// A line break, a tab and a character 1, which JSON forbids unescaped in a string.
    package static let controlBytes = Array("first line\nsecond line\twith a tab \u{1} and a control character".utf8)
    /// Two Chinese characters in GBK, in the midst of ASCII.
    package static let gbkBytes: [UInt8] = Array("GBK: ".utf8) + [0xC4, 0xE3, 0xBA, 0xC3] + Array(".".utf8)

    /// The body of the HTTP answer for this input. `directed` is what `FunctionScript` resolved it to: an echo.
    func body(input: [UInt8]) -> [UInt8] {
        switch content {
        case .echo, .directed: Self.success { JSONText.appendQuoted(input, to: &$0) }
        case .text(let text): Self.success { JSONText.appendQuoted(Array(text.utf8), to: &$0) }
        case .size(let count):
            Self.success { JSONText.appendQuoted([UInt8](repeating: UInt8(ascii: "x"), count: count), to: &$0) }
        case .controlCharacters: Self.success { $0 += Self.verbatim(Self.controlBytes) }
        case .gbk: Self.success { $0 += Self.verbatim(Self.gbkBytes) }
        case .raw(let text): Array(text.utf8)
        case .literal(let text): Self.success { $0 += Array(text.utf8) }
        case .absent: Array(#"{"errcode":0,"errmsg":"ok"}"#.utf8)
        }
    }

    private static func success(_ appendValue: (inout [UInt8]) -> Void) -> [UInt8] {
        var body = Array(#"{"errcode":0,"errmsg":"ok","resp_data":"#.utf8)
        appendValue(&body)
        body.append(UInt8(ascii: "}"))
        return body
    }

    private static func verbatim(_ bytes: [UInt8]) -> [UInt8] {
        let quote = [UInt8(ascii: "\"")]
        return quote + bytes + quote
    }
}
