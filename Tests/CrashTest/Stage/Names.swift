import Foundation

/// The topics and the group of a run.
struct Names: Sendable {
    let requests: String
    let replies: String
    let deadLetters: String
    let group: String

    static let partitions = 12

    /// `suffix` keeps runs on one cluster apart.
    init(_ suffix: String) {
        requests = "crash-requests-\(suffix)"
        replies = "crash-replies-\(suffix)"
        deadLetters = "crash-dead-\(suffix)"
        group = "crash-\(suffix)"
    }

    var topics: [String] { [requests, replies, deadLetters] }
}

/// Where this program is, and what belongs to it.
enum Program {
    /// As it was at the beginning: a build meanwhile puts another file there.
    static let path = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().path

    /// The repository that it was built from.
    static let repository = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    /// The shipped binary of the same build.
    static var relay: String {
        get throws {
            let binary = URL(filePath: path).deletingLastPathComponent().appending(path: "wxrelay").path
            guard FileManager.default.isExecutableFile(atPath: binary) else {
                throw Missing("\(binary): build it first (swift build -c release --product wxrelay)")
            }
            return binary
        }
    }
}

/// Milliseconds since 1970.
func wallTime() -> Int64 { Int64(Date().timeIntervalSince1970 * 1_000) }
