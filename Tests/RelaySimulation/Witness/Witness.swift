import RelayCore

/// Sees everything that goes into one process's machine and comes out of it, keeps its own books from that, and says what
/// breaks a rule. It never asks the machine whether it is right.
final class Witness {
    let process: Process
    unowned let world: World
    var now = Now(monotonic: MonotonicTime(nanoseconds: 0), wall: WallTime(milliseconds: 0))
    private var lastEvent: MonotonicTime?
    private var eventsUnchecked = 0
    /// Open requests by slot.
    var tracked: [Tracked?] = []
    /// By the shell's slot.
    var assignments: [TrackedAssignment?] = []
    private var answers: [PartitionID: StartAnswer] = [:]
    /// Lost, and kept until they come back or a session is over.
    var limbo: [TrackedAssignment] = []
    /// Those of them that the event being handled assigns again.
    var returns: [(assigned: AssignedPartition, answer: StartAnswer)] = []
    var inFlight: [Int]
    private var bytes: [Int]
    /// The request of the event that the machine is handling, when it is an arrival.
    private var arriving: RequestID?
    /// By app: what the answers so far must have brought about.
    var apps: [WitnessedApp]
    /// What was said last of a topic; nothing while a look-up is under way.
    var looked: [String: TopicLookup?] = [:]
    /// Topics that existed when they were looked up.
    var found: Set<String> = []

    var commits: [PartitionCommit] = []
    var isCommitAskedInDoubt = false
    var gateClosedSince: MonotonicTime?
    var drainDeadline: MonotonicTime?
    private(set) var isStopping = false
    private(set) var stopDeadline: MonotonicTime?
    /// Something that was begun did not end, or something done was not committed, when its partition went.
    private var isStopCut = false
    /// The event that the machine is handling is the stop.
    private var isStopBeginning = false
    private(set) var isFinished = false
    /// Until when a silence of the other side may look like a stall.
    private var excusedUntil = MonotonicTime(nanoseconds: 0)

    init(_ process: Process, _ world: World) {
        self.process = process
        self.world = world
        inFlight = world.scenario.policy.pipelines.map { _ in 0 }
        bytes = inFlight
        apps = world.scenario.policy.apps.map { _ in WitnessedApp() }
    }

    func policy(_ pipeline: Int) -> PipelinePolicy { world.scenario.policy.pipelines[pipeline] }

    func tracked(_ id: RequestID) -> Tracked? {
        guard id.index < tracked.count, let request = tracked[id.index], request.id == id else { return nil }
        return request
    }

    func assignment(_ id: PartitionID) -> TrackedAssignment? {
        if id.slot >= 0, id.slot < assignments.count, let assignment = assignments[id.slot], assignment.id == id {
            return assignment
        }
        return limbo.first { $0.id == id }
    }

    func name(_ request: Tracked) -> String { world.name(world.broker.records[request.record]) }

    // MARK: Into the machine

    func hear(_ event: Event, _ now: Now) {
        self.now = now
        arriving = nil
        isStopBeginning = if case .stop = event { true } else { false }
        noticeGap()
        switch event {
        case .assigned(let assigned): for partition in assigned { begin(partition) }
        case .revoked(let ids):
            for id in ids { assignment(id)?.isDraining = true }
            drainDeadline = now.monotonic + world.scenario.timing.drain
        case .lost(let ids): lose(ids)
        case .forgotten(let ids): forget(ids)
        case .arrived(let arrival): take(arrival)
        case .skipped(let id, let offset): reading(id)?.advance(to: offset.value + 1)
        case .endOfPartition(let id, let offset): reading(id)?.advance(to: offset.value)
        case .published(let id, let result): takeReport(id, result)
        case .topicLookedUp(let topic, let lookup): takeLookup(topic, lookup)
        case .committed(let refused): takeCommitAnswer(refused)
        case .token(let app, .ready(let generation)): noteToken(app, generation)
        case .commitGate(let isClosed): gateClosedSince = isClosed ? gateClosedSince ?? now.monotonic : nil
        case .stop(let deadline):
            isStopping = true
            stopDeadline = deadline
        // No member reads its configuration again here.
        case .answered, .hostProbeAnswered, .token, .partitionTotals, .tick, .policy: break
        }
    }

    private func noticeGap() {
        defer { lastEvent = now.monotonic }
        guard let lastEvent, now.monotonic - lastEvent > world.scenario.timing.session else { return }
        for assignment in assignments { assignment?.isDoubtful = true }
        isCommitAskedInDoubt = false
    }

    func noteAssignment(_ id: PartitionID, _ answer: StartAnswer) { answers[id] = answer }

    private func begin(_ assigned: AssignedPartition) {
        while assignments.count <= assigned.id.slot { assignments.append(nil) }
        guard let answer = answers.removeValue(forKey: assigned.id) else { return }
        noteReturn(assigned, answer)
        assignments[assigned.id.slot] = TrackedAssignment(assigned, answer)
    }

    /// An assignment that takes records.
    private func reading(_ id: PartitionID) -> TrackedAssignment? {
        guard let assignment = assignment(id), assignment.lostAt == nil, !assignment.isDraining, !assignment.isStopped,
            !isStopping
        else { return nil }
        return assignment
    }

    private func take(_ arrival: Arrival) {
        let id = arrival.request
        while tracked.count <= id.index { tracked.append(nil) }
        if let before = tracked[id.index] { world.breach(.once, "\(name(before)) shares its slot with another") }
        let assignment = reading(arrival.partition)
        let isAdmitted = assignment.map { arrival.offset.value >= $0.position } ?? false
        guard let record = world.members[process.member]?.request(id)?.record else { return }
        let pipeline = world.broker.logs[world.broker.records[record].partition].pipeline
        let request = Tracked(arrival, record: record, pipeline: pipeline, isAdmitted: isAdmitted, at: now.monotonic)
        arriving = arrival.request
        tracked[id.index] = request
        guard isAdmitted, let assignment else { return }
        assignment.take(arrival.offset.value)
        assignment.requestCount += 1
        bytes[pipeline] += arrival.byteCount
        if assignment.openCount > policy(pipeline).window.open {
            world.breach(.window, "\(assignment.openCount) are open at \(name(request))")
        }
    }

    func checkRoom(_ room: Int, in id: PartitionID) {
        guard room > 0 else { return }
        guard let assignment = reading(id) else {
            world.breach(.window, "room for \(room) in a partition that takes none")
            return
        }
        let window = policy(assignment.pipeline).window
        let open = assignment.openCount
        let distance = assignment.position - assignment.commitPosition
        if open + room > window.open { world.breach(.window, "room for \(room) where \(open) are open") }
        if distance >= window.distance { world.breach(.window, "room for \(room) at a distance of \(distance)") }
        if open > 0 && bytes[assignment.pipeline] >= window.bytes {
            world.breach(.window, "room for \(room) with \(bytes[assignment.pipeline]) bytes open")
        }
    }

    // MARK: Out of the machine

    func see(_ effect: Effect, _ machine: borrowing RelayMachine) {
        world.digest.add(mark(effect))
        switch effect {
        case .call(let id): seeCall(id)
        case .cancel(let id): seeCancel(id)
        case .copyOut(let id): if tracked(id) == nil { world.breach(.protocolKept, "\(id) is copied out, not open") }
        case .release(let id): seeRelease(id)
        case .publish: break
        case .lookUpTopic(let topic): looked[topic] = .some(nil)
        case .commit: seeCommit(machine.commitsUnderWay)
        case .takeUpAgain(let id): seeTakeUp(id)
        case .letGo(let ids): seeLetGo(ids)
        case .readOn(let id): if reading(id) == nil { world.breach(.window, "\(id) is to be read on, and takes none") }
        case .refreshToken(let app, let refused):
            if refused != apps[app].token { world.breach(.token, "token \(refused) is refreshed, which is not in use") }
        case .probeToken, .probeHost, .dropConnections: break
        case .report(let report): seeReport(report)
        case .finished(let isClean): seeFinish(isClean)
        }
    }

    private func mark(_ effect: Effect) -> Int {
        switch effect {
        case .call(let id): 16 + id.index
        case .cancel(let id): 1_000_016 + id.index
        case .release(let id): 2_000_016 + id.index
        case .publish(let publication): 3_000_016 + publication.id.request.index * 64 + publication.id.attempt
        case .copyOut: 1
        case .readOn: 2
        case .lookUpTopic: 3
        case .commit: 4
        case .letGo: 5
        case .refreshToken, .probeToken, .probeHost, .dropConnections: 6
        case .report: 7
        case .finished: 8
        case .takeUpAgain: 9
        }
    }

    private func seeRelease(_ id: RequestID) {
        guard let request = tracked(id) else {
            world.breach(.once, "\(id) is released, and is not open")
            return
        }
        tracked[id.index] = nil
        guard request.isAdmitted else { return }
        bytes[request.pipeline] -= request.byteCount
        let assignment = assignment(request.partition)
        assignment?.requestCount -= 1
        if request.isInFlight { world.breach(.once, "\(name(request)) is released with its call under way") }
        finishAtRelease(request)
        guard !request.isDone else { return }
        guard let assignment else { return }
        guard !assignment.isDraining else {
            // A retry that waits is handed over. What the drain's deadline cuts with the stop's beginning was late before.
            if !isStopBeginning && (request.isCut || request.isSettled) { noteCut() }
            return
        }
        if request.id == arriving {
            seeSkip(request, assignment)
            return
        }
        if !isStopping { world.breach(.once, "\(name(request)) is dropped, neither done nor taken back") }
        if isBegun(request) { noteCut() }
    }

    func isBegun(_ request: Tracked) -> Bool { request.calls > 0 || request.isSettled }

    /// A stop that does not bring to an end what was begun must say so.
    func noteCut() {
        if isStopping { isStopCut = true }
    }

    /// A record that an owner before has done is neither called nor answered again.
    private func seeTakeUp(_ id: PartitionID) {
        if assignment(id) != nil { world.breach(.protocolKept, "\(id) is taken up again, and something of it is kept") }
        if world.scenario.policy.onOutOfRange == .stop {
            world.breach(.protocolKept, "\(id) stops, and is taken up again")
        }
        if isStopping { world.breach(.stop, "\(id) is taken up again during a stop") }
    }

    private func seeSkip(_ request: Tracked, _ assignment: TrackedAssignment) {
        let record = world.broker.records[request.record]
        if record.replies + record.deadLetters == 0 && !record.isShadowed {
            world.breach(.nothingLost, "\(name(request)) is taken for done, and has no answer")
        }
        assignment.finish(request.offset)
    }

    private func seeReport(_ report: Report) {
        switch report {
        case .holdOpened(let hold):
            world.statistics.holds += 1
            world.say("member \(process.member): hold of \(hold.scope) \(hold.name) for \(hold.code) (\(hold.cause))")
            apps[app(hold)].open(hold)
            apps[app(hold)].noteWindow(hold, at: now.monotonic)
        case .holdClosed(let hold, _):
            world.say("member \(process.member): hold of \(hold.scope) \(hold.name) closes")
            apps[app(hold)].close(hold)
        case .limboEnded(let end, let topic, let partition, _): seeLimboEnd(end, topic: topic, partition: partition)
        case .stalled(let words):
            let excuse = max(excusedUntil, world.broker.downUntil)
            if words.contains("may call") || world.now - excuse > .seconds(75) { world.breach(.progress, words) }
        case .holdProbeFailed(let hold): apps[app(hold)].noteWindow(hold, at: now.monotonic)
        case .gateStaysClosed:
            let timing = world.scenario.timing
            guard let since = gateClosedSince, now.monotonic - since >= timing.session + timing.drain else {
                world.breach(.protocolKept, "a gate is said to stay closed, and has not been for long")
                return
            }
        case .unlistedCode, .replyRedirected, .nowhereToWrite, .deadLetterDropped, .commitRefused, .lateTick,
            .gateOpened, .leftLog:
            break
        }
    }

    private func app(_ hold: HoldReport) -> Int {
        world.scenario.policy.apps.firstIndex { $0.name == hold.app } ?? 0
    }

    private func seeFinish(_ isClean: Bool) {
        world.say("member \(process.member) has finished, \(isClean ? "clean" : "not clean")")
        if !isStopping { world.breach(.stop, "finished without a stop") }
        isFinished = true
        guard isClean else { return }
        if isStopCut { world.breach(.stop, "a clean stop has left something begun, or done and not committed") }
        for assignment in assignments.compactMap({ $0 }) where assignment.hasDoneUncommitted {
            world.breach(.stop, "a clean stop leaves something done in \(assignment.id) uncommitted")
        }
    }

    func notePause(until time: MonotonicTime) { excusedUntil = max(excusedUntil, time) }

    // MARK: After each event

    func conclude(_ event: Event, _ machine: borrowing RelayMachine) {
        switch event {
        case .lost(let ids), .forgotten(let ids):
            for request in tracked {
                guard let request, ids.contains(request.partition), assignment(request.partition) == nil else {
                    continue
                }
                world.breach(.once, "\(name(request)) stays open without its partition")
            }
        case .arrived(let arrival):
            if let request = tracked(arrival.request), !request.isAdmitted {
                world.breach(.once, "\(name(request)) is kept, and its partition takes none")
            }
        case .published(let id, _):
            if let request = tracked(id.request), request.isDone {
                world.breach(.once, "\(name(request)) is written wherever it must be, and stays open")
            }
        default: break
        }
        checkLimbo()
        eventsUnchecked += 1
        guard eventsUnchecked >= 64 else { return }
        eventsUnchecked = 0
        if let problem = machine.inconsistencies().first { world.breach(.books, problem) }
    }
}
