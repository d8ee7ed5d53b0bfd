import Foundation
import RelayCore

/// What a relay process wrote down with `run --record`: every event, and what its core decided.
struct RecordedRun {
    let file: URL

    /// Tells a core of this process what the recorded one was told, and compares what both decide, byte for byte.
    ///
    /// Hash seeds are another process's by now: a decision that hangs on the order of a set is found out, too.
    ///
    /// - Returns: how many steps were the same, and the first that is not: what was recorded, and what came now.
    func replay() throws -> (steps: Int, difference: String?) {
        var steps = 0
        for shard in shards {
            let replay = try Self.replay(shard)
            steps += replay.steps
            guard replay.difference == nil else { return (steps, replay.difference) }
        }
        return (steps, nil)
    }

    /// The recording of each shard; none of a relay that was stopped before it joined its group.
    var shards: [URL] {
        ([file] + (0..<64).map { file.appendingPathExtension("\($0)") })
            .filter { FileManager.default.fileExists(atPath: $0.path) }
    }

    private static func replay(_ file: URL) throws -> (steps: Int, difference: String?) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        let decoder = JSONDecoder()
        var machine: RelayMachine?
        var steps = 0
        // A process that was killed may have left the beginning of a line.
        for line in try lines(file) {
            let recorded = try decoder.decode(RecordedStep.self, from: line)
            // Both by this process: a dictionary inside an event is written in another order by each.
            let (then, now) = (
                try encoder.encode(recorded), try encoder.encode(RelayMachine.replay(recorded, on: &machine))
            )
            guard now == then else {
                let texts = [then, now].map { String(decoding: $0, as: UTF8.self) }
                return (steps, "step \(steps) was recorded as\n\(texts[0])\nand is now\n\(texts[1])")
            }
            steps += 1
        }
        return (steps, machine?.inconsistencies().first)
    }

    private static func lines(_ file: URL) throws -> ArraySlice<Data> {
        try Data(contentsOf: file).split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).dropLast()
    }

    /// How many calls each shard made.
    func calls() throws -> [Int] {
        let decoder = JSONDecoder()
        return try shards.map { file in
            try Self.lines(file).reduce(0) { calls, line in
                guard case .event(_, _, let effects, _) = try decoder.decode(RecordedStep.self, from: line) else {
                    return calls
                }
                return calls + effects.count { if case .call = $0 { true } else { false } }
            }
        }
    }
}
