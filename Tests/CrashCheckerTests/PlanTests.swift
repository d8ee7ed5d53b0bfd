import CrashTest
import Testing

@Suite("Crash plans") struct PlanTests {
    private static func plan(_ traits: BrokerTraits, _ seed: UInt64) -> Plan {
        .full(traits, seed: seed, requests: 50_000, duration: .seconds(180))
    }

    @Test("a seed is a plan")
    func repeats() {
        for traits in [BrokerTraits.noida, .mock, .cluster] {
            #expect(Self.plan(traits, 1) == Self.plan(traits, 1))
            #expect(Self.plan(traits, 1) != Self.plan(traits, 2))
        }
        #expect(Plan.short(.noida, seed: 1) == Plan.short(.noida, seed: 1))
    }

    @Test("one relay is always left alone, and whoever is struck comes back, the broker too", arguments: 1...100)
    func aloneAndBack(seed: Int) {
        for traits in [BrokerTraits.noida, .mock, .cluster] {
            var struck: Set<Int> = []
            var started: Set<Int> = []
            var isBrokerAway = false
            for step in Self.plan(traits, UInt64(seed)).steps {
                switch step.action {
                case .start(let relay):
                    started.insert(relay)
                    struck.remove(relay)
                case .resume(let relay): struck.remove(relay)
                case .kill(let relay), .terminate(let relay), .suspend(let relay):
                    #expect(started.contains(relay) && struck.insert(relay).inserted)
                    #expect(struck.count < Plan.relays)
                case .pauseBroker:
                    #expect(traits.canPause && !isBrokerAway)
                    isBrokerAway = true
                case .stopBroker:
                    #expect(traits.canRestart && !isBrokerAway)
                    isBrokerAway = true
                case .resumeBroker, .startBroker:
                    #expect(isBrokerAway)
                    isBrokerAway = false
                case .closeConnections: break
                }
            }
            #expect(struck == [] && !isBrokerAway && started.count == Plan.relays)
        }
    }

    @Test("each kind of accident comes in three minutes", arguments: 1...100)
    func allKinds(seed: Int) {
        for traits in [BrokerTraits.noida, .mock, .cluster] {
            let steps = Self.plan(traits, UInt64(seed)).steps.map(\.action.description)
            for words in ["SIGKILL relay", "SIGTERM relay", "SIGSTOP relay", "WeChat's side closes"] {
                #expect(steps.contains { $0.hasPrefix(words) }, "\(words), seed \(seed)")
            }
        }
    }

    @Test("where a pause would put out who waits in a join, the group has come together before it", arguments: 1...100)
    func pausesOnceTogether(seed: Int) throws {
        let steps = Self.plan(.mock, UInt64(seed)).steps
        let pauses = steps.indices.filter { steps[$0].action == .pauseBroker }
        #expect(!pauses.isEmpty)
        for index in pauses {
            let before = try #require(steps[..<index].last { $0.action != .closeConnections })
            #expect(
                steps[index].at - before.at >= Limits(.mock).settling,
                "\(before), then \(steps[index]), seed \(seed)"
            )
        }
    }

    @Test("where the dead are kept, the broker is restarted within a second of each SIGKILL", arguments: 1...100)
    func evicted(seed: Int) {
        let steps = Self.plan(.noida, UInt64(seed)).steps
        for (index, step) in steps.enumerated() {
            guard case .kill = step.action else { continue }
            let next = steps[index...].first { $0.action == .stopBroker }
            #expect(next.map { $0.at - step.at <= .seconds(1) } ?? false, "\(step), seed \(seed)")
        }
    }
}
