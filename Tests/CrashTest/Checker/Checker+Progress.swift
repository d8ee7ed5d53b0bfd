import RelayCore

extension Checker {
    /// Of each partition the longest time for which something was open in it and its commit did not move.
    ///
    /// While answers are not due the clock stands still, and for the limit also while the group has not come together:
    /// accidents come faster than that, and a partition that nobody owns waits with right. Only a commit that moves, or
    /// one at the end of the log, sets it back.
    mutating func checkProgress() {
        var stalls: [Int32: Stall] = [:]
        let limit = limits.stall.wholeMilliseconds
        var last: Int64?
        for sample in history.samples {
            let passed = sample.isProgressDue ? sample.time - (last ?? sample.time) : 0
            last = sample.time
            let passedSettled = isSettled(at: sample.time) ? passed : 0
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
                let before = stall.settled
                stall.length += passed
                stall.settled += passedSettled
                stalls[partition] = stall
                verdict.longestStall = max(verdict.longestStall, stall.length)
                verdict.longestSettledStall = max(verdict.longestSettledStall, stall.settled)
                if before <= limit, stall.settled > limit {
                    verdict.breach(
                        .progress,
                        "the commit of partition \(partition) stood at \(offset) from \(stall.began) on, for more than"
                            + " \(limit) ms of a group that had come together, and the log ended at \(end)"
                    )
                }
            }
        }
    }

    private func isSettled(at time: Int64) -> Bool {
        !history.accidents.contains { accident in
            accident.kind != .gatewayRestart && accident.begin <= time
                && (accident.end == .max || accident.end + limits.settling.wholeMilliseconds >= time)
        }
    }

    private struct Stall {
        let offset: Int64
        let began: Int64
        /// Milliseconds in which it was due to move.
        var length: Int64 = 0
        /// Those of them in which the group had come together.
        var settled: Int64 = 0
    }
}
