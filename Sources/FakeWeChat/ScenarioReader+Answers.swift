import Yams

extension ScenarioReader {
    private static let words: [String: ScriptedAnswer.Content] = [
        "echo": .echo, "control-characters": .controlCharacters, "gbk": .gbk, "no-resp-data": .absent,
        "directed": .directed,
    ]

    /// A word, or a mapping with one of `text`, `size`, `raw`, `resp-data` and perhaps `status` and `content-type`.
    func answer(_ node: Node) -> ScriptedAnswer? {
        guard let scalar = node.scalar else { return mappedAnswer(node) }
        if let content = Self.words[scalar.string] { return ScriptedAnswer(content) }
        let words = Self.words.keys.sorted().joined(separator: ", ")
        report(node, "answer: expected one of \(words), or one of {text: …}, {size: …}, {raw: …}, {resp-data: …}")
        return nil
    }

    private func mappedAnswer(_ node: Node) -> ScriptedAnswer? {
        let contents = ["text", "size", "raw", "resp-data"]
        let keys = contents + ["status", "content-type"]
        guard let section = ScenarioSection(node, called: "answer", keys: keys, reader: self) else { return nil }
        guard contents.filter({ section[$0] != nil }).count == 1 else {
            report(node, "answer: expected one of \(contents.joined(separator: ", "))")
            return nil
        }
        guard let content = content(section) else { return nil }
        let status = section.count("status", in: 200...599) ?? 200
        return ScriptedAnswer(content, status: status, contentType: section.text("content-type"))
    }

    private func content(_ section: ScenarioSection) -> ScriptedAnswer.Content? {
        if let node = section["resp-data"] { return literal(node) }
        if let text = section.text("text") { return .text(text) }
        if let text = section.text("raw") { return .raw(text) }
        return section.size("size").map { .size($0) }
    }

    private func literal(_ node: Node) -> ScriptedAnswer.Content? {
        if let text = node.scalar?.string, node.scalar?.style == .plain,
            text != "" && JSONScanner.accepts(Array(text.utf8))
        {
            return .literal(text)
        }
        report(node, "resp-data: expected null, true, false or a number; a string is written as {text: …}")
        return nil
    }
}
