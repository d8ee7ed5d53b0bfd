import CrashTest
import FakeWeChat
import Testing

/// Made-up histories: a good one, and for each rule ones that break it. A checker that could not fail would be none.
@Suite("Crash checker") struct CheckerTests {
    @Test("a good history passes, crash and repetition among it")
    func good() {
        let verdict = History.sound.verdict
        #expect(verdict.breaches.map(\.description) == [])
        #expect(verdict.doubts == [])
        #expect(verdict.requests == 4)
        #expect(verdict.lost == 0)
        #expect(verdict.calledTwice == 2)
        #expect(verdict.answeredTwice == 1)
        #expect(verdict.causes == ["SIGKILL": 1, "errcode -1": 1])
        #expect(verdict.ranTwice == 1)
        #expect(verdict.countedExactly == 1)
        #expect(verdict.longestStall == 1_150)
        #expect(verdict.longestGap == 750)
    }

    @Test("a lost id")
    func lost() {
        var history = History.sound
        history.replies.removeAll { $0.id == "3" }
        #expect(history.broken.contains(.answered))
        #expect(history.verdict.lost == 1)
    }

    @Test("a failure without its dead letter")
    func noDeadLetter() {
        var history = History.sound
        history.deadLetters = []
        #expect(history.broken == [.answered, .committed])
    }

    @Test("an answer of another request, one that no call gave, one to nobody")
    func untrue() {
        var history = History.sound
        history.replies[0].hash = 99
        #expect(history.broken == [.truthful])
        history = .sound
        for index in history.calls.indices where history.calls[index].id == "3" {
            history.calls[index].outcome = .errcode(-504_002)
        }
        #expect(history.broken == [.truthful])
        history = .sound
        history.replies[0].id = "17"
        #expect(history.broken.contains(.truthful))
        history = .sound
        history.calls[0].id = "17"
        #expect(history.broken.contains(.truthful))
    }

    @Test("a success of a relay whose own call had none, whatever another's had")
    func borrowed() {
        var history = History.sound
        history.calls[1].outcome = .errcode(-504_002)
        #expect(history.broken == [.truthful])
    }

    // MARK: counted

    @Test("a call that no answer admits")
    func undercounted() {
        var history = History.sound
        history.replies[1].runsPossible = 1
        #expect(history.broken == [.counted])
    }

    @Test("an answer that knew of two runs and tells of one, though an earlier one tells of two")
    func undercountedByOne() {
        var history = History.sound
        history.replies[0].runsPossible = 2
        history.replies[1].runsPossible = 1
        #expect(history.broken == [.counted])
    }

    @Test("a dead letter that admits nothing, though its reply does")
    func undercountedDeadLetter() {
        var history = History.sound
        history.deadLetters[0].runsPossible = 0
        #expect(history.broken == [.counted])
    }

    @Test("a call that did not run is none to admit")
    func didNotRun() {
        var history = History.sound
        history.calls[0].ran = false
        history.replies[1].runsPossible = 1
        #expect(history.broken == [])
    }

    @Test("a run that began after the answer's own call is none that it could know of")
    func later() {
        var history = History.sound
        history.replies[1].relay = "relay1"
        history.replies[1].time = 1_505
        history.replies[1].runsPossible = 1
        history.replies[0].relay = "relay2"
        history.replies[0].time = 1_512
        history.replies[0].runsPossible = 2
        #expect(history.broken == [])
    }

    @Test("who was suspended while another owner called cannot know of it; who was not must")
    func suspended() {
        var history = History.sound
        history.calls.insert(.success("1", by: "relay1", at: 1_950), at: 2)
        history.replies[1].runsPossible = 3
        history.replies[0].time = 1_962
        history.replies[0].runsPossible = 2
        history.accidents = [Accident(.suspension, relay: "relay1", begin: 1_200, end: 1_900)]
        #expect(history.broken == [])
        history.replies[0].runsPossible = 1
        #expect(history.broken == [.counted])
        history.replies[0].runsPossible = 2
        history.accidents[0].kind = .kill
        #expect(history.broken == [.counted])
    }
}
