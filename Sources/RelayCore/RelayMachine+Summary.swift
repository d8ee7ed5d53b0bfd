/// The state in figures: the minute line.
package struct MachineSummary: Equatable, Sendable, CustomStringConvertible {
    package var inFlight = 0
    /// Behind another request of its key.
    package var waitingForKey = 0
    /// May be called as soon as there is room.
    package var waitingForRoom = 0
    package var waitingForToken = 0
    /// May be called as soon as a configured limit lets it go.
    package var waitingForLimit = 0
    /// The brokers have not acknowledged yet that they may be called.
    package var waitingForCommit = 0
    package var waitingUnderHold = 0
    /// May not be called: their pipeline is paused.
    package var waitingUnderPause = 0
    package var waitingForRetry = 0
    /// Their partition is lost: nothing is called or written until it comes back.
    package var waitingInLimbo = 0
    package var beingWritten = 0
    package var holds = 0
    package var partitions = 0
    package var partitionsInLimbo = 0
    /// The names of the pipelines that are paused.
    package var pausedPipelines: [String] = []
    package var oldestAge: Duration?
    /// The oldest open record and what it waits for.
    package var oldest: String?

    package var description: String {
        """
        in flight \(inFlight), waiting: key \(waitingForKey), room \(waitingForRoom), token \(waitingForToken), \
        commit \(waitingForCommit), limit \(waitingForLimit), hold \(waitingUnderHold), pause \(waitingUnderPause), \
        retry \(waitingForRetry), limbo \(waitingInLimbo); being written \(beingWritten), holds \(holds), \
        partitions \(partitions), in limbo \(partitionsInLimbo), oldest \(oldest ?? "none")
        """
    }
}

extension RelayMachine {
    /// Counts the open requests by what they wait for.
    package func summary() -> MachineSummary {
        var summary = MachineSummary()
        summary.holds = heldScopes.count
        summary.partitions = partitions.states.count
        summary.partitionsInLimbo = partitions.limbo.count
        summary.pausedPipelines = policy.pipelines.lazy.filter(\.isPaused).map(\.name)
        var oldest: RequestID?
        for id in requests.ids {
            switch requests[id.index].phase {
            case .inFlight: summary.inFlight += 1
            case _ where isInLimbo(id): summary.waitingInLimbo += 1
            case .waitingForKey: summary.waitingForKey += 1
            case .waitingForCommit: summary.waitingForCommit += 1
            case .waitingForRetry: summary.waitingForRetry += 1
            case .settling: summary.beingWritten += 1
            case .ready:
                let target = targets[requests[id.index].target]
                if isPaused(target.address.pipeline) {
                    summary.waitingUnderPause += 1
                } else if target.scopes.contains(where: { scopes[$0].hold?.isClosedToCalls ?? false }) {
                    summary.waitingUnderHold += 1
                } else if apps[target.address.app].token == nil {
                    summary.waitingForToken += 1
                } else if refusingScope(of: requests[id.index].target) != nil {
                    summary.waitingForLimit += 1
                } else {
                    summary.waitingForRoom += 1
                }
            }
            if oldest.map({ requests[id.index].arrived.monotonic < requests[$0.index].arrived.monotonic }) ?? true {
                oldest = id
            }
        }
        if let oldest {
            let age = now.monotonic - requests[oldest.index].arrived.monotonic
            summary.oldestAge = age
            summary.oldest = "\(place(of: oldest)) \(reason(of: oldest)), \(age.wholeMilliseconds / 1_000) s old"
        }
        return summary
    }

    private func isInLimbo(_ id: RequestID) -> Bool {
        requests[id.index].partition.slot < 0
    }

    private func reason(of id: RequestID) -> String {
        switch requests[id.index].phase {
        case .inFlight: "in flight"
        case _ where isInLimbo(id): "in limbo, its partition is lost"
        case .waitingForKey: "behind its key"
        case .ready: isPaused(requests[id.index].pipeline) ? "under a pause" : "waiting to be called"
        case .waitingForCommit: "waiting for a commit"
        case .waitingForRetry(let due):
            "next attempt in \(max(0, (due - now.monotonic).wholeMilliseconds)) ms"
        case .settling: "being written"
        }
    }

    /// The holds that are open, in words.
    package var holdReports: [HoldReport] {
        heldScopes.compactMap { holdReport($0) }
    }
}
