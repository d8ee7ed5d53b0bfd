/// How a Swift file of this house looks.
enum Form {
    static let mostLines = 500

    static func breaches(_ file: SwiftFile) -> [Finding] {
        var findings: [Finding] = []
        func find(_ index: Int, _ problem: String) {
            findings.append(Finding(place: file.path, line: index + 1, problem: problem))
        }
        let count = file.lines.last == "" ? file.lines.count - 1 : file.lines.count
        if count > mostLines { find(-1, "\(count) lines: there are two things in it") }
        for word in forbiddenNames where file.path.contains(word) { find(-1, "'\(word)' names nothing") }
        for (index, line) in file.code.enumerated() {
            if line.contains("try!") { find(index, "try!") }
            if line.contains("as!") { find(index, "as!") }
            if line.contains("@testable") { find(index, "@testable: tests use package access") }
            if hasOptionalTry(line), !isExplained(index, in: file) {
                find(index, "try? without the reason beside it")
            }
            if line.contains("@unchecked") || line.contains("nonisolated(unsafe)"), !isExplained(index, in: file) {
                find(index, "no sentence that says who guarantees it")
            }
        }
        for (index, line) in file.lines.enumerated() {
            for mark in marks where line.contains(mark) { find(index, "\(mark): mend it or write it down elsewhere") }
        }
        return findings
    }

    private static let forbiddenNames = ["Utils", "Helpers", "Common", "Manager"]

    /// Put together, or this file would breach its own rule.
    private static let marks = ["TO" + "DO", "FIX" + "ME"]

    /// `try?` as a word: not the end of `Entry?`.
    private static func hasOptionalTry(_ line: String) -> Bool {
        line.ranges(of: "try?").contains { range in
            range.lowerBound == line.startIndex || !line[line.index(before: range.lowerBound)].isLetter
        }
    }

    /// Whether a comment stands on the line or above it, attributes between not counted.
    private static func isExplained(_ index: Int, in file: SwiftFile) -> Bool {
        if isComment(index, in: file) { return true }
        var above = index - 1
        while above >= 0, file.code[above].drop(while: \.isWhitespace).hasPrefix("@") { above -= 1 }
        return above >= 0 && isComment(above, in: file)
    }

    private static func isComment(_ index: Int, in file: SwiftFile) -> Bool {
        // A slash pair in a string literal is gone from the code as well, so it must be missing there and not inside quotes.
        guard let slashes = file.lines[index].firstRange(of: "//") else { return false }
        return file.lines[index][..<slashes.lowerBound].count { $0 == "\"" } % 2 == 0
    }
}
