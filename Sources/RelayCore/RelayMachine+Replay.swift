extension RelayMachine {
    /// Tells a fresh machine what a recorded one was told; `machine` is nil before the first step, which makes it.
    ///
    /// - Returns: the step as it would be recorded now: the same, or the machine decides otherwise.
    package static func replay(_ step: RecordedStep, on machine: inout RelayMachine?) -> RecordedStep {
        switch step {
        case .machine(let policy, let timing, let seed):
            machine = RelayMachine(policy: policy, timing: timing, seed: seed)
            return step
        case .event(let event, let now, _, _):
            var effects: [Effect] = []
            machine?.handle(event, now: now, into: &effects)
            return .event(event, at: now, effects: effects, commits: machine?.commits(in: effects) ?? [])
        case .room(let partition, _):
            return .room(in: partition, count: machine?.room(in: partition) ?? 0)
        }
    }

    /// What a commit among these effects, which the last event brought, says; nothing without one.
    package func commits(in effects: [Effect]) -> [PartitionCommit] {
        effects.contains(.commit) ? commitsUnderWay : []
    }
}
