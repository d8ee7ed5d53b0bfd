/// What the core must not touch: it is given the time and the randomness, and gives effects back.
enum Purity {
    private static let forbidden: [String: String] = [
        "Date": "a clock", "ContinuousClock": "a clock", "SuspendingClock": "a clock", "DispatchTime": "a clock",
        "clock_gettime": "a clock", "gettimeofday": "a clock", "time_t": "a clock",
        "SystemRandomNumberGenerator": "chance", "arc4random": "chance", "hashValue": "chance: hashes are seeded",
        "randomElement": "chance", "shuffled": "chance", "shuffle": "chance",
        "Task": "concurrency", "TaskGroup": "concurrency", "async": "concurrency", "await": "concurrency",
        "actor": "concurrency", "Mutex": "concurrency", "Atomic": "concurrency", "DispatchQueue": "concurrency",
        "Thread": "concurrency", "nonisolated": "concurrency",
        "print": "I/O", "debugPrint": "I/O", "readLine": "I/O", "FileManager": "I/O", "FileHandle": "I/O",
        "ProcessInfo": "I/O", "getenv": "I/O", "Logger": "I/O", "CommandLine": "I/O",
    ]

    static func breaches(_ file: SwiftFile) -> [Finding] {
        var findings: [Finding] = []
        file.forEachWord { word, line, _ in
            guard let what = forbidden[word] else { return }
            findings.append(Finding(place: file.path, line: line, problem: "\(word) in the core: \(what)"))
        }
        for (index, line) in file.code.enumerated() where line.contains(".random(") {
            // A call that goes on is judged with the line behind it.
            let call = line + (index + 1 < file.code.count ? file.code[index + 1] : "")
            if !call.contains("using: &random") {
                findings.append(
                    Finding(place: file.path, line: index + 1, problem: "chance that is not the core's own generator")
                )
            }
        }
        return findings
    }
}
