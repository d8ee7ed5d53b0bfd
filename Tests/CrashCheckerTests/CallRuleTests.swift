import CrashTest
import FakeWeChat
import Testing

/// The rules of calls: in which order, and why again.
@Suite("Crash checker: calls") struct CallRuleTests {
    // MARK: ordered

    @Test("a key's second request before the first one's outcome")
    func disordered() {
        var history = History.sound
        let index = history.calls.firstIndex { $0.id == "2" } ?? 0
        history.calls.remove(at: index)
        history.calls.insert(
            Call(id: "2", relay: "relay2", arrival: 500, end: 510, ran: false, outcome: .errcode(-1)),
            at: 0
        )
        #expect(history.broken == [.ordered])
    }

    @Test("two calls of a key at once, by one relay")
    func atOnce() {
        var history = History.sound
        history.calls[2].end = 2_105
        #expect(history.broken == [.ordered])
    }

    @Test("a call of an old owner may still be under way, once something happened to it")
    func oldOwner() {
        var history = History.sound
        history.calls[0].end = 1_505
        #expect(history.verdict.overlaps == 1)
        #expect(history.broken == [])
        history.accidents = []
        #expect(history.broken == [.ordered, .explained])
    }

    /// Of one key K1 and K2 are called by relay 1, which is killed, then K1 and K3 by relay 2; nobody calls K2 again. Its
    /// answer is written at the time that is given.
    private static func skipping(answeredAt time: Int64) -> History {
        var history = History.sound
        history.requests = (0..<3).map {
            RequestRecord(place: Place(partition: 0, offset: $0), id: "\($0 + 1)", key: "a", hash: UInt64($0 + 1))
        }
        history.calls = [
            .success("1", by: "relay1", at: 1_000), .success("2", by: "relay1", at: 1_020),
            .success("1", by: "relay2", at: 1_500), .success("3", by: "relay2", at: 1_520),
        ]
        history.replies = [
            .reply(0, 0, to: ("2", 0, 1), by: "relay1", at: time, runs: 1),
            .reply(0, 1, to: ("1", 0, 0), at: 1_512, runs: 2), .reply(0, 2, to: ("3", 0, 2), at: 1_532, runs: 1),
        ]
        history.deadLetters = []
        let ends: [Int32: Int64] = [0: 3]
        history.samples = [
            Sample(time: 1_100, committed: [:], requestEnds: ends, replyEnds: [:]),
            Sample(time: 1_600, committed: [0: 3], requestEnds: ends, replyEnds: [0: 3]),
        ]
        return history
    }

    @Test("who goes back to a key's first request goes on with its second, unless that was answered")
    func skipped() {
        #expect(Self.skipping(answeredAt: 1_032).broken == [])
        #expect(Self.skipping(answeredAt: 1_510).broken == [.ordered])
        var history = Self.skipping(answeredAt: 1_510)
        history.calls.insert(.success("2", by: "relay2", at: 1_510, ran: false), at: 3)
        #expect(history.broken == [])
        // A relay that was out of touch went back without right, and the owner of that time went on.
        history = Self.skipping(answeredAt: 1_510)
        history.accidents.append(Accident(.suspension, relay: "relay2", begin: 1_300, end: 1_400))
        #expect(history.broken == [])
    }

    // MARK: explained

    @Test("a call repeated without a reason")
    func unexplained() {
        var history = History.sound
        history.accidents = []
        #expect(history.broken == [.explained])
    }

    @Test("an answer that came when its relay had given the call up")
    func answeredTooLate() {
        var history = Self.repeated(by: "relay2", change: -5_000)
        #expect(history.broken == [.explained])
        history.calls.remove(at: 4)
        history.calls.insert(Call.success("3", by: "relay2", at: 1_200, ran: true), at: 1)
        history.calls[1].end = 2_210
        #expect(history.broken == [])
        #expect(history.verdict.causes["time-out"] == 1)
    }

    /// Id 3 is called again by the relay that is given, and the group changes once, at `change`.
    private static func repeated(by relay: String, change: Int64) -> History {
        var history = History.sound
        history.calls.insert(.success("3", by: relay, at: 2_260, ran: false), at: 5)
        history.accidents.append(Accident(.join, relay: "relay3", begin: change, end: change))
        // The made-up group's first accident would explain it as well.
        history.calls[0].ran = false
        history.calls[0].outcome = .errcode(-1)
        history.replies.removeFirst()
        history.accidents.removeFirst()
        return history
    }

    @Test("a change of the group explains a repeat by another relay within a hand-over, by the same within seconds")
    func changed() {
        #expect(Self.repeated(by: "relay1", change: 2_250).broken == [])
        #expect(Self.repeated(by: "relay1", change: -17_800).broken == [])
        #expect(Self.repeated(by: "relay1", change: -17_801).broken == [.explained])
        #expect(Self.repeated(by: "relay2", change: -2_800).broken == [])
        #expect(Self.repeated(by: "relay2", change: -2_801).broken == [.explained])
        let verdict = Self.repeated(by: "relay1", change: -7_800).verdict
        #expect(verdict.causes["group changed"] == 1)
        #expect(verdict.longestHandOver == 10_000 && verdict.longestGroupChange == 0)
        // All join a broker anew that was away; WeChat's side is none of the group's.
        var history = Self.repeated(by: "relay2", change: -2_800)
        history.accidents[0] = Accident(.brokerRestart, begin: -3_000, end: -2_800)
        #expect(history.broken == [])
        history.accidents[0] = Accident(.gatewayRestart, begin: -2_800, end: -2_800)
        #expect(history.broken == [.explained])
    }

    @Test("a call long after its commit was seen, unless its relay was out of touch")
    func committed() {
        var history = History.sound
        history.calls.append(.success("3", by: "relay1", at: 4_000, ran: false))
        history.accidents.append(Accident(.join, relay: "relay1", begin: 3_500, end: 3_500))
        #expect(history.broken == [])
        history.calls[6] = .success("3", by: "relay1", at: 4_001, ran: false)
        #expect(history.broken == [.explained])
        history.accidents.append(Accident(.suspension, relay: "relay2", begin: 2_500, end: 3_900))
        #expect(history.broken == [.explained])
        history.accidents.append(Accident(.suspension, relay: "relay1", begin: 2_500, end: 3_900))
        #expect(history.broken == [])
        history.accidents[3] = Accident(.brokerPause, begin: 3_200, end: 3_900)
        #expect(history.broken == [])
        // The broker had been back for long.
        history.calls[6] = .success("3", by: "relay1", at: 13_901, ran: false)
        #expect(history.broken == [.explained])
    }
}
