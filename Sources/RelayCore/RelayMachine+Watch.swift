import DequeModule

/// What the watchdog remembers.
struct Watch: Sendable {
    /// Requests in the order of their arrival, until they are a second old.
    var aging = Deque<RequestID>()
    var lastProgress: MonotonicTime?
    var lastLook: MonotonicTime?
    var stalledSince: MonotonicTime?
    var isStallReported = false
}

extension RelayMachine {
    /// Copies out what waits for longer than a second, and looks for what should have moved.
    mutating func watchForStalls() {
        while let id = watch.aging.first {
            if requests.contains(id) {
                let age = now.monotonic - requests[id.index].arrived.monotonic
                guard age > .seconds(1) else { break }
                let waits = !requests[id.index].isInFlight && requests[id.index].phase != .settling
                if waits && !requests[id.index].isCopiedOut { copyOut(id) }
            }
            watch.aging.removeFirst()
        }
        guard watch.lastLook.map({ now.monotonic - $0 >= .seconds(10) }) ?? true else { return }
        watch.lastLook = now.monotonic
        lookForStall()
    }

    /// A stall is a state, not a slowness: a call that may start did not for half a minute, or one that was started
    /// has no result long after its time-out.
    private mutating func lookForStall() {
        let idle = pipelines.indices.first { pipeline in
            mayCall && pipelines[pipeline].inFlight < pipelines[pipeline].limit.current
                && targets.indices.contains {
                    targets[$0].address.pipeline == pipeline && admitsCalls($0)
                        && targets[$0].ready.contains(where: isReady)
                }
        }
        let overdue = requests.ids.first {
            guard case .inFlight(let since, _) = requests[$0.index].phase else { return false }
            return now.monotonic - since > timing.call + .seconds(60)
        }
        guard idle != nil || overdue != nil else {
            watch.stalledSince = nil
            watch.isStallReported = false
            return
        }
        let since = watch.stalledSince ?? now.monotonic
        watch.stalledSince = since
        guard !watch.isStallReported, overdue != nil || now.monotonic - since >= .seconds(30) else { return }
        watch.isStallReported = true
        if let overdue {
            effects.append(.report(.stalled("a call has no result long after its time-out: \(place(of: overdue))")))
        } else if let idle {
            effects.append(
                .report(.stalled("pipeline '\(policy.pipelines[idle].name)' may call and does not: \(summary())"))
            )
        }
    }

    /// The record behind a request, as `topic/partition/offset`.
    package func place(of id: RequestID) -> String {
        guard requests.contains(id), let state = partition(requests[id.index].partition) else { return "gone" }
        return "\(state.topic)/\(state.partition)/\(requests[id.index].offset)"
    }
}
