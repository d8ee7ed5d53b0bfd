import RelayCore

/// What a member says when it joins.
struct JoinRequest {
    /// The member id the broker gave it; nil at its first join.
    let client: Int?
    /// Which of the process's joins it is.
    let number: Int
    let owned: [Bool]
    let generation: Int
}

/// The answer to SyncGroup: what a member has from now on.
struct SyncAnswer {
    /// Which of the process's joins it answers.
    let join: Int
    let client: Int
    let generation: Int
    let partitions: [Int]
}

enum HeartbeatAnswer {
    case well, rebalancing, unknown
}

/// The group's coordinator, and the cooperative-sticky assignor of its leader.
///
/// A round waits until every member it knows has joined again (parked joins), or its time is up; members that were silent
/// for a session are put out. A partition that changes hands is withheld for a round, until its owner has let it go.
struct ModelGroup {
    struct Participant {
        let client: Int
        let process: Process
        var join: Int
        var lastHeard: MonotonicTime
        var hasJoined: Bool
        var owned: [Bool]
        var ownedGeneration: Int
        var assignment: [Int] = []
    }

    private(set) var participants: [Participant] = []
    private(set) var generation = 0
    private(set) var isPreparing = false
    /// A member has left since the last round.
    private var hasLeft = false
    private var lastClient = 0
    private let partitionCount: Int

    init(partitionCount: Int) {
        self.partitionCount = partitionCount
    }

    func position(of client: Int) -> Int? { participants.firstIndex { $0.client == client } }

    mutating func hear(_ client: Int, at now: MonotonicTime) -> HeartbeatAnswer {
        guard let position = position(of: client) else { return .unknown }
        participants[position].lastHeard = now
        return isPreparing && !participants[position].hasJoined ? .rebalancing : .well
    }

    /// - Returns: the member's id; nil when the broker does not know the one it names.
    mutating func join(_ request: JoinRequest, _ process: Process, at now: MonotonicTime) -> Int? {
        if let client = request.client {
            guard let position = position(of: client) else { return nil }
            participants[position].lastHeard = now
            participants[position].hasJoined = true
            participants[position].join = request.number
            participants[position].owned = request.owned
            participants[position].ownedGeneration = request.generation
            return client
        }
        lastClient += 1
        participants.append(
            Participant(
                client: lastClient,
                process: process,
                join: request.number,
                lastHeard: now,
                hasJoined: true,
                owned: [Bool](repeating: false, count: partitionCount),
                ownedGeneration: -1
            )
        )
        return lastClient
    }

    /// Begins a round.
    ///
    /// - Returns: whether none was under way.
    mutating func prepare() -> Bool {
        defer { isPreparing = true }
        return !isPreparing
    }

    mutating func leave(_ process: Process) {
        remove { $0.process == process }
        hasLeft = true
    }

    mutating func remove(_ isMeant: (Participant) -> Bool) {
        participants.removeAll(where: isMeant)
    }

    /// Whether the last round gave a partition to a process.
    func hasGiven(_ partition: Int, to process: Process) -> Bool {
        participants.contains { $0.process == process && $0.assignment.contains(partition) }
    }

    /// Whether a member was silent for a session. One that waits in a join is alive.
    func isSilent(_ client: Int, since limit: MonotonicTime) -> Bool {
        guard let position = position(of: client) else { return false }
        let participant = participants[position]
        return participant.lastHeard <= limit && !(isPreparing && participant.hasJoined)
    }

    var haveAllJoined: Bool { participants.allSatisfy(\.hasJoined) }

    /// Ends the round: members that have not joined are out.
    mutating func complete(at now: MonotonicTime) -> [Participant] {
        participants.removeAll { !$0.hasJoined }
        isPreparing = false
        hasLeft = false
        generation += 1
        assign()
        for index in participants.indices {
            participants[index].hasJoined = false
            participants[index].lastHeard = now
        }
        return participants
    }

    private mutating func assign() {
        guard !participants.isEmpty else { return }
        let claims = claims()
        var targets = [Int?](repeating: nil, count: partitionCount)
        var counts = [Int](repeating: 0, count: participants.count)
        let least = partitionCount / participants.count
        var larger = partitionCount % participants.count
        for partition in 0..<partitionCount {
            guard let claimant = claims[partition] else { continue }
            if counts[claimant] < least {
                targets[partition] = claimant
            } else if counts[claimant] == least && larger > 0 {
                targets[partition] = claimant
                larger -= 1
            } else {
                continue
            }
            counts[claimant] += 1
        }
        for partition in 0..<partitionCount where targets[partition] == nil {
            guard let poorest = counts.indices.min(by: { counts[$0] < counts[$1] }) else { continue }
            targets[partition] = poorest
            counts[poorest] += 1
        }
        for index in participants.indices {
            participants[index].assignment = (0..<partitionCount).filter { partition in
                targets[partition] == index && (claims[partition] == nil || claims[partition] == index)
            }
        }
    }

    /// Who says that a partition is his; of several, the one of the latest generation.
    private func claims() -> [Int?] {
        (0..<partitionCount).map { partition in
            var best: Int?
            for index in participants.indices where participants[index].owned[partition] {
                if let current = best, participants[current].ownedGeneration >= participants[index].ownedGeneration {
                    continue
                }
                best = index
            }
            return best
        }
    }

    /// Whether another member has left and this one has not joined anew: it learns of that by its next heartbeat. Kafka takes
    /// its commits until the round is over, other brokers do not.
    func isLeaveUnheard(by client: Int?) -> Bool {
        guard let client, let position = position(of: client) else { return false }
        return hasLeft && !participants[position].hasJoined
    }

    /// What Kafka says to a commit; nil: welcome.
    func refusal(of client: Int?, generation: Int) -> String? {
        guard let client, position(of: client) != nil else { return "UNKNOWN_MEMBER_ID" }
        return generation == self.generation ? nil : "ILLEGAL_GENERATION"
    }
}
