import CrashTest
import FakeWeChat
import Testing

/// Made-up histories: a good one, and for each rule ones that break it. A checker that could not fail would be none.
@Suite("Crash checker") struct CheckerTests {
    private static func rules(_ history: History) -> [Verdict.Rule] {
        Checker.check(history, stallLimit: .seconds(10)).breaches.map(\.rule)
    }

    @Test("a good history passes, crash and repetition among it")
    func good() {
        let verdict = Checker.check(.sound, stallLimit: .seconds(10))
        #expect(verdict.breaches.map(\.description) == [])
        #expect(verdict.requests == 4)
        #expect(verdict.lost == 0)
        #expect(verdict.calledTwice == 2)
        #expect(verdict.answeredTwice == 1)
        #expect(verdict.causes == ["SIGKILL": 1, "errcode -1": 1])
        #expect(verdict.ranTwice == 1)
        #expect(verdict.countedExactly == 1)
        #expect(verdict.longestStall == 0)
    }

    @Test("a lost id")
    func lost() {
        var history = History.sound
        history.replies.removeAll { $0.id == "3" }
        #expect(Self.rules(history).contains(.answered))
        #expect(Checker.check(history, stallLimit: .seconds(10)).lost == 1)
    }

    @Test("a failure without its dead letter")
    func noDeadLetter() {
        var history = History.sound
        history.deadLetters = []
        #expect(Self.rules(history) == [.answered, .committed])
    }

    @Test("a call that no answer admits")
    func undercounted() {
        var history = History.sound
        for index in history.replies.indices where history.replies[index].id == "1" {
            history.replies[index].runsPossible = 1
        }
        #expect(Self.rules(history) == [.counted])
    }

    @Test("a call that did not run is none to admit")
    func didNotRun() {
        var history = History.sound
        history.calls[0].ran = false
        for index in history.replies.indices where history.replies[index].id == "1" {
            history.replies[index].runsPossible = 1
        }
        #expect(Self.rules(history) == [])
    }

    @Test("a key's second request before the first one's outcome")
    func disordered() {
        var history = History.sound
        let index = history.calls.firstIndex { $0.id == "2" } ?? 0
        let call = history.calls.remove(at: index)
        history.calls.insert(Call(call, arrival: 500, end: 510), at: 0)
        #expect(Self.rules(history) == [.ordered])
    }

    @Test("two calls of a key at once, by one relay")
    func atOnce() {
        var history = History.sound
        history.calls[2].end = 2_105
        #expect(Self.rules(history) == [.ordered])
    }

    @Test("a call of an old owner may still be under way, once something happened to it")
    func oldOwner() {
        var history = History.sound
        history.calls[0].end = 1_505
        #expect(Checker.check(history, stallLimit: .seconds(10)).overlaps == 1)
        #expect(Self.rules(history) == [])
        history.accidents = []
        #expect(Set(Self.rules(history)) == [.ordered, .explained])
    }

    @Test("a call repeated without a reason")
    func unexplained() {
        var history = History.sound
        history.accidents = []
        #expect(Self.rules(history) == [.explained])
    }

    @Test("a commit above a request whose answer comes later")
    func early() {
        var history = History.sound
        history.samples[0].committed[0] = 2
        #expect(Self.rules(history) == [.committed])
    }

    @Test("a commit that goes back, and one that never comes")
    func commits() {
        var history = History.sound
        history.samples[1].committed[0] = 0
        #expect(Self.rules(history) == [.committed])
        history = .sound
        history.samples.removeLast()
        #expect(Self.rules(history) == [.committed])
    }

    @Test("an answer of another request, one that no call gave, one to nobody")
    func untrue() {
        var history = History.sound
        history.replies[0].hash = 99
        #expect(Self.rules(history) == [.truthful])
        history = .sound
        for index in history.calls.indices where history.calls[index].id == "3" {
            history.calls[index].outcome = .errcode(-504_002)
        }
        #expect(Self.rules(history) == [.truthful])
        history = .sound
        history.replies[0].id = "17"
        #expect(Self.rules(history).contains(.truthful))
        history = .sound
        history.calls[0].id = "17"
        #expect(Self.rules(history).contains(.truthful))
    }

    @Test("no answer for too long, while one is due")
    func stalled() {
        var history = History.sound
        let still = history.samples[1]
        for second in 1...12 {
            var sample = still
            sample.time = still.time + Int64(second) * 1_000
            history.samples.insert(sample, at: 1 + second)
        }
        history.samples[history.samples.count - 1].time += 20_000
        #expect(Self.rules(history) == [.progress])
        for index in history.samples.indices { history.samples[index].isProgressDue = false }
        #expect(Self.rules(history) == [])
    }

    @Test("a relay that ended by itself")
    func ended() {
        var history = History.sound
        history.oddEndings = ["relay2 ended with exit(70), told nothing"]
        #expect(Self.rules(history) == [.survived])
    }
}

extension History {
    /// Two partitions, two relays. Relay 1 calls id 1 and is killed before its answer counts, relay 2 calls it again and
    /// goes on; the key's next, id 2, gets -1 first; id 3 succeeds, id 4 fails.
    static var sound: History {
        var history = History()
        history.requests = [
            RequestRecord(place: Place(partition: 0, offset: 0), id: "1", key: "a", hash: 1),
            RequestRecord(place: Place(partition: 0, offset: 1), id: "2", key: "a", hash: 2),
            RequestRecord(place: Place(partition: 1, offset: 0), id: "3", key: "b", hash: 3),
            RequestRecord(place: Place(partition: 1, offset: 1), id: "4", key: "c", hash: 4),
        ]
        history.calls = [
            Call(id: "1", relay: "relay1", arrival: 1_000, end: 1_010, ran: true, outcome: .errcode(0)),
            Call(id: "1", relay: "relay2", arrival: 1_500, end: 1_510, ran: true, outcome: .errcode(0)),
            Call(id: "2", relay: "relay2", arrival: 2_000, end: 2_010, ran: false, outcome: .errcode(-1)),
            Call(id: "2", relay: "relay2", arrival: 2_100, end: 2_110, ran: true, outcome: .errcode(0)),
            Call(id: "3", relay: "relay2", arrival: 2_200, end: 2_210, ran: true, outcome: .errcode(0)),
            Call(id: "4", relay: "relay2", arrival: 2_300, end: 2_310, ran: true, outcome: .errcode(-504_002)),
        ]
        history.replies = [
            .reply(0, 0, to: ("1", 0, 0), runs: 1),
            .reply(0, 1, to: ("1", 0, 0), runs: 2),
            .reply(0, 2, to: ("2", 0, 1), runs: 2),
            .reply(1, 0, to: ("3", 1, 0), runs: 1),
            .reply(1, 1, to: ("4", 1, 1), runs: 1, isOK: false),
        ]
        history.deadLetters = [.reply(0, 0, to: ("4", 1, 1), runs: 1, isOK: false)]
        history.samples = [
            Sample(time: 1_600, committed: [0: 1], replyEnds: [0: 2, 1: 0], requests: 4),
            Sample(time: 2_250, committed: [0: 2], replyEnds: [0: 3, 1: 1], requests: 4),
            Sample(
                time: 3_000,
                committed: [0: 2, 1: 2],
                replyEnds: [0: 3, 1: 2],
                deadLetterEnds: [0: 1],
                requests: 4
            ),
        ]
        history.accidents = [Accident(.kill, relay: "relay1", begin: 1_200, end: 1_900)]
        return history
    }
}

extension AnswerRecord {
    fileprivate static func reply(
        _ partition: Int32,
        _ offset: Int64,
        to request: (id: String, partition: Int32, offset: Int64),
        runs: Int,
        isOK: Bool = true
    ) -> AnswerRecord {
        AnswerRecord(
            place: Place(partition: partition, offset: offset),
            id: request.id,
            source: Place(partition: request.partition, offset: request.offset),
            isOK: isOK,
            runsPossible: runs,
            hash: UInt64(request.id) ?? 0
        )
    }
}

extension Call {
    fileprivate init(_ call: Call, arrival: Int64, end: Int64) {
        self = call
        self.arrival = arrival
        self.end = end
    }
}
