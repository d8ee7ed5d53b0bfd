import NIOCore
import Testing
import WeChatClient

@Suite("The choice of the host")
struct HostChoiceTests {
    private let start = NIODeadline.uptimeNanoseconds(0)

    private func choice(of count: Int) -> HostChoice {
        HostChoice(count: count, interval: .seconds(60))
    }

    @Test("the first host is used as long as it can be reached")
    func preferred() {
        var choice = choice(of: 3)
        for exchange in UInt64(0)..<10 {
            #expect(choice.begin(exchange, at: start) == 0)
            choice.answered(exchange, by: 0)
        }
    }

    @Test("an exchange that could not be sent tries every host once, those first that are not passed over")
    func fallBack() {
        var choice = choice(of: 3)
        #expect(choice.begin(1, at: start) == 0)
        choice.notSent(1, to: 0, at: start)
        #expect(choice.fallBack(1, tried: [0]) == 1)
        choice.notSent(1, to: 1, at: start)
        #expect(choice.fallBack(1, tried: [0, 1]) == 2)
        choice.answered(1, by: 2)
        #expect(choice.inUse == 2)
        #expect(choice.begin(2, at: start) == 2)
        choice.notSent(2, to: 2, at: start)
        #expect(choice.fallBack(2, tried: [2]) == 0)
        choice.notSent(2, to: 0, at: start)
        #expect(choice.fallBack(2, tried: [2, 0]) == 1)
        choice.notSent(2, to: 1, at: start)
        #expect(choice.fallBack(2, tried: [2, 0, 1]) == nil)
    }

    @Test("when all are away, the first one that answers comes into use")
    func allAway() {
        var choice = choice(of: 2)
        for exchange in UInt64(0)..<5 {
            let first = choice.begin(exchange, at: start)
            choice.notSent(exchange, to: first, at: start)
            let second = choice.fallBack(exchange, tried: [first])
            #expect(second == 1 - first)
            choice.notSent(exchange, to: 1 - first, at: start)
        }
        let first = choice.begin(9, at: start)
        choice.notSent(9, to: first, at: start)
        _ = choice.fallBack(9, tried: [first])
        choice.answered(9, by: 1 - first)
        #expect(choice.inUse == 1 - first)
    }

    @Test("after the interval one exchange at a time tries the first host again, until one is answered there")
    func triedAgain() {
        var choice = choice(of: 2)
        _ = choice.begin(1, at: start)
        choice.notSent(1, to: 0, at: start)
        #expect(choice.begin(2, at: start + .seconds(59)) == 1)
        let due = start + .seconds(60)
        #expect(choice.begin(3, at: due) == 0)
        #expect(choice.begin(4, at: due) == 1)
        choice.notSent(3, to: 0, at: due)
        #expect(choice.fallBack(3, tried: [0]) == 1)
        #expect(choice.begin(5, at: due + .seconds(59)) == 1)
        #expect(choice.begin(6, at: due + .seconds(60)) == 0)
        // Its caller went away: somebody else has to try.
        choice.forget(6)
        #expect(choice.begin(7, at: due + .seconds(60)) == 0)
        // A trial that gets no answer tells nothing good.
        choice.unanswered(7, by: 0, at: due + .seconds(60))
        #expect(choice.begin(8, at: due + .seconds(60)) == 1)
        #expect(choice.begin(9, at: due + .seconds(120)) == 0)
        choice.answered(9, by: 0)
        #expect(choice.begin(10, at: due + .seconds(120)) == 0)
        #expect(choice.begin(11, at: due + .seconds(120)) == 0)
    }

    @Test("an answer of before does not bring a host back that cannot be reached anew")
    func oldAnswer() {
        var choice = choice(of: 2)
        _ = choice.begin(1, at: start)
        _ = choice.begin(2, at: start)
        choice.notSent(2, to: 0, at: start)
        choice.answered(1, by: 0)
        #expect(choice.begin(3, at: start) == 1)
    }

    @Test("three in a row without an answer, and the next ones go elsewhere; an answer between breaks the row")
    func silences() {
        var choice = choice(of: 2)
        for exchange in UInt64(0)..<10 {
            #expect(choice.begin(exchange, at: start) == 0)
            if exchange % 3 == 2 {
                choice.answered(exchange, by: 0)
            } else {
                choice.unanswered(exchange, by: 0, at: start)
            }
        }
        for exchange in UInt64(10)..<12 {
            #expect(choice.begin(exchange, at: start) == 0)
            choice.unanswered(exchange, by: 0, at: start)
        }
        #expect(choice.begin(12, at: start) == 1)
    }
}
