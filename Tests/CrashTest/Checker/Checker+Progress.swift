import RelayCore

extension Checker {
    /// Of each partition the longest time for which something was open in it and its commit did not move. While answers
    /// are not due the clock stands still; only a commit that moves, or one at the end of the log, sets it back.
    mutating func checkProgress() {
        var stalls: [Int32: Stall] = [:]
        let limit = limits.stall.wholeMilliseconds
        var last: Int64?
        for sample in history.samples {
            let passed = sample.isProgressDue ? sample.time - (last ?? sample.time) : 0
            last = sample.time
            for (partition, end) in sample.requestEnds.sorted(by: { $0.key < $1.key }) {
                let offset = sample.committed[partition] ?? 0
                guard offset < end else {
                    stalls[partition] = nil
                    continue
                }
                guard var stall = stalls[partition], stall.offset == offset else {
                    stalls[partition] = Stall(offset: offset, began: sample.time)
                    continue
                }
                let before = stall.length
                stall.length += passed
                stalls[partition] = stall
                verdict.longestStall = max(verdict.longestStall, stall.length)
                if before <= limit, stall.length > limit {
                    verdict.breach(
                        .progress,
                        "the commit of partition \(partition) stood at \(offset) for more than \(limit) ms from"
                            + " \(stall.began) on, and the log ended at \(end)"
                    )
                }
            }
        }
    }

    private struct Stall {
        let offset: Int64
        let began: Int64
        /// Milliseconds in which it was due to move.
        var length: Int64 = 0
    }
}
