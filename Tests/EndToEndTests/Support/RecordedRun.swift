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
        // A relay that was stopped before it joined its group has no core.
        guard FileManager.default.fileExists(atPath: file.path) else { return (0, nil) }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        let decoder = JSONDecoder()
        var machine: RelayMachine?
        var steps = 0
        // A process that was killed may have left the beginning of a line.
        for line in try Data(contentsOf: file).split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            .dropLast()
        {
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
}
