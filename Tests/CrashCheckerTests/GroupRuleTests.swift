import CrashTest
import Testing

/// The rules of the group: commits, progress, endings; and whether a run shows anything.
@Suite("Crash checker: group") struct GroupRuleTests {
    // MARK: committed

    @Test("a commit above a request whose answer comes later")
    func early() {
        var history = History.sound
        history.samples[1].committed[0] = 2
        #expect(history.broken == [.committed])
    }

    @Test("a commit that goes back, and one that never comes")
    func commits() {
        var history = History.sound
        history.samples[2].committed[0] = 0
        #expect(history.broken == [.committed])
        history = .sound
        history.samples.removeLast()
        #expect(history.broken == [.committed])
    }

    // MARK: progress

    /// Partition 1 has something open, and its commit stands still for as many seconds as there are samples more;
    /// partition 0 gets a commit each second.
    private static func standing(_ isDue: [Bool]) -> History {
        var history = History.sound
        let still = history.samples[2]
        for (index, isDue) in isDue.enumerated() {
            var sample = still
            sample.time += Int64(index + 1) * 1_000
            sample.isProgressDue = isDue
            sample.requestEnds[0] = Int64(index + 3)
            history.samples.insert(sample, at: 3 + index)
        }
        history.samples[history.samples.count - 1].time += Int64(isDue.count) * 1_000
        return history
    }

    @Test("one partition's commit that stands still for too long while it is due to move")
    func stalled() {
        var history = Self.standing(Array(repeating: true, count: 8))
        // Its own clock began with the first sample.
        #expect(history.verdict.longestStall == 9_150)
        #expect(history.broken == [])
        #expect(history.verdict.longestSettledStall == 8_650)
        history = Self.standing(Array(repeating: true, count: 9))
        #expect(history.broken == [])
        history = Self.standing(Array(repeating: true, count: 10))
        #expect(history.broken == [.progress])
        // The group was changing until then.
        history.accidents.append(Accident(.termination, relay: "relay3", begin: 3_000, end: 5_000))
        #expect(history.broken == [])
        history.accidents[1] = Accident(.gatewayRestart, begin: 3_000, end: 5_000)
        #expect(history.broken == [.progress])
        // Nothing is open there.
        for index in history.samples.indices { history.samples[index].requestEnds[1] = 0 }
        for index in history.samples.indices { history.samples[index].requestEnds[0] = 2 }
        #expect(history.broken == [])
    }

    @Test("while nothing is due the clock stands still, and goes on afterwards")
    func interrupted() {
        let due = Array(repeating: true, count: 6)
        let pause = Array(repeating: false, count: 20)
        #expect(Self.standing(pause).broken == [])
        #expect(Self.standing(due + pause).broken == [])
        #expect(Self.standing(due + pause + due).broken == [.progress])
    }

    // MARK: watched

    @Test("a time without samples while the broker was up")
    func unwatched() {
        var history = History.sound
        history.samples[3].time = 7_250
        #expect(history.broken == [])
        history.samples[3].time = 7_251
        #expect(history.broken == [.watched])
        history.accidents.append(Accident(.brokerRestart, begin: 3_000, end: 3_001))
        #expect(history.broken == [])
        history.samples.removeFirst(3)
        #expect(history.broken == [.watched])
    }

    @Test("a commit that is gone from a sample")
    func vanished() {
        var history = History.sound
        history.samples[2].committed[0] = nil
        #expect(history.broken == [.watched])
    }

    // MARK: survived

    @Test("a relay that ended by itself, or with a code that nobody expects")
    func ended() {
        for (told, how) in [
            (Ending.Told.nothing, Ending.How.exit(0)), (.kill, .exit(0)), (.stop, .exit(1)), (.stop, .signal(9)),
            (.lastStop, .exit(75)), (.lastStop, .signal(11)),
        ] {
            var history = History.sound
            history.endings.append(Ending(relay: "relay2", told: told, how: how, begin: 1_300, end: 1_400))
            #expect(history.broken == [.survived], "\(told) \(how)")
        }
    }

    @Test("a stop may leave something only where the group changed for another reason, or had just done so")
    func incomplete() {
        var history = History.sound
        history.endings = [Ending(relay: "relay2", told: .stop, how: .exit(75), begin: 7_000, end: 8_000)]
        history.accidents = [Accident(.termination, relay: "relay2", begin: 6_999, end: 9_000)]
        let own = history.accidents
        func isBroken(by more: Accident) -> Bool {
            history.accidents = own + [more]
            return history.broken.contains(.survived)
        }
        #expect(history.broken.contains(.survived))
        #expect(!isBroken(by: Accident(.brokerPause, begin: 7_500, end: 7_600)))
        #expect(!isBroken(by: Accident(.brokerRestart, begin: -5_000, end: -4_000)))
        #expect(isBroken(by: Accident(.brokerRestart, begin: -5_000, end: -4_001)))
        #expect(isBroken(by: Accident(.brokerPause, begin: 8_001, end: 8_100)))
        #expect(!isBroken(by: Accident(.kill, relay: "relay1", begin: -5_000, end: -4_000)))
        #expect(isBroken(by: Accident(.kill, relay: "relay1", begin: -5_000, end: -4_001)))
        #expect(isBroken(by: Accident(.gatewayRestart, begin: 7_500, end: 7_500)))
    }

    // MARK: Runs that show nothing

    @Test("accidents that strike a group with nothing to do")
    func idle() {
        var history = History.sound
        history.samples[0].requestEnds = [:]
        #expect(history.verdict.doubts.count == 1 && history.broken == [] && !history.verdict.isGood)
        #expect(history.verdict.description.hasSuffix("NO VERDICT: no rule was broken, and nothing is shown"))
        history.samples.removeFirst()
        #expect(history.verdict.doubts.count == 1)
    }

    @Test("a broker that was restarted beside the plan again and again")
    func restarted() {
        var history = History.sound
        let more = (0..<4).map { Accident(.eviction, begin: 3_000 + $0, end: 3_000 + $0) }
        history.accidents += more.dropLast()
        #expect(history.verdict.isGood)
        history.accidents += more.suffix(1)
        #expect(history.verdict.doubts.count == 1 && history.broken == [])
    }

    @Test("a broker that takes the commit of an owner that another had followed")
    func stale() {
        var history = History.sound
        for index in 1...3 { history.samples[index].owners = [0: 17, 1: UInt64(index)] }
        #expect(history.verdict.isGood)
        history.samples[3].owners[1] = 1
        #expect(history.verdict.doubts.count == 1 && history.broken == [])
    }

    @Test("too many keys that cannot be judged for order")
    func unjudged() {
        var history = History.sound
        history.requests.append(
            RequestRecord(place: Place(partition: 1, offset: 2), id: "4", key: "c", hash: 4)
        )
        let verdict = history.verdict
        #expect(verdict.keysNotJudged == 1 && verdict.doubts.count == 1)
    }
}
