import DequeModule

private struct Tally {
    var count = 0
    var inFlight = 0
    var bytes = 0
    var answerBytes = 0

    mutating func add(_ request: RequestState) {
        count += 1
        inFlight += request.isInFlight ? 1 : 0
        bytes += request.byteCount
        answerBytes += request.answerBytes
    }
}

extension RelayMachine {
    /// What does not add up in the machine's own books, in words; empty when all is well.
    ///
    /// Counts everything anew, so it costs time by the number of open requests: the watchdog asks every ten seconds,
    /// tests after each event.
    package func inconsistencies() -> [String] {
        var found: [String] = []
        func check(_ kept: Int, _ counted: Int, _ what: @autoclosure () -> String) {
            if kept != counted { found.append("\(what()): \(kept) kept, \(counted) counted") }
        }
        var pipelineTallies = [Tally](repeating: Tally(), count: pipelines.count)
        var scopeTallies = [Tally](repeating: Tally(), count: scopes.count)
        var targetTallies = [Tally](repeating: Tally(), count: targets.count)
        var partitionTallies: [PartitionID: Tally] = [:]
        for id in requests.ids {
            let request = requests[id.index]
            pipelineTallies[request.pipeline].add(request)
            targetTallies[request.target].add(request)
            for scope in targets[request.target].scopes { scopeTallies[scope].add(request) }
            if partitions[request.partition] == nil {
                found.append("offset \(request.offset) is open without its partition")
            } else {
                partitionTallies[request.partition, default: Tally()].add(request)
            }
        }
        for (index, tally) in pipelineTallies.enumerated() {
            check(pipelines[index].inFlight, tally.inFlight, "in flight of pipeline \(index)")
            check(pipelines[index].openBytes, tally.bytes, "bytes of pipeline \(index)")
            check(pipelines[index].answerBytes, tally.answerBytes, "bytes of answers of pipeline \(index)")
        }
        for (index, tally) in scopeTallies.enumerated() {
            check(scopes[index].inFlight, tally.inFlight, "in flight of scope \(index)")
        }
        for (index, tally) in targetTallies.enumerated() {
            check(targets[index].openCount, tally.count, "open requests of target \(index)")
        }
        for state in partitions.states + partitions.limbo {
            let tally = partitionTallies[state.id] ?? Tally()
            check(state.requestCount, tally.count, "open requests of \(state.topic)/\(state.partition)")
            check(state.openBytes, tally.bytes, "bytes of \(state.topic)/\(state.partition)")
        }
        checkLines(&found)
        checkMemory(&found)
        return found
    }

    /// What is kept of requests and names that are gone stays within its bounds.
    private func checkMemory(_ found: inout [String]) {
        if targets.count > vacancies.mostTargets || targetIndexes.count > targets.count {
            found.append("\(targets.count) targets, at most \(vacancies.mostTargets)")
        }
        // Two scopes of a target are its own; a hold's stays until it is closed, and one with a limit for good.
        let mostScopes = 2 * vacancies.mostTargets + apps.count + heldScopes.count + limitedScopes.count
        if scopes.count > mostScopes { found.append("\(scopes.count) scopes, at most \(mostScopes)") }
        for index in targets.indices where targets[index].ready.count > 2 * targets[index].openCount + 65 {
            let target = targets[index]
            found.append("\(target.ready.count) in line of target \(index), \(target.openCount) open")
        }
        if deadlines.count > 2 * requests.count + 1_026 {
            found.append("\(deadlines.count) deadlines of \(requests.count) requests")
        }
    }

    /// Every request that waits to be called stands in its target's line, and every line has its turn.
    private func checkLines(_ found: inout [String]) {
        var inLine: Set<RequestID> = []
        for index in targets.indices {
            let target = targets[index]
            let ready = target.ready.filter { requests.isReady($0) }
            for id in ready where !inLine.insert(id).inserted { found.append("\(place(of: id)) stands in line twice") }
            if !ready.isEmpty && !pipelines[target.address.pipeline].turns.contains(index) {
                found.append("target \(index) has requests and no turn")
            }
        }
        for state in partitions.states
        where state.phase == .active && state.waitsForLine && !pipelines[state.pipeline].unread.contains(state.id) {
            found.append("\(state.topic)/\(state.partition) waits for the line, and nobody knows")
        }
        for pipeline in pipelines.indices {
            let told = pipelines[pipeline].told
            for id in told where partitions[id]?.waitsForLine == true {
                found.append("slot \(id.slot) waits for the line and was told to read on")
            }
            if Set(told).count < told.count { found.append("a partition was told to read on twice") }
        }
        for scope in limitedScopes where !isLimitAwaited {
            guard let limit = scopeLimits[scope], limit.isAwaited || !limit.waiting.isEmpty else { continue }
            found.append("the limit of scope \(scope) is waited for, and nobody looks")
        }
        for id in requests.ids {
            let request = requests[id.index]
            switch request.phase {
            case .ready where !inLine.contains(id): found.append("\(place(of: id)) is in no line")
            case .waitingForCommit
            where !(partitions[request.partition.slot]?.waitingForCommit.contains(id) ?? false):
                found.append("\(place(of: id)) waits for no commit")
            case .waitingForKey where request.previousInKey == nil: found.append("\(place(of: id)) waits behind nobody")
            default: continue
            }
        }
    }
}
