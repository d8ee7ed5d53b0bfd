/// Who may know whom: `docs/architecture.md`, "Rooms and arrows".
enum Arrows {
    /// Each target's own modules and those of others that it may import.
    static let allowed: [String: (house: Set<String>, foreign: Set<String>)] = [
        "Kafka": (["CRdKafka"], ["Logging", "Synchronization"]),
        "RelayCore": ([], ["DequeModule", "HeapModule"]),
        "Sockets": (["CEpoll"], ["Dispatch", "Glibc", "NIOCore", "NIOPosix", "Synchronization"]),
        "WeChatClient": (
            ["RelayCore", "Sockets"], ["Glibc", "Logging", "NIOCore", "NIOEmbedded", "NIOPosix", "NIOSSL", "NIOTLS"]
        ),
        "FakeWeChat": (
            ["RelayCore"], ["FoundationEssentials", "Glibc", "Logging", "NIOCore", "NIOHTTP1", "NIOPosix", "Yams"]
        ),
        "RelayConfiguration": (["RelayCore"], ["Foundation", "Yams"]),
        "Relay": (
            ["Kafka", "RelayCore", "Sockets", "WeChatClient", "RelayConfiguration"],
            ["DequeModule", "Dispatch", "Foundation", "Glibc", "Logging", "NIOCore", "Synchronization"]
        ),
        "wxrelay": (
            ["Kafka", "RelayCore", "Sockets", "WeChatClient", "FakeWeChat", "RelayConfiguration", "Relay"],
            ["ArgumentParser", "Dispatch", "Foundation", "Glibc", "Logging", "NIOCore", "Synchronization"]
        ),
    ]

    /// The core's rooms from the bottom to the top. What lies in the core's own folder is shared by all of them: the
    /// words of events and effects, the times, the policy, a request's state.
    static let rooms = ["JSON", "WeChat", "Contract", "Partitions", "Holds", "Schedule", "Outcome", "Settle"]

    /// Imports that a target's place in the house does not admit.
    static func imports(_ file: SwiftFile) -> [Finding] {
        guard let allowed = allowed[file.target] else {
            return [Finding(place: file.path, line: 0, problem: "target \(file.target) has no place in the house")]
        }
        return file.imports.compactMap { module, line in
            if allowed.house.contains(module) || allowed.foreign.contains(module) { return nil }
            return Finding(place: file.path, line: line, problem: "\(file.target) may not import \(module)")
        }
    }

    /// Uses of a type that a room further up declares, told by the type's name.
    static func upwardUses(in files: [SwiftFile]) -> [Finding] {
        var owners: [String: String] = [:]
        for file in files where !file.room.isEmpty {
            for type in declaredTypes(in: file) { owners[type] = file.room }
        }
        var findings: [Finding] = []
        for file in files where !file.room.isEmpty {
            guard let own = rooms.firstIndex(of: file.room) else {
                findings.append(
                    Finding(place: file.path, line: 0, problem: "room \(file.room) has no place in the core")
                )
                continue
            }
            var seen: Set<String> = []
            file.forEachWord { word, line, isMember in
                guard !isMember, let owner = owners[word], let other = rooms.firstIndex(of: owner), other > own,
                    seen.insert(word).inserted
                else { return }
                findings.append(
                    Finding(place: file.path, line: line, problem: "\(file.room) uses \(word) of \(owner), further up")
                )
            }
        }
        return findings
    }

    /// Values that know the machine that decides about them: only its own extensions may name it.
    static func usesOfTheMachine(_ file: SwiftFile) -> [Finding] {
        guard !file.name.hasPrefix("RelayMachine") else { return [] }
        var findings: [Finding] = []
        file.forEachWord { word, line, _ in
            guard word == "RelayMachine" else { return }
            findings.append(Finding(place: file.path, line: line, problem: "a value that knows the machine"))
        }
        return findings
    }

    /// Types at the file's top level; nested ones are named through these.
    private static func declaredTypes(in file: SwiftFile) -> [String] {
        file.code.compactMap { line in
            guard let first = line.first, !first.isWhitespace else { return nil }
            let words = SwiftFile.words(in: line)
            guard let keyword = words.firstIndex(where: { ["struct", "enum", "class", "protocol"].contains($0) }),
                keyword + 1 < words.count, !words.prefix(keyword).contains("private")
            else { return nil }
            return words[keyword + 1]
        }
    }
}
