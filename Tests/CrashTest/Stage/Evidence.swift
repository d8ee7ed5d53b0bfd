import Foundation

extension History {
    /// Writes what the checker was given into a folder, a file for each list and a line for each entry: what a breach is
    /// looked into with.
    func write(to folder: URL) throws {
        try write(requests, to: folder, "requests")
        try write(replies, to: folder, "replies")
        try write(deadLetters, to: folder, "dead-letters")
        try write(calls, to: folder, "calls")
        try write(samples, to: folder, "samples")
        try write(accidents, to: folder, "accidents")
        try write(endings, to: folder, "endings")
    }

    private func write(_ entries: [some Any], to folder: URL, _ name: String) throws {
        let lines = entries.map { "\($0)\n" }.joined()
        try Data(lines.utf8).write(to: folder.appending(path: "history-\(name).txt"))
    }
}
