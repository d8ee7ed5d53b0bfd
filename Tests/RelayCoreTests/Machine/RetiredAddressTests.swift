import RelayCore
import Testing

@Suite("An address that WeChat has retired (48017)") struct RetiredAddressTests {
    private static let retired = OutcomeCode.errcode(48_017)

    /// Effects in which connections are dropped or reports are given, in their order.
    private func drops(_ bench: inout MachineBench) -> Int {
        bench.takeEffects().count { $0 == .dropConnections(app: 0) }
    }

    @Test("the connections are dropped, and the request is called again at once, uncounted")
    func once() {
        var bench = MachineBench()
        bench.assign()
        let id = bench.arrive(0)
        #expect(bench.takeCalls() == [id])
        bench.answer(id, Self.retired)
        #expect(bench.takeCalls() == [id])
        #expect(drops(&bench) == 1)
        bench.answer(id, 0)
        #expect(bench.reply(0)?.facts.status == .ok)
        #expect(bench.reply(0)?.facts.attempts == 2)
        #expect(bench.reply(0)?.facts.invocationsPossible == 1)
        #expect(bench.machine.counters.holdsOpened == 0)
    }

    @Test("the connections go before the call that follows")
    func order() {
        var machine = RelayMachine(
            policy: Policy(apps: [AppPolicy(name: "a")], pipelines: [.bench()]),
            timing: MachineTiming(),
            seed: 1
        )
        let now = Now(monotonic: MonotonicTime(nanoseconds: 0), wall: WallTime(milliseconds: 1_700_020_800_000))
        let partition = PartitionID(slot: 0, epoch: 1)
        let assigned = AssignedPartition(id: partition, topic: "requests", partition: 0, pipeline: 0, start: Offset(0))
        let id = machine.nextRequest
        var effects: [Effect] = []
        machine.handle(.token(app: 0, .ready(1)), now: now, into: &effects)
        machine.handle(.assigned([assigned]), now: now, into: &effects)
        machine.handle(.committed(refused: [:]), now: now, into: &effects)
        machine.handle(
            .arrived(Arrival(request: id, partition: partition, offset: Offset(0))),
            now: now,
            into: &effects
        )
        effects = []
        machine.handle(.answered(id, AttemptResult(code: Self.retired, token: 1)), now: now, into: &effects)
        #expect(
            effects.filter { $0 == .call(id) || $0 == .dropConnections(app: 0) } == [
                .dropConnections(app: 0), .call(id),
            ]
        )
    }

    @Test("many that were under way together drop the connections once, and are all called again")
    func together() {
        var bench = MachineBench()
        bench.assign()
        for offset in Int64(0)..<20 { bench.arrive(offset) }
        let first = bench.takeCalls()
        for id in first { bench.answer(id, Self.retired) }
        #expect(drops(&bench) == 1)
        let again = bench.takeCalls()
        #expect(Set(again) == Set(first))
        for id in again { bench.answer(id, 0) }
        #expect(bench.machine.counters.holdsOpened == 0)
        #expect(bench.machine.counters.repliesOK == 20)
    }

    @Test("where the new address is retired as well, the second of two requests holds the app")
    func lasting() {
        var bench = MachineBench()
        bench.assign()
        bench.arrive(0)
        bench.arrive(1)
        var answered = 0
        while bench.machine.holdReports.isEmpty, answered < 10 {
            for id in bench.takeCalls() {
                bench.answer(id, Self.retired)
                answered += 1
            }
            bench.jump(.seconds(1))
        }
        #expect(answered == 4)
        #expect(bench.machine.holdReports.map(\.cause) == [.misconfiguration])
        #expect(bench.machine.holdReports.map(\.code) == [Self.retired])
        #expect(bench.writings.isEmpty)
        // Each probe resolves the name anew.
        _ = bench.takeEffects()
        #expect(bench.passUntilCall(within: .seconds(10)) != nil)
        for id in bench.takeCalls() { bench.answer(id, Self.retired) }
        #expect(drops(&bench) == 1)
        #expect(bench.passUntilCall(within: .seconds(20)) != nil)
        for id in bench.takeCalls() { bench.answer(id, 0) }
        #expect(bench.answerAll(.errcode(0)) > 0)
        #expect(bench.machine.counters.repliesOK == 2)
    }

    @Test("an override of its class decides, and the connections are dropped all the same")
    func overridden() {
        var bench = MachineBench(overrides: [48_017: .permanentRequest])
        bench.assign()
        let id = bench.arrive(0)
        bench.answer(id, Self.retired)
        #expect(drops(&bench) == 1)
        #expect(bench.reason(0) == .permanent)
    }
}
