import RelayCore
import Testing

@Suite("Functions that records name") struct FunctionNamesTests {
    @Test("names that nobody uses any more are forgotten")
    func forgotten() {
        var bench = MachineBench()
        bench.checkInterval = 1_000
        bench.assign()
        for offset in Int64(0)..<3_000 {
            bench.answer(bench.arrive(offset, function: "g\(offset)", environment: "e\(offset % 700)"), 0)
            _ = (bench.takeCalls(), bench.takeWritings(), bench.takeEffects())
        }
        #expect(bench.machine.inconsistencies() == [])
    }

    @Test("a hold outlives the forgetting of names, and so do requests that wait under it")
    func holdsOutlive() {
        var bench = MachineBench()
        bench.checkInterval = 1_000
        bench.assign()
        let busy = bench.arrive(0, function: "busy")
        bench.answer(bench.arrive(1, environment: "sick"), -501_003)
        for offset in Int64(2)..<2_000 {
            bench.answer(bench.arrive(offset, function: "g\(offset)"), 0)
        }
        #expect(bench.machine.holdReports.map(\.name) == ["sick"])
        _ = bench.takeCalls()
        let other = bench.arrive(2_000, environment: "sick")
        #expect(!bench.underWay.contains(other))
        bench.checkInterval = 1
        _ = bench.answerAll(.errcode(0), patience: .seconds(80))
        #expect(bench.reply(2_000) != nil)
        bench.answer(busy, 0)
        #expect(bench.reply(0)?.facts.function == "busy")
        #expect(bench.reply(1) != nil)
    }

    @Test("requests that end under a hold leave nothing in line")
    func staleLine() {
        var bench = MachineBench()
        bench.checkInterval = 1_000
        bench.assign()
        bench.answer(bench.arrive(0), 45009)
        for offset in Int64(1)..<1_000 {
            bench.arrive(offset, deadline: .milliseconds(1))
            bench.jump(.milliseconds(2))
            _ = (bench.takeCalls(), bench.takeEffects(), bench.takeWritings())
        }
        #expect(bench.machine.inconsistencies() == [])
    }
}
