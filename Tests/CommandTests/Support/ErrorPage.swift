import Foundation
import Synchronization

/// `docs/errors.md`: what a person reads about each error is what the tests hold the binary to.
///
/// An error is a heading of the third level and a `text` block below it: the command behind `$ `, what it says, and its
/// exit code in brackets. A line `…` stands for any number of lines, and inside a line for any text. With `WXRELAY_RECORD=1` in the environment the tests
/// write what the binary says into the page instead of comparing it.
struct ErrorPage {
    struct Entry: CustomStringConvertible {
        let title: String
        let command: String
        /// The block's lines between the command and the exit code.
        let said: [String]
        let status: Int32
        var description: String { title }
    }

    /// Three up from this file's folder: `Support`, `CommandTests`, `Tests`, the root.
    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()
    static let file = root.appending(path: "docs/errors.md")
    static let isRecording = ProcessInfo.processInfo.environment["WXRELAY_RECORD"] == "1"

    private static let lock = Mutex(())

    let entries: [Entry]

    init() throws {
        var entries: [Entry] = []
        var title = ""
        var block: [String]?
        for line in try String(contentsOf: Self.file, encoding: .utf8).split(separator: "\n").map(String.init) {
            if let lines = block {
                guard line == "```" else {
                    block = lines + [line]
                    continue
                }
                block = nil
                guard let command = lines.first, command.hasPrefix("$ "),
                    let status = lines.last?.wholeMatch(of: /\[(\d+)\]/)
                else { continue }
                entries.append(
                    Entry(
                        title: title,
                        command: String(command.dropFirst(2)),
                        said: Array(lines.dropFirst().dropLast()),
                        status: Int32(status.1) ?? -1
                    )
                )
            } else if line.hasPrefix("### ") {
                title = String(line.dropFirst(4))
            } else if line == "```text" {
                block = []
            }
        }
        self.entries = entries
    }

    /// Puts what was said in the place of an entry's block.
    ///
    /// Entries are recorded one after the other, each in the page as the one before left it.
    static func record(_ entry: Entry, _ ending: Shell.Ending) throws {
        let old = (["$ \(entry.command)"] + entry.said + ["[\(entry.status)]"]).joined(separator: "\n")
        let said = ending.output.split(separator: "\n").map(String.init)
        let new = (["$ \(entry.command)"] + said + ["[\(ending.status)]"]).joined(separator: "\n")
        try lock.withLock { _ in
            let text = try String(contentsOf: file, encoding: .utf8)
            let heading = "### \(entry.title)\n\n```text\n"
            try Data(text.replacing("\(heading)\(old)\n```", with: "\(heading)\(new)\n```").utf8).write(to: file)
        }
    }

    /// Whether lines are those of a block, in which `…` stands for any number of them.
    static func matches(_ lines: [String], _ block: [String]) -> Bool {
        guard let first = block.first else { return lines.isEmpty }
        let rest = Array(block.dropFirst())
        if first == "…" { return (0...lines.count).contains { matches(Array(lines[$0...]), rest) } }
        return lines.first.map { matches($0[...], first) } == true && matches(Array(lines.dropFirst()), rest)
    }

    private static func matches(_ line: Substring, _ pattern: String) -> Bool {
        let parts = pattern.split(separator: "…", omittingEmptySubsequences: false)
        guard parts.count > 1 else { return line == pattern }
        guard line.hasPrefix(parts[0]) else { return false }
        var rest = line.dropFirst(parts[0].count)
        for part in parts.dropFirst().dropLast() {
            guard let place = rest.firstRange(of: part) else { return false }
            rest = rest[place.upperBound...]
        }
        return rest.hasSuffix(parts[parts.count - 1])
    }
}
