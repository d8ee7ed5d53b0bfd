import RelayCore

/// What the answers that one process heard for an app must have brought about.
struct WitnessedApp {
    /// The token that the machine was told of last.
    var token: TokenGeneration?
    var isTokenRefused = false
    /// Answers in a row that say that the host is away.
    var awayInRow = 0
    /// The app is held: one call at a time tries.
    var isHeld = false
    var probes = 0
    private var holds: [HoldReport] = []

    /// The end of the latest throttled window.
    private(set) var throttledUntil = MonotonicTime(nanoseconds: 0)

    mutating func noteWindow(_ hold: HoldReport, at now: MonotonicTime) {
        guard hold.cause == .throttled, let nextProbe = hold.nextProbe else { return }
        throttledUntil = max(throttledUntil, now + nextProbe)
    }

    var hasHolds: Bool { !holds.isEmpty }

    mutating func open(_ hold: HoldReport) {
        close(hold)
        holds.append(hold)
    }

    mutating func close(_ hold: HoldReport) {
        holds.removeAll { $0.scope == hold.scope && $0.name == hold.name }
    }
}

extension Witness {
    func seeCall(_ id: RequestID) {
        guard let request = tracked(id), request.isAdmitted else {
            world.breach(.protocolKept, "a call of \(id), which is not open")
            return
        }
        guard let assignment = assignment(request.partition), !assignment.isDraining else {
            world.breach(.ownership, "\(name(request)) is called, and its partition is being taken back")
            return
        }
        if assignment.isHeldBack { world.breach(.limbo, "\(name(request)) is called, and its partition is lost") }
        let policy = policy(request.pipeline)
        let app = policy.app
        if request.isInFlight { world.breach(.protocolKept, "\(name(request)) is called twice at once") }
        if assignment.isDoubtful {
            world.breach(.ownership, "\(name(request)) is called before a commit is answered after a gap")
        }
        if let since = gateClosedSince, now.monotonic - since > world.scenario.timing.session {
            world.breach(.ownership, "\(name(request)) is called with the gate closed for a session")
        }
        if isFinished || stopDeadline.map({ now.monotonic >= $0 }) ?? false {
            world.breach(.stop, "\(name(request)) is called after the stop")
        }
        if assignment.admissionLimit.map({ request.offset > $0 }) ?? true {
            let limit = assignment.admissionLimit.map { "\($0)" } ?? "nothing, no commit is acknowledged"
            world.breach(.admission, "\(name(request)) is called above \(limit)")
        }
        checkFinality(request, assignment, policy)
        checkOrder(request, assignment)
        if request.deadline.map({ $0 <= now.wall }) ?? false {
            world.breach(.deadline, "\(name(request)) is called behind its deadline")
        }
        if apps[app].isTokenRefused { world.breach(.token, "\(name(request)) is called with a refused token") }
        request.isCallUnderHold = apps[app].isHeld
        if apps[app].isHeld {
            apps[app].probes += 1
            if apps[app].probes > 1 { world.breach(.hold, "\(name(request)) is called under a hold, beside its probe") }
        }
        request.isInFlight = true
        request.isCallClear = !apps[app].hasHolds
        request.calls += 1
        if request.firstCall == nil { request.firstCall = now.monotonic }
        inFlight[request.pipeline] += 1
        if inFlight[request.pipeline] > policy.inFlight.max {
            world.breach(.inFlight, "\(inFlight[request.pipeline]) calls of \(policy.name) are under way")
        }
        // Of the whole group, so no process has more.
        let pipelines = world.scenario.policy.pipelines
        let ofApp = inFlight.indices.lazy.filter { pipelines[$0].app == app }.reduce(0) { $0 + self.inFlight[$1] }
        if let limit = world.scenario.policy.apps[app].limits.inFlight, ofApp > limit {
            world.breach(.inFlight, "\(ofApp) calls of an app are under way, \(limit) are allowed")
        }
    }

    private func checkFinality(_ request: Tracked, _ assignment: TrackedAssignment, _ policy: PipelinePolicy) {
        if request.hasSucceeded || request.hasFailed || request.isSettled {
            world.breach(.finality, "\(name(request)) is called again, and its outcome is known")
        }
        if policy.retry.maybeRan == .fail && (request.runs > 0 || runsBefore(request, assignment) > 0) {
            world.breach(.maybeRan, "\(name(request)) is called again, and may have run")
        }
        if request.counted >= policy.retry.maxAttempts || request.timeOuts >= 2 {
            world.breach(.attempts, "\(name(request)) is called once more after \(request.counted) counted attempts")
        }
    }

    private func checkOrder(_ request: Tracked, _ assignment: TrackedAssignment) {
        guard let key = request.key else { return }
        if let before = assignment.called[key] {
            if before.isInFlight { world.breach(.order, "\(name(request)) is called beside another of its key") }
            if before.highest > request.offset {
                world.breach(.order, "\(name(request)) is called after \(before.highest) of its key")
            }
        }
        assignment.called[key] = (request.offset, true)
    }

    func noteCall(_ id: RequestID, app: Int, token: TokenGeneration) {
        tracked(id)?.token = token
        if token != apps[app].token { world.breach(.token, "a call with token \(token), which is not in use") }
    }

    func assignmentNumber(of id: RequestID) -> Int {
        tracked(id).flatMap { assignment($0.partition)?.number } ?? 0
    }

    /// Runs under the assignments before this one, as far as anybody can know of them.
    func runsBefore(_ request: Tracked, _ assignment: TrackedAssignment) -> Int {
        let record = world.broker.records[request.record]
        guard assignment.isCurrent, !world.broker.logs[assignment.partition].hasLostCounts, !record.isToldDone else {
            return 0
        }
        return record.executions.count { $0 < assignment.number && !assignment.numbersBefore.contains($0) }
    }

    func token(of id: RequestID) -> TokenGeneration { tracked(id)?.token ?? 0 }

    func seeCancel(_ id: RequestID) {
        guard let request = tracked(id) else {
            world.breach(.once, "\(id) is cancelled, and is not open")
            return
        }
        request.isCut = true
        // Its answer may be what the machine was just told, too late.
        if request.isInFlight { endFlight(request) }
    }

    private func endFlight(_ request: Tracked) {
        request.isInFlight = false
        inFlight[request.pipeline] -= 1
        let app = policy(request.pipeline).app
        if request.isCallUnderHold { apps[app].probes = max(0, apps[app].probes - 1) }
        if let key = request.key { assignment(request.partition)?.called[key]?.isInFlight = false }
    }

    /// An answer is about to reach the machine.
    func noteAnswer(_ id: RequestID, _ answer: ModelAnswer, executed: Bool, app: Int) {
        guard let request = tracked(id), request.isInFlight else { return }
        endFlight(request)
        request.lastAnswer = answer
        if executed { request.executions += 1 }
        if answer.mayHaveRun { request.runs += 1 }
        switch answer.meaning {
        case .success: request.hasSucceeded = true
        case .functionFailed: request.hasFailed = true
        case .transient, .unknown, .concurrency:
            request.unclear += 1
            if answer.isCounted && request.isCallClear && !apps[app].hasHolds { request.counted += 1 }
            if answer == .timedOut { request.timeOuts += 1 }
        case .misconfiguration:
            let before = request.refusals
            request.refusals = (answer.code, before?.code == answer.code ? (before?.count ?? 0) + 1 : 1)
        case .badRequest, .token, .throttled, .quota: break
        }
        noteWeather(answer, of: request, app)
    }

    private func noteWeather(_ answer: ModelAnswer, of request: Tracked, _ app: Int) {
        let isClear = !apps[app].hasHolds
        if answer.meaning == .token && isClear && request.token == apps[app].token { apps[app].isTokenRefused = true }
        if answer.isHostAway {
            apps[app].awayInRow += 1
            if apps[app].awayInRow >= 10 { hold(app) }
        } else if answer == .minuteQuota || answer == .dayQuota {
            apps[app].awayInRow = 0
            if isClear { hold(app) }
        } else if answer != .requestTimeout && answer.code != .errcode(-501_001) {
            lift(app)
        }
    }

    private func hold(_ app: Int) {
        if !apps[app].isHeld { apps[app].probes = 0 }
        apps[app].isHeld = true
    }

    private func lift(_ app: Int) {
        apps[app].awayInRow = 0
        apps[app].isHeld = false
        apps[app].probes = 0
    }

    func noteHostProbe(_ app: Int, isWell: Bool) {
        if isWell { lift(app) }
    }

    func noteToken(_ app: Int, _ generation: TokenGeneration) {
        if apps[app].token != generation { apps[app].isTokenRefused = false }
        apps[app].token = generation
        // A hold of the token's own ends with it.
        lift(app)
    }
}
