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

    /// How many records of a partition are read in its turn: fewer while many wait, so that a round of all of them stays short.
    private func turnLength(_ pipeline: Int) -> Int {
        max(8, min(64, lineLimit(pipeline) / 2, 1_024 / max(1, pipelines[pipeline].unread.count)))
    }

    /// How much of its room a partition may use while others wait for the line as well.
    mutating func roomInLine(_ id: PartitionID, _ pipeline: Int, of room: Int) -> Int {
        if let place = pipelines[pipeline].told.firstIndex(of: id) {
            pipelines[pipeline].told.remove(at: place)
            return min(room, turnLength(pipeline))
        }
        guard room > 0, isLineLong(pipeline) || !pipelines[pipeline].unread.isEmpty else { return room }
        // With nothing open its next record may wait for nobody but its turn: it stands in line like the others'.
        if partitions[id]?.ledger.openCount == 0 { return 1 }
        waitForLine(id, pipeline)
        return 0
    }

    /// Reads on where the line has become short: those partitions that have waited longest, and all of them once a call could
    /// be made and nobody waits for it, since each may turn out to have nothing.
    ///
    /// What was told to read on and has not asked yet counts as if it was read: many calls end before the shell comes to
    /// reading. Told for each of them, each partition but the first would find the line long, and read one record.
    mutating func lengthenLines() {
        guard stopDeadline == nil else { return }
        for pipeline in pipelines.indices where !pipelines[pipeline].unread.isEmpty {
            let (length, limit) = (lineLength(pipeline), lineLimit(pipeline))
            guard length < limit / 2 else { continue }
            let isIdle = length == 0 && pipelines[pipeline].inFlight < pipelines[pipeline].limit.current
            forgetGone(pipeline)
            let turn = turnLength(pipeline)
            var expected = length + pipelines[pipeline].told.count * turn
            guard isIdle || expected < limit / 2 else { continue }
            while isIdle || expected + turn <= limit, let id = pipelines[pipeline].unread.popFirst() {
                guard partitions[id]?.phase == .active else { continue }
                partitions[id.slot]?.waitsForLine = false
                effects.append(.readOn(id))
                if isIdle { continue }
                pipelines[pipeline].told.append(id)
                expected += turn
            }
        }
    }

    /// Who is gone asks no more.
    private mutating func forgetGone(_ pipeline: Int) {
        guard pipelines[pipeline].told.contains(where: { partitions[$0]?.phase != .active }) else { return }
        var told: [PartitionID] = []
        swap(&told, &pipelines[pipeline].told)
        told.removeAll { partitions[$0]?.phase != .active }
        swap(&told, &pipelines[pipeline].told)
    }
}
