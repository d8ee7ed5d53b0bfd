import FakeWeChat
import RelayCore

extension Scenario {
    /// WeChat's side of a run: a function for each relay, mostly 5 to 50 ms, with a few errors of each kind.
    ///
    /// No 45011: it would hold everything up to the next full minute, which is another test's matter.
    static func crash(seed: UInt64) -> Scenario {
        var scenario = Scenario()
        scenario.seed = seed
        let function = FunctionScenario(
            answer: .directed,
            latency: .uniform(.milliseconds(5), .milliseconds(50)),
            errors: [
                ErrorShare(Fault(.errcode(-1)), share: 0.01),
                ErrorShare(Fault(.errcode(-504_002)), share: 0.005),
                ErrorShare(Fault(.status(502)), share: 0.002),
                // The function ran, and nobody hears of it.
                ErrorShare(Fault(.closeAfterRequest), share: 0.004),
                ErrorShare(Fault(.closeMidAnswer), share: 0.002),
                ErrorShare(Fault(.hang), share: 0.000_5),
            ]
        )
        scenario.functions = [:]
        for relay in 1...Plan.relays { scenario.functions[Relays.name(relay)] = function }
        return scenario
    }
}

extension Call {
    init(_ record: CallRecord) {
        self.init(
            id: record.id,
            relay: record.function,
            arrival: record.arrival.milliseconds,
            end: record.end?.milliseconds,
            ran: record.ran,
            outcome: record.outcome
        )
    }
}
