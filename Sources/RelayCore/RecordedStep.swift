/// One line of a recorded run: what the core was told or asked, and what it said. A fresh core that is told the same
/// says the same.
package enum RecordedStep: Codable, Sendable {
    /// The beginning: all that a machine is made from.
    case machine(policy: Policy, timing: MachineTiming, seed: UInt64)
    /// An event, the effects that followed, and what the commit among them says.
    case event(Event, at: Now, effects: [Effect], commits: [PartitionCommit])
    /// A question for room, which the machine remembers, and its answer.
    case room(in: PartitionID, count: Int)
}
