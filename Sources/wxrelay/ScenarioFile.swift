import FakeWeChat
import Foundation

/// A scenario of the fake WeChat: a file, or the bare name of one in `config/scenarios`.
enum ScenarioFile {
    private static let folder = "config/scenarios"

    /// Problems go to standard error and end the command with 78.
    static func read(_ name: String) throws -> Scenario {
        let path = try path(of: name)
        do throws(ScenarioProblems) {
            return try Scenario(contentsOf: path)
        } catch {
            Console.error("\(error)")
            throw ExitStatus.configuration
        }
    }

    private static func path(of name: String) throws -> String {
        if name.contains("/") || name.hasSuffix(".yaml") || FileManager.default.fileExists(atPath: name) { return name }
        let folders = folders()
        for folder in folders {
            let path = "\(folder)/\(name).yaml"
            if FileManager.default.fileExists(atPath: path) { return path }
        }
        Console.error("no scenario '\(name)'; looked for \(name).yaml in:")
        for folder in folders {
            let known = names(in: folder)
            Console.error("  \(folder) (\(known.isEmpty ? "no such folder" : known.joined(separator: ", ")))")
        }
        Console.error("name one that is there, or give a path, such as ./\(name).yaml")
        throw ExitStatus.configuration
    }

    /// In the working directory, and in the source tree that this binary was built in.
    private static func folders() -> [String] {
        var folders = ["\(FileManager.default.currentDirectoryPath)/\(folder)"]
        var directory = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
        while directory.path() != "/" {
            let candidate = directory.appending(path: folder).path(percentEncoded: false)
            if FileManager.default.fileExists(atPath: candidate), !folders.contains(candidate) {
                folders.append(candidate)
            }
            directory.deleteLastPathComponent()
        }
        return folders
    }

    private static func names(in folder: String) -> [String] {
        // A folder that is not there holds none.
        let files = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return files.filter { $0.hasSuffix(".yaml") }.map { String($0.dropLast(5)) }.sorted()
    }
}
