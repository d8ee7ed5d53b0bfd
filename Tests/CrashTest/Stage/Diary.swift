import Synchronization

/// What was done to the group and when, and whether answers are due.
final class Diary: Sendable {
    fileprivate struct State {
        var accidents: [Accident] = []
        /// Indices of those that last still, by whom they struck; 0 is the broker.
        var open: [Int: Int] = [:]
        /// How often something began that may stop everything.
        var interruptions = 0
        var isBrokerUp = true
    }

    private let state = Mutex(State())

    var accidents: [Accident] { state.withLock { $0.accidents } }

    var isBrokerUp: Bool { state.withLock { $0.isBrokerUp } }

    /// Changes whenever a time in which answers are due may have ended.
    var interruptions: Int { state.withLock { $0.interruptions } }

    /// A restart beside the plan begins. It is no accident's excuse for a pause: the clock stands still, and goes on.
    func beginEviction(at time: Int64) {
        state.withLock { state in
            state.isBrokerUp = false
            state.begin(.eviction, nil, time)
        }
    }

    func endEviction(at time: Int64) {
        state.withLock { state in
            state.isBrokerUp = true
            _ = state.close(0, time)
        }
    }

    /// Writes down what is about to be done.
    func note(_ action: Action, at time: Int64) {
        state.withLock { state in
            switch action {
            case .start(let relay):
                // What ends an absence began with its accident.
                if !state.close(relay, time) { state.begin(.join, relay, time, lasts: false) }
            case .kill(let relay): state.begin(.kill, relay, time)
            case .suspend(let relay): state.begin(.suspension, relay, time)
            case .terminate(let relay): state.begin(.termination, relay, time)
            case .resume(let relay): _ = state.close(relay, time)
            case .pauseBroker, .stopBroker:
                state.isBrokerUp = false
                state.begin(action == .pauseBroker ? .brokerPause : .brokerRestart, nil, time)
            case .resumeBroker, .startBroker:
                state.isBrokerUp = true
                _ = state.close(0, time)
            case .closeConnections: state.begin(.gatewayRestart, nil, time, lasts: false)
            }
        }
    }
}

extension Diary.State {
    fileprivate mutating func begin(_ kind: Accident.Kind, _ relay: Int?, _ time: Int64, lasts: Bool = true) {
        interruptions += 1
        if lasts { open[relay ?? 0] = accidents.count }
        let name = relay.map { Relays.name($0) }
        accidents.append(Accident(kind, relay: name, begin: time, end: lasts ? .max : time))
    }

    fileprivate mutating func close(_ who: Int, _ time: Int64) -> Bool {
        guard let index = open.removeValue(forKey: who) else { return false }
        accidents[index].end = time
        return true
    }
}
