import DequeModule

/// What the watchdog remembers.
struct Watch: Sendable {
    /// Requests in the order of their arrival, until they are a second old.
    var aging = Deque<RequestID>()
    var lastLook: MonotonicTime?
    var stalledSince: MonotonicTime?
    var isStallReported = false
    var isGateReported = false
    var loop = LoopTime()
}

extension RelayMachine {
    /// Copies out what is open for longer than a second, whatever it waits for: its turn, its answer or its delivery report.
    mutating func copyOutOld() {
        while let id = watch.aging.first {
            if requests.contains(id) {
                let arrived = requests[id.index].arrived.monotonic
                guard now.monotonic.isLater(than: arrived, byMoreThan: .seconds(1)) else { break }
                if !requests[id.index].isCopiedOut { copyOut(id) }
            }
            watch.aging.removeFirst()
        }
    }

    /// Looks for what should have moved.
    mutating func watchForStalls() {
        if let lastLook = watch.lastLook, !now.monotonic.isLater(than: lastLook, byAtLeast: .seconds(10)) { return }
        watch.lastLook = now.monotonic
        lookForStall()
        lookForClosedGate()
    }

    /// A rebalance lasts as long as its slowest member: that one drains, or its session ends. One that lasts longer is said
    /// once; the process may be well, and nothing else would tell why it neither commits nor, after a session, calls.
    private mutating func lookForClosedGate() {
        guard let since = gateClosedSince, !watch.isGateReported, isOlder(since, than: timing.session + timing.drain)
        else { return }
        watch.isGateReported = true
        effects.append(.report(.gateStaysClosed(for: now.monotonic - since)))
    }

    /// What was said of a gate that stayed closed is over.
    mutating func sayGateOpened(closedSince since: MonotonicTime) {
        guard watch.isGateReported else { return }
        watch.isGateReported = false
        effects.append(.report(.gateOpened(after: now.monotonic - since)))
    }

    /// A stall is a state, not a slowness: something that was begun has no end long after its time-out, or a call that
    /// may start did not for half a minute.
    private mutating func lookForStall() {
        let overdue = overdueWords() ?? inconsistencies().first
        let idle = overdue == nil ? idlePipeline() : nil
        guard overdue != nil || idle != nil else {
            watch.stalledSince = nil
            watch.isStallReported = false
            return
        }
        let since = watch.stalledSince ?? now.monotonic
        watch.stalledSince = since
        guard !watch.isStallReported, overdue != nil || isOlder(since, than: .seconds(30)) else { return }
        watch.isStallReported = true
        if let overdue {
            effects.append(.report(.stalled(overdue)))
        } else if let idle {
            effects.append(
                .report(.stalled("pipeline '\(policy.pipelines[idle].name)' may call and does not: \(summary())"))
            )
        }
    }

    private func overdueWords() -> String? {
        if isCommitUnderWay, let lastCommitBegun, isOlder(lastCommitBegun, than: .seconds(60)) {
            return "a commit has no answer"
        }
        for id in requests.ids {
            switch requests[id.index].phase {
            case .inFlight(let since, _) where isOlder(since, than: timing.call + .seconds(60)):
                return "a call has no result long after its time-out: \(place(of: id))"
            case .settling:
                if let since = requests[id.index].settlement.underWaySince, isOlder(since, than: .seconds(60)) {
                    return "the brokers do not say whether an outcome is written: \(place(of: id))"
                }
            default: continue
            }
        }
        return commitWords()
    }

    private func commitWords() -> String? {
        guard gateClosedSince == nil else { return nil }
        for state in partitions.states {
            guard let since = state.commitAwaitedSince, isOlder(since, than: .seconds(60)),
                let first = state.waitingForCommit.first(where: { isWaitingForCommit($0) })
            else { continue }
            return "the brokers acknowledge no commit, and nothing is called before: \(place(of: first)) waits for one"
        }
        return nil
    }

    /// In loop time.
    private func isOlder(_ start: MonotonicTime, than age: Duration) -> Bool {
        watch.loop.passed(since: start, at: now.monotonic) >= age
    }

    private func idlePipeline() -> Int? {
        guard mayCall else { return nil }
        return pipelines.indices.first { pipeline in
            !isPaused(pipeline) && hasRoom(pipeline)
                && targets.indices.contains { index in
                    let target = targets[index]
                    return target.address.pipeline == pipeline && target.ready.contains { requests.isReady($0) }
                        && admitsCalls(index) && refusingScope(of: index) == nil
                }
        }
    }

    /// The record behind a request, as `topic/partition/offset`.
    package func place(of id: RequestID) -> String {
        guard requests.contains(id), let state = partitions[requests[id.index].partition] else { return "gone" }
        return "\(state.topic)/\(state.partition)/\(requests[id.index].offset)"
    }
}
