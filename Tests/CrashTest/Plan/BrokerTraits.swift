/// What a broker can be put through, and how fast its group changes.
package struct BrokerTraits: Sendable {
    /// It takes a dead member's partitions away by itself. Else it has to be restarted, which empties its groups.
    package var evictsTheDead: Bool
    package var canRestart: Bool
    package var canPause: Bool
    /// A member whose join it has not answered yet outlives a pause. Else there are none before the group has come together.
    package var keepsJoinsOverPauses: Bool
    /// Milliseconds between two accidents.
    var gap: ClosedRange<Int>
    /// How long a change of the group takes it, on top of the members' own time.
    var joinWait: Duration

    package static let noida = BrokerTraits(
        evictsTheDead: false,
        canRestart: true,
        canPause: true,
        keepsJoinsOverPauses: true,
        gap: 2_000...7_000,
        joinWait: .zero
    )

    /// In memory, so it cannot be restarted; a change of a stable group waits for a session less a second. Its clock for a member's
    /// session goes on while the member waits in a join: a pause then puts it out, its join is never answered, and when it asks
    /// again it comes in under its old id (librdkafka 2.0.2; Apache Kafka counts who waits as alive).
    package static let mock = BrokerTraits(
        evictsTheDead: true,
        canRestart: false,
        canPause: true,
        keepsJoinsOverPauses: false,
        gap: 4_000...11_000,
        joinWait: .seconds(5)
    )

    /// Somebody else's: nothing is done to it.
    package static let cluster = BrokerTraits(
        evictsTheDead: true,
        canRestart: false,
        canPause: false,
        keepsJoinsOverPauses: true,
        gap: 3_000...10_000,
        joinWait: .seconds(3)
    )
}
