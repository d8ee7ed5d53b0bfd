import DequeModule

/// How far records are read before they can be called.
///
/// A record that only waits for its turn is as well off in its topic: there it costs no memory, and it can be handed over
/// with its partition. So reading rests while the line is long enough for the calls of a while. Whoever waits for
/// something else (its key, a hold, a limit, a retry) is not counted, and reading goes past it up to the window.
extension RelayMachine {
    /// How many requests of a pipeline wait for nothing but their turn, or fewer: of many targets a few are looked at, and each
    /// of the others has one at least.
    private func lineLength(_ pipeline: Int) -> Int {
        let count = pipelines[pipeline].turns.count
        var length = count
        for place in 0..<min(count, 8) {
            length += max(0, targets[pipelines[pipeline].turns.target(at: place)].ready.count - 1)
        }
        return length
    }

    /// As many as can be called at once, twice: one half is called while the other is read. No more than can be read in a few
    /// turns of the loop, however many are called: what stands in a long line has left the processor's caches when it is
    /// called.
    private func lineLimit(_ pipeline: Int) -> Int {
        min(max(16, 2 * pipelines[pipeline].limit.current), 256)
    }

    /// Whether a partition has read enough for a line, and nothing of it may be called before a commit is acknowledged.
    func awaitsCommit(_ state: PartitionState) -> Bool {
        state.waitingForCommit.count >= lineLimit(state.pipeline)
    }

    func isLineLong(_ pipeline: Int) -> Bool { lineLength(pipeline) >= lineLimit(pipeline) }

    /// Leaves a partition unread until its turn comes when the line is short.
    mutating func waitForLine(_ id: PartitionID, _ pipeline: Int) {
        guard partitions[id.slot]?.waitsForLine == false else { return }
        partitions[id.slot]?.waitsForLine = true
        pipelines[pipeline].unread.append(id)
    }

    /// Reads on where the line has become short: the partition that has waited longest, and all of them once there is
    /// nothing to call, since each may turn out to have nothing.
    mutating func lengthenLines() {
        guard stopDeadline == nil else { return }
        for pipeline in pipelines.indices where !pipelines[pipeline].unread.isEmpty {
            let length = lineLength(pipeline)
            guard length < lineLimit(pipeline) / 2 else { continue }
            while let id = pipelines[pipeline].unread.popFirst() {
                guard partitions[id]?.phase == .active else { continue }
                partitions[id.slot]?.waitsForLine = false
                effects.append(.readOn(id))
                if length > 0 { break }
            }
        }
    }
}
