import FakeWeChat
import Testing

@Suite("Function scripts") struct FunctionScriptTests {
    private static func turns(
        _ scenario: FunctionScenario,
        ids: [String],
        seed: UInt64 = 1,
        body: String = ""
    ) -> [FunctionScript.Turn] {
        var script = FunctionScript(scenario)
        var generator = SeededGenerator(seed: seed)
        return ids.map { id in
            let turn = script.begin(id: id, directions: Directions(body: Array(body.utf8)), using: &generator)
            if turn.occupies { script.end() }
            return turn
        }
    }

    private static func codes(_ turns: [FunctionScript.Turn]) -> [Int64] {
        turns.map { turn in
            switch turn.result {
            case .answer: 0
            case .fault(let fault):
                if case .errcode(let code, _, _) = fault.kind { code } else { -9 }
            }
        }
    }

    private static let steps = StepSequence<FunctionScenario.Step>([
        .init(.fault(Fault(.errcode(-1))), times: 2), .init(.answer(.echo)),
    ])

    @Test("steps follow each other for the whole function and the last one repeats")
    func stepsPerFunction() {
        let turns = Self.turns(FunctionScenario(steps: Self.steps), ids: ["a", "b", "a", "b", "a"])
        #expect(Self.codes(turns) == [-1, -1, 0, 0, 0])
    }

    @Test("steps counted by id follow each other for each id")
    func stepsPerID() {
        let scenario = FunctionScenario(steps: Self.steps, stepsPer: .id)
        #expect(Self.codes(Self.turns(scenario, ids: ["a", "b", "a", "b", "a"])) == [-1, -1, -1, -1, 0])
    }

    @Test("a body directs the outcomes of its own calls")
    func directed() {
        let body = #"{"id":"a","fake":{"errcodes":[-1,"http 502","close","cut","hang",0],"latency-ms":5,"status":500}}"#
        let turns = Self.turns(FunctionScenario(answer: .directed), ids: Array(repeating: "a", count: 7), body: body)
        let expected: [FunctionScript.Result] = [
            .fault(Fault(.errcode(-1, status: 500))), .fault(Fault(.status(502))), .fault(Fault(.closeAfterRequest)),
            .fault(Fault(.closeMidAnswer)), .fault(Fault(.hang)), .answer(.directed), .answer(.directed),
        ]
        #expect(turns.map(\.result) == expected)
        #expect(turns.map(\.ran) == [false, true, true, true, true, true, true])
        #expect(turns.allSatisfy { $0.latency == .milliseconds(5) })
    }

    @Test("a direction that is none is an error that shows itself")
    func misdirected() {
        let turns = Self.turns(
            FunctionScenario(answer: .directed),
            ids: ["a"],
            body: #"{"fake":{"errcodes":["hnag"]}}"#
        )
        #expect(Self.codes(turns) == [-501_020])
    }

    @Test("a body without directions is echoed", arguments: ["", "no JSON", "[]", #"{"id":1}"#, #"{"fake":{}}"#])
    func undirected(body: String) {
        let turns = Self.turns(FunctionScenario(answer: .directed), ids: ["a"], body: body)
        #expect(turns.map(\.result) == [.answer(.directed)])
    }

    @Test("a call beyond the concurrency limit is -501004 and did not run")
    func concurrency() {
        var script = FunctionScript(FunctionScenario(concurrency: 2))
        var generator = SeededGenerator(seed: 1)
        let turns = (0..<3).map { script.begin(id: "\($0)", directions: nil, using: &generator) }
        #expect(Self.codes(turns) == [0, 0, -501_004])
        #expect(turns.map(\.ran) == [true, true, false])
        script.end()
        #expect(Self.codes([script.begin(id: "3", directions: nil, using: &generator)]) == [0])
        #expect(script.highestConcurrency == 2)
    }

    @Test("a function that takes too long is cut off at its limit, and ran")
    func timeLimit() {
        let turns = Self.turns(FunctionScenario(latency: .fixed(.seconds(6))), ids: ["a"])
        let fault = Fault(.errcode(-504_003, errmsg: "Invoking task timed out after 5 seconds"))
        #expect(turns.map(\.result) == [.fault(fault)])
        #expect(turns.map(\.latency) == [.seconds(5)])
        #expect(turns.map(\.ran) == [true])
        let inTime = Self.turns(FunctionScenario(latency: .fixed(.seconds(5))), ids: ["a"])
        #expect(Self.codes(inTime) == [0])
    }

    @Test("shares of errors come out as they were given, and alike for one seed")
    func shares() {
        let errors = [ErrorShare(Fault(.errcode(-1)), share: 0.2), ErrorShare(Fault(.errcode(-504_002)), share: 0.05)]
        let ids = (0..<10_000).map(String.init)
        let first = Self.codes(Self.turns(FunctionScenario(errors: errors), ids: ids))
        let busy = first.count { $0 == -1 }
        let thrown = first.count { $0 == -504_002 }
        #expect((1_850...2_150).contains(busy), "of 10,000 at 20 %: \(busy)")
        #expect((420...580).contains(thrown), "of 10,000 at 5 %: \(thrown)")
        #expect(Self.codes(Self.turns(FunctionScenario(errors: errors), ids: ids)) == first)
        #expect(Self.codes(Self.turns(FunctionScenario(errors: errors), ids: ids, seed: 2)) != first)
    }

    @Test("drawn latencies keep to their bounds and their mean")
    func latencies() {
        var generator = SeededGenerator(seed: 3)
        let low: Duration = .milliseconds(5), high: Duration = .milliseconds(50), mean: Duration = .milliseconds(20)
        let uniform = (0..<10_000).map { _ in Latency.uniform(low, high).drawn(using: &generator) }
        #expect(uniform.allSatisfy { $0 >= low && $0 <= high })
        #expect(Set(uniform).count > 9_000)
        let capped = Latency.exponential(mean: mean, max: .milliseconds(60))
        #expect((0..<10_000).map { _ in capped.drawn(using: &generator) }.max() == .milliseconds(60))
        let free = Latency.exponential(mean: mean, max: nil)
        let sum = (0..<10_000).map { _ in free.drawn(using: &generator) }.reduce(.zero, +)
        #expect((.milliseconds(19) ... .milliseconds(21)).contains(sum / 10_000), "mean \(sum / 10_000)")
    }

    @Test("whether a function ran is known for each fault, and can be said otherwise")
    func ran() {
        let codes: [Int64] = [-504_002, -504_003, -502_001, -501_002, -1, 45_011, -501_004]
        #expect(codes.map { Fault(.errcode($0)).ran } == [true, true, true, true, false, false, false])
        #expect([500, 502, 503, 504].map { Fault(.status($0)).ran } == [false, true, false, true])
        #expect(Fault(.errcode(-1), ran: true).ran)
    }
}
