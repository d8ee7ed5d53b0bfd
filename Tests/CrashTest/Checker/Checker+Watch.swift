extension Checker {
    /// Whether the samples are enough to judge by.
    mutating func checkWatch() {
        guard let first = history.calls.first?.arrival else { return }
        var last = first
        for sample in history.samples where sample.time > first {
            let gap = sample.time - last - brokerAbsence(from: last, to: sample.time)
            verdict.longestGap = max(verdict.longestGap, gap)
            if gap > Self.gapLimit {
                verdict.breach(.watched, "no sample for \(gap) ms from \(last) on, while the broker was up")
            }
            last = sample.time
        }
        for (before, sample) in zip(history.samples, history.samples.dropFirst()) {
            for partition in before.committed.keys.sorted() where sample.committed[partition] == nil {
                verdict.breach(.watched, "the commit of partition \(partition) was gone at \(sample.time)")
            }
        }
    }

    /// Milliseconds for which the broker was away on purpose.
    private func brokerAbsence(from begin: Int64, to end: Int64) -> Int64 {
        history.accidents.reduce(0) { sum, accident in
            switch accident.kind {
            case .brokerPause, .brokerRestart, .eviction:
                sum + max(0, min(end, accident.end) - max(begin, accident.begin))
            case .kill, .suspension, .termination, .join, .gatewayRestart: sum
            }
        }
    }

    /// What keeps a run from showing anything, whatever the rules say.
    mutating func doubt() {
        let idle = history.accidents.filter(strikesIdleGroup)
        verdict.idleAccidents = idle.count
        // The group may have done all it was given for a moment, above all while a broker rests before its restart.
        if let first = idle.first, idle.count * 10 > history.accidents.count {
            verdict.doubts.append(
                "\(idle.count) accidents struck when nothing was open, \(first.kind.rawValue) at \(first.begin) first"
            )
        }
        if verdict.evictions > Self.evictionLimit {
            verdict.doubts.append("the broker was restarted \(verdict.evictions) times beside the plan")
        }
        let stale = staleCommits
        if let first = stale.first {
            verdict.doubts.append(
                "the broker took commits of members that another had followed, in \(stale.count) partitions, in"
                    + " \(first.partition) before \(first.time): what its owner had said was lost with it"
            )
        }
        let keys = Set(history.requests.map { Key(partition: $0.place.partition, name: $0.key) }).count
        if verdict.keysNotJudged * 20 > keys {
            verdict.doubts.append("\(verdict.keysNotJudged) of \(keys) keys are not judged for order")
        }
    }

    /// Of each partition the first commit by an owner after another one's: no owner begins anew with an old nonce, so it is a
    /// member's that is out, and a broker refuses it.
    private var staleCommits: [(partition: Int32, time: Int64)] {
        var seen: [Int32: [UInt64]] = [:]
        var found: [Int32: Int64] = [:]
        for sample in history.samples {
            for (partition, owner) in sample.owners where seen[partition]?.last != owner {
                if seen[partition]?.contains(owner) ?? false, found[partition] == nil { found[partition] = sample.time }
                seen[partition, default: []].append(owner)
            }
        }
        return found.map { (partition: $0.key, time: $0.value) }.sorted {
            ($0.time, $0.partition) < ($1.time, $1.partition)
        }
    }

    private func strikesIdleGroup(_ accident: Accident) -> Bool {
        switch accident.kind {
        case .kill, .suspension, .termination, .brokerPause:
            // Without any sample nothing is known to be open.
            history.samples.last { $0.time <= accident.begin }.map { !$0.hasOpenRequests } ?? true
        case .join, .brokerRestart, .eviction, .gatewayRestart: false
        }
    }

    /// Milliseconds.
    private static var gapLimit: Int64 { 5_000 }

    private static var evictionLimit: Int { 3 }
}
