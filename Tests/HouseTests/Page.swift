/// A Markdown page: its code, its links and its headings.
struct Page {
    let path: String
    let lines: [String]
    /// Shell commands: lines of fenced blocks marked `sh` or `console`, and inline code.
    let commands: [(text: String, line: Int)]
    /// Inline code outside of fenced blocks.
    let spans: [(text: String, line: Int)]
    let links: [(target: String, line: Int)]
    /// The anchors of its headings, as GitHub makes them.
    let anchors: Set<String>

    init(_ path: String) {
        self.init(path, text: House.text(path))
    }

    init(_ path: String, text: String) {
        self.path = path
        lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        var commands: [(text: String, line: Int)] = []
        var spans: [(text: String, line: Int)] = []
        var links: [(target: String, line: Int)] = []
        var anchors: Set<String> = []
        var fence: String?
        for (index, line) in lines.enumerated() {
            if line.hasPrefix("```") {
                fence = fence == nil ? String(line.dropFirst(3)) : nil
            } else if let language = fence {
                if ["sh", "console"].contains(language) { commands.append((line, index + 1)) }
            } else {
                let inline = line.split(separator: "`", omittingEmptySubsequences: false).enumerated()
                for (number, part) in inline where number % 2 == 1 { spans.append((String(part), index + 1)) }
                links += Self.links(in: line).map { ($0, index + 1) }
                if line.hasPrefix("#") { anchors.insert(Self.anchor(of: line)) }
            }
        }
        self.commands = commands + spans
        self.spans = spans
        self.links = links
        self.anchors = anchors
    }

    private static func links(in line: String) -> [String] {
        var links: [String] = []
        var rest = line[...]
        while let start = rest.firstRange(of: "](") {
            rest = rest[start.upperBound...]
            guard let end = rest.firstIndex(of: ")") else { break }
            links.append(String(rest[..<end]))
            rest = rest[end...]
        }
        return links
    }

    private static func anchor(of heading: String) -> String {
        let text = heading.drop { $0 == "#" || $0 == " " }.lowercased()
        return String(
            text.compactMap { $0 == " " ? "-" : ($0.isLetter || $0.isNumber || "-_".contains($0) ? $0 : nil) }
        )
    }

    /// The words behind each use of a program in commands, up to the end of that command: `build` of `make build && …`.
    func commandLines(of program: String) -> [(words: [String], line: Int)] {
        commands.flatMap { command, line in
            let parts = command.split { "|;&#>".contains($0) }
            return parts.compactMap { part -> (words: [String], line: Int)? in
                let words = part.split { " \t[]()\"'".contains($0) }.map(String.init)
                let start = words.firstIndex { $0 == program || $0.hasSuffix("/" + program) }
                return start.map { (Array(words[($0 + 1)...]), line) }
            }
        }
    }
}
