import RelayCore

/// Everything that a run does, known before it begins: the same seed gives the same plan.
package struct Plan: Equatable, Sendable {
    package let requests: Int
    /// How long requests are written, evenly.
    package let duration: Duration
    package let steps: [Step]

    package static let relays = 3

    /// The session that members have; the least that brokers take by default, and the least of this configuration.
    static let session: Duration = .seconds(6)

    /// A run of a broker of this kind, full of accidents. Half-way there are none for a while, so that the group comes together
    /// and it can be seen whether all of it goes on.
    package static func full(_ traits: BrokerTraits, seed: UInt64, requests: Int, duration: Duration) -> Plan {
        var draft = Draft(traits: traits, dice: Dice(seed: seed), end: duration)
        draft.begin()
        let limits = Limits(traits)
        draft.quiet = duration / 2..<duration / 2 + limits.settling + limits.stall + .seconds(5)
        while draft.drawAccident() {}
        return Plan(requests: requests, duration: duration, steps: draft.sorted)
    }

    /// The short form: one SIGKILL, one SIGTERM and return, one SIGSTOP; the seed moves them by a second.
    package static func short(_ traits: BrokerTraits, seed: UInt64) -> Plan {
        var draft = Draft(traits: traits, dice: Dice(seed: seed), end: .seconds(24))
        draft.begin()
        draft.kill(1, at: draft.dice.milliseconds(6_000...7_000), absence: .seconds(3))
        draft.terminate(2, at: draft.dice.milliseconds(12_000...13_000), absence: .seconds(3))
        draft.suspend(3, at: draft.dice.milliseconds(18_000...19_000), pause: .seconds(2))
        return Plan(requests: 4_000, duration: draft.end, steps: draft.sorted)
    }
}

/// A plan in the making.
struct Draft {
    let traits: BrokerTraits
    var dice: Dice
    let end: Duration
    /// When no accident begins.
    var quiet: Range<Duration>?
    private var steps: [Step] = []
    /// Until when each relay, by number, and the broker are busy with an accident.
    private var busy: [Int: Duration] = [:]
    private var brokerBusy: Duration = .zero
    private var now: Duration = .seconds(5)

    init(traits: BrokerTraits, dice: Dice, end: Duration) {
        self.traits = traits
        self.dice = dice
        self.end = end
    }

    var sorted: [Step] {
        // Stable: what was drawn first comes first.
        steps.enumerated().sorted { ($0.element.at, $0.offset) < ($1.element.at, $1.offset) }.map(\.element)
    }

    /// Two relays at once; the third joins under load.
    mutating func begin() {
        for relay in 1...Plan.relays {
            let at: Duration = relay < Plan.relays ? .zero : .seconds(3)
            add(.start(relay: relay), at)
        }
    }

    /// What may happen, in the proportions of a deck of cards: each kind comes before one comes again and again.
    private enum Card: CaseIterable {
        case kill, terminate, suspend, suspendLong, pauseBroker, restartBroker, closeConnections

        var count: Int { self == .kill ? 4 : self == .terminate ? 3 : 2 }
    }

    private var deck: [Card] = []

    /// Draws one accident; false once the time is up.
    mutating func drawAccident() -> Bool {
        guard moveOn(to: now + dice.milliseconds(traits.gap)) else { return false }
        if deck.isEmpty { deck = newDeck }
        let possible = deck.indices.filter { isPossible(deck[$0]) }
        guard !possible.isEmpty else { return true }
        let card = deck.remove(at: possible[dice.number(0...possible.count - 1)])
        if card == .pauseBroker, !traits.keepsJoinsOverPauses {
            guard moveOn(to: max(now, lastChange + Limits(traits).settling)) else { return false }
        }
        // Not asked for by those that strike no relay.
        let relay = free.isEmpty ? 0 : free[dice.number(0...free.count - 1)]
        switch card {
        case .kill: kill(relay, at: now, absence: dice.milliseconds(200...6_000))
        case .terminate: terminate(relay, at: now, absence: dice.milliseconds(200...8_000))
        case .suspend: suspend(relay, at: now, pause: dice.milliseconds(300...4_000))
        case .suspendLong: suspend(relay, at: now, pause: Plan.session + dice.milliseconds(1_000...4_000))
        case .pauseBroker: pauseBroker(dice.milliseconds(300...4_000))
        case .restartBroker: restartBroker(at: now, dice.milliseconds(0...8_000))
        case .closeConnections: add(.closeConnections, now)
        }
        return true
    }

    /// Moves on to a time, or to the end of the quiet that it lies in; false once the time is up.
    private mutating func moveOn(to time: Duration) -> Bool {
        now = if let quiet, quiet.contains(time) { quiet.upperBound } else { time }
        // What begins later would reach beyond the end.
        return now < end - .seconds(8)
    }

    /// When the last thing that can change the group is over.
    private var lastChange: Duration { max(steps.map(\.at).max() ?? .zero, busy.values.max() ?? .zero) }

    /// The relays that nothing is being done to.
    private var free: [Int] { (1...Plan.relays).filter { busy[$0, default: .zero] <= now } }

    private var newDeck: [Card] {
        Card.allCases.filter { ($0 != .pauseBroker || traits.canPause) && ($0 != .restartBroker || traits.canRestart) }
            .flatMap { Array(repeating: $0, count: $0.count) }
    }

    private func isPossible(_ card: Card) -> Bool {
        let isBrokerFree = brokerBusy <= now
        switch card {
        // One relay at least is left alone, or progress would be nobody's duty. And who cannot tell a broker that keeps the
        // dead that it goes, or is out of touch for two reasons at once, would stay in its group for ever.
        case .kill, .terminate, .suspend, .suspendLong: return free.count >= 2 && (isBrokerFree || traits.evictsTheDead)
        case .pauseBroker:
            return isBrokerFree && (free.count == Plan.relays || traits.evictsTheDead)
        case .restartBroker: return isBrokerFree
        case .closeConnections: return true
        }
    }

    mutating func kill(_ relay: Int, at time: Duration, absence: Duration) {
        add(.kill(relay: relay), time)
        forgetTheDead(at: time + dice.milliseconds(200...900))
        add(.start(relay: relay), time + absence)
        busy[relay] = time + absence + .seconds(2)
    }

    mutating func terminate(_ relay: Int, at time: Duration, absence: Duration) {
        add(.terminate(relay: relay), time)
        add(.start(relay: relay), time + absence)
        // Leaving may take some seconds.
        busy[relay] = time + max(absence, .seconds(5)) + .seconds(2)
    }

    mutating func suspend(_ relay: Int, at time: Duration, pause: Duration) {
        add(.suspend(relay: relay), time)
        if pause > Plan.session { forgetTheDead(at: time + dice.milliseconds(2_000...4_000)) }
        add(.resume(relay: relay), time + pause)
        busy[relay] = time + pause + .seconds(2)
    }

    private mutating func pauseBroker(_ pause: Duration) {
        add(.pauseBroker, now)
        add(.resumeBroker, now + pause)
        brokerBusy = now + pause + .seconds(2)
    }

    private mutating func restartBroker(at time: Duration, _ absence: Duration) {
        add(.stopBroker, time)
        add(.startBroker, time + absence)
        brokerBusy = time + absence + .seconds(2)
    }

    /// A broker that never gives a dead member up is restarted; one that is busy with an accident is so afterwards.
    private mutating func forgetTheDead(at time: Duration) {
        guard !traits.evictsTheDead else { return }
        restartBroker(at: max(time, brokerBusy), dice.milliseconds(0...500))
    }

    private mutating func add(_ action: Action, _ time: Duration) {
        steps.append(Step(at: time, action: action))
    }
}

/// What plans and requests draw from.
struct Dice: Sendable {
    private var generator: SplitMix64

    init(seed: UInt64) {
        generator = SplitMix64(seed: seed)
    }

    mutating func number(_ range: ClosedRange<Int>) -> Int {
        range.lowerBound + Int(generator.next() % UInt64(range.upperBound - range.lowerBound + 1))
    }

    /// A time between so many milliseconds.
    mutating func milliseconds(_ range: ClosedRange<Int>) -> Duration {
        .milliseconds(number(range))
    }
}
