import Foundation

/// The repository as these tests read it: its files by their paths from the root.
enum House {
    /// Three up from this file: `HouseTests`, `Tests`, the root.
    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// Every file but those that builds and tools leave behind, sorted.
    static let files: [String] = list("").sorted()

    static let sources = files.filter { $0.hasPrefix("Sources/") && $0.hasSuffix(".swift") }.map { SwiftFile($0) }
    static let tests = files.filter { $0.hasPrefix("Tests/") && $0.hasSuffix(".swift") }.map { SwiftFile($0) }
    static let benchmarks = files.filter { $0.hasPrefix("Benchmarks/") && $0.hasSuffix(".swift") }.map { SwiftFile($0) }

    /// The pages that a person reads.
    static let pages = files.filter { $0.hasSuffix(".md") && $0 != "CHANGELOG.md" }.map { Page($0) }

    static func page(_ path: String) -> Page { Page(path) }

    /// A file's text; empty when there is none, which no rule takes for good.
    static func text(_ path: String) -> String {
        guard let data = FileManager.default.contents(atPath: root.appendingPathComponent(path).path) else { return "" }
        return String(decoding: data, as: UTF8.self)
    }

    static func exists(_ path: String) -> Bool {
        FileManager.default.fileExists(atPath: root.appendingPathComponent(path).path)
    }

    /// The folders that hold files, as `Sources/RelayCore/JSON`.
    static let folders: Set<String> = Set(
        files.compactMap { path in
            path.lastIndex(of: "/").map { String(path[..<$0]) }
        }
    )

    private static func list(_ folder: String) -> [String] {
        let path = folder.isEmpty ? root.path : root.appendingPathComponent(folder).path
        // A folder that cannot be listed is empty, and the test that reads the house's own size sees it.
        let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
        var found: [String] = []
        for name in names where isOurs(name) {
            let inner = folder.isEmpty ? name : folder + "/" + name
            // A link shows files of the house once more.
            if isLink(inner) { continue }
            var isFolder: ObjCBool = false
            _ = FileManager.default.fileExists(atPath: root.appendingPathComponent(inner).path, isDirectory: &isFolder)
            found += isFolder.boolValue ? list(inner) : [inner]
        }
        return found
    }

    private static func isLink(_ path: String) -> Bool {
        // Nil: no file, and so no link.
        let attributes = try? FileManager.default.attributesOfItem(atPath: root.appendingPathComponent(path).path)
        return attributes?[.type] as? FileAttributeType == .typeSymbolicLink
    }

    private static func isOurs(_ name: String) -> Bool {
        if name == "Package.resolved" || name == "__pycache__" { return false }
        return !name.hasPrefix(".") || [".ci", ".swift-format", ".gitignore"].contains(name)
    }
}

/// One breach of a rule.
struct Finding: Hashable, CustomStringConvertible {
    let place: String
    let line: Int
    let problem: String

    var description: String { line > 0 ? "\(place):\(line): \(problem)" : "\(place): \(problem)" }
}

/// The findings one a line, for an expectation's comment.
func listed(_ findings: [Finding]) -> String {
    findings.map { "\n  \($0)" }.joined()
}
