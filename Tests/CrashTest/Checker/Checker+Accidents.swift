import RelayCore

extension Checker {
    /// What happened between a call's arrival and the next one's: to its own relay, to the broker or WeChat, else to the
    /// group, which moves partitions.
    func accident(between before: Call, and again: Call) -> String? {
        let near = history.accidents.filter { $0.begin <= again.arrival && $0.end >= before.arrival }
        if let own = near.first(where: { $0.relay == before.relay && $0.kind != .join }) { return own.kind.rawValue }
        if let world = near.first(where: { $0.relay == nil }) { return world.kind.rawValue }
        return groupChange(between: before, and: again) == nil ? nil : "group changed"
    }

    /// How long after the end of the latest change of the group the first of two calls came; nil when no change was near
    /// enough to have taken the partition away after it. A broker that was away changes the group too: all join anew.
    ///
    /// Another relay has it after a hand-over. The same relay had it taken away and given back.
    func groupChange(between before: Call, and again: Call) -> Int64? {
        let limit = before.relay == again.relay ? limits.groupChange : limits.handOver
        let delays = history.accidents.compactMap { accident in
            accident.kind != .gatewayRestart && accident.begin <= again.arrival
                ? max(0, before.arrival - accident.end) : nil
        }
        guard let delay = delays.min(), delay <= limit.wholeMilliseconds else { return nil }
        return delay
    }

    /// Whether a relay may not know yet what the group decided: it was suspended, or the broker was away, and that is not
    /// over for longer than it takes to notice.
    ///
    /// - Parameters:
    ///   - relay: Who may not know.
    ///   - time: When.
    ///   - latest: It was out of touch before this: what came earlier it had time to hear of.
    /// - Returns: Whether there was such an accident.
    func isOutOfTouch(_ relay: String, at time: Int64, begunBefore latest: Int64 = .max) -> Bool {
        history.accidents.contains { accident in
            let strikes =
                switch accident.kind {
                case .suspension: accident.relay == relay
                case .brokerPause, .brokerRestart, .eviction: true
                case .kill, .termination, .join, .gatewayRestart: false
                }
            return strikes && accident.begin <= min(time, latest)
                && (accident.end == .max || accident.end + limits.touch.wholeMilliseconds >= time)
        }
    }
}
