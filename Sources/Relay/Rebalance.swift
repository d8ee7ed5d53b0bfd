package import Kafka

/// What the group takes back from a member, until it is answered.
///
/// librdkafka takes the next unassignment for the answer to every event before it. So events that overlap get one answer, with
/// the partitions of all of them, and there is none behind it.
package struct Rebalance: Sendable {
    /// The lists of the revoke events that wait for their answer.
    private var revoking: [TopicPartition]?
    /// Partitions of this member that are looked up again, and not assigned meanwhile.
    private var returning: Set<TopicPartition> = []

    package init() {}

    /// The group asks for partitions; `letGo` answers. An earlier revocation that is still open is answered together with it.
    package mutating func revoke(_ partitions: [TopicPartition]) {
        revoking = (revoking ?? []) + assigned(partitions)
    }

    /// The group has given partitions up.
    ///
    /// - Returns: all that this member has lost by that, those of an open revocation among them: they come again, or go to
    ///   others. And what to unassign at once, as the answer to all of it.
    package mutating func lose(
        _ partitions: [TopicPartition]
    ) -> (partitions: [TopicPartition], toUnassign: [TopicPartition]) {
        let open = revoking ?? []
        revoking = nil
        let known = Set(partitions)
        let lost = partitions + open.filter { !known.contains($0) }
        return (lost, assigned(lost))
    }

    /// What was revoked is drained.
    ///
    /// - Returns: what to unassign; nil when the group waits for no answer any more.
    package mutating func letGo() -> [TopicPartition]? {
        defer { revoking = nil }
        return revoking
    }

    /// A partition is let go of to be assigned again, with another start.
    package mutating func beginReturn(of partition: TopicPartition) { returning.insert(partition) }

    /// Whether nobody has taken the partitions back meanwhile.
    package func isReturning(_ partitions: [TopicPartition]) -> Bool { returning.isSuperset(of: partitions) }

    /// The partitions are assigned again.
    package mutating func endReturn(of partitions: [TopicPartition]) { returning.subtract(partitions) }

    /// Those that librdkafka has as assigned. One that is looked up again is not assigned at the moment, and is not to be from
    /// now on.
    private mutating func assigned(_ partitions: [TopicPartition]) -> [TopicPartition] {
        let returned = returning.intersection(partitions)
        returning.subtract(returned)
        return partitions.filter { !returned.contains($0) }
    }
}
