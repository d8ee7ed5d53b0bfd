import RelayCore

/// How long the group may take for what, by the broker's traits.
package struct Limits: Sendable {
    /// After an accident's end, until the group has come together and every partition is relayed again.
    package var settling: Duration
    /// For how long the commit of a group that has come together may stand still while it is due to move.
    package var stall: Duration
    /// After an accident's end, until the last partition has moved to another relay.
    package var handOver: Duration
    /// After an accident's end, until a relay that lost partitions for it has begun again.
    package var groupChange: Duration
    /// After a relay or the broker is back, until the relay has heard of what the group decided.
    package var touch: Duration
    /// After a loss, until what was begun of the partition is given up: until then a stop leaves it incomplete.
    package var limbo: Duration
    /// After its arrival, until a call has been given up by its relay; what the fake answers then goes to nobody.
    package var call: Duration

    package init(
        settling: Duration,
        stall: Duration,
        handOver: Duration,
        groupChange: Duration,
        touch: Duration,
        limbo: Duration,
        call: Duration
    ) {
        self.settling = settling
        self.stall = stall
        self.handOver = handOver
        self.groupChange = groupChange
        self.touch = touch
        self.limbo = limbo
        self.call = call
    }

    package init(_ traits: BrokerTraits) {
        let join = traits.joinWait
        // A session, the wait for the others to join, and a drain.
        handOver = Plan.session + join + Relays.drain
        settling = handOver
        // A call and its retries, and a slow machine.
        stall = .seconds(15)
        // Two waits for joins.
        groupChange = join * 2 + .seconds(5)
        // It may call for as long as its session could last; the rest is a slow machine's.
        touch = Plan.session + .seconds(4)
        limbo = Plan.session
        // Its relay began to wait a little before it arrived.
        call = Relays.callLimit - .milliseconds(50)
    }
}
