/// A Swift file with its comments and string literals told apart from its code.
struct SwiftFile {
    let path: String
    /// The lines as they are written.
    let lines: [String]
    /// The lines without comments and without what stands in string literals.
    let code: [String]

    init(_ path: String) {
        self.init(path, text: House.text(path))
    }

    init(_ path: String, text: String) {
        self.path = path
        lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        code = Self.masked(text).split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    }

    /// `RelayCore` of `Sources/RelayCore/JSON/JSONText.swift`.
    var target: String { parts.count > 1 ? parts[1] : "" }

    /// `JSON` of `Sources/RelayCore/JSON/JSONText.swift`; empty for a file in the target's own folder.
    var room: String { parts.count > 3 ? parts[2] : "" }

    /// `JSONText.swift`.
    var name: String { parts.last ?? "" }

    private var parts: [String] { path.split(separator: "/").map(String.init) }

    /// The modules that it imports, each with its line.
    var imports: [(module: String, line: Int)] {
        code.enumerated().compactMap { index, line in
            let words = Self.words(in: line)
            guard let position = words.firstIndex(of: "import"), position <= 2, position + 1 < words.count else {
                return nil
            }
            return (words.last ?? "", index + 1)
        }
    }

    /// The words of its code that stand for themselves, not behind a dot, each with its line.
    func forEachWord(_ body: (_ word: String, _ line: Int, _ isMember: Bool) -> Void) {
        for (index, line) in code.enumerated() {
            Self.forEachWord(in: line) { body($0, index + 1, $1) }
        }
    }

    static func words(in line: String) -> [String] {
        var words: [String] = []
        forEachWord(in: line) { word, _ in words.append(word) }
        return words
    }

    private static func forEachWord(in line: String, _ body: (String, Bool) -> Void) {
        var word: [UInt8] = []
        var before = UInt8(ascii: " ")
        var beforeWord = before
        for byte in line.utf8 + [UInt8(ascii: " ")] {
            if isWordByte(byte) {
                if word.isEmpty { beforeWord = before }
                word.append(byte)
            } else if !word.isEmpty {
                body(String(decoding: word, as: UTF8.self), beforeWord == UInt8(ascii: "."))
                word.removeAll(keepingCapacity: true)
            }
            before = byte
        }
    }

    private static func isWordByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
            true
        default: false
        }
    }

    /// Blanks out comments and the text of string literals; the lines stay where they are.
    ///
    /// Code in interpolations is blanked as well: a rule may miss something there, and never finds what is not.
    private static func masked(_ text: String) -> String {
        let bytes = Array(text.utf8)
        var masked = bytes
        var index = 0
        func starts(_ token: StaticString, at position: Int) -> Bool {
            guard position + token.utf8CodeUnitCount <= bytes.count else { return false }
            for offset in 0..<token.utf8CodeUnitCount where bytes[position + offset] != token.utf8Start[offset] {
                return false
            }
            return true
        }
        func blank(to end: Int) {
            for position in index..<min(end, bytes.count) where bytes[position] != UInt8(ascii: "\n") {
                masked[position] = UInt8(ascii: " ")
            }
            index = min(end, bytes.count)
        }
        while index < bytes.count {
            if starts("//", at: index) {
                blank(to: bytes[index...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count)
            } else if starts("/*", at: index) {
                var end = index + 2
                while end < bytes.count, !starts("*/", at: end) { end += 1 }
                blank(to: end + 2)
            } else if starts("\"\"\"", at: index) {
                var end = index + 3
                while end < bytes.count, !starts("\"\"\"", at: end) { end += bytes[end] == UInt8(ascii: "\\") ? 2 : 1 }
                blank(to: end + 3)
            } else if bytes[index] == UInt8(ascii: "\"") {
                var end = index + 1
                while end < bytes.count, bytes[end] != UInt8(ascii: "\""), bytes[end] != UInt8(ascii: "\n") {
                    end += bytes[end] == UInt8(ascii: "\\") ? 2 : 1
                }
                blank(to: end + 1)
            } else {
                index += 1
            }
        }
        return String(decoding: masked, as: UTF8.self)
    }
}
