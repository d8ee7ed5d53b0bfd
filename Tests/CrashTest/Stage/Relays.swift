import Foundation
import Glibc
import RelayCore
import Synchronization

/// The relay processes: `wxrelay run`, each with a function of its own, so that WeChat's log tells them apart.
final class Relays: Sendable {
    private struct State {
        var children: [Int: ChildProcess] = [:]
        /// How each was told to end last and when, by number; nil while it is to run.
        var told: [Int: (what: Ending.Told, time: Int64)] = [:]
        var suspended: Set<Int> = []
        /// All were sent SIGSTOP for a moment.
        var areFrozen = false
        var endings: [Ending] = []
    }

    private let folder: URL
    private let state = Mutex(State())

    init(folder: URL, broker: Broker, weChat port: Int, names: Names) throws {
        self.folder = folder
        for relay in 1...Plan.relays {
            let text = Self.configuration(relay, broker: broker, weChat: port, names: names)
            try Data(text.utf8).write(to: folder.appending(path: "\(Self.name(relay)).yaml"))
        }
    }

    /// A relay's name: its function's, its files'.
    static func name(_ relay: Int) -> String { "relay\(relay)" }

    /// How long a call may take: short, since the session is to be two drains, and a drain a call and 2 s.
    static let callLimit: Duration = .seconds(1)

    /// How long one may drain what it has to give away.
    static let drain: Duration = callLimit + .seconds(2)

    /// The window is small, since after a crash all of it counts as perhaps run: a wide one would admit anything.
    private static func configuration(_ relay: Int, broker: Broker, weChat port: Int, names: Names) -> String {
        let kafka = [
            "bootstrap.servers": broker.bootstrapServers,
            "session.timeout.ms": "\(Plan.session.wholeMilliseconds)",
            "heartbeat.interval.ms": "500",
        ].merging(broker.properties) { $1 }
        let lines = kafka.sorted { $0.key < $1.key }.map { "  \($0.key): \($0.value)" }.joined(separator: "\n")
        return """
            kafka:
            \(lines)
            group: \(names.group)
            rebalance: {drain: \(drain.components.seconds)s}
            stop: {drain: 4s}
            apps:
              main:
                app-id: wx0123456789abcdef
                app-secret: fake-secret
                base-url: http://127.0.0.1:\(port)
                timeouts: {request: \(callLimit.components.seconds)s}
            pipelines:
              main:
                app: main
                env: demo-env
                function: \(name(relay))
                request: {topic: \(names.requests)}
                reply: {topic: \(names.replies)}
                dead-letter: {topic: \(names.deadLetters)}
                in-flight: {max: 32}
                window: {open: 64}

            """
    }

    // MARK: What can be done to one

    /// Starts one, once it has ended from what it was told before.
    func start(_ relay: Int) async throws {
        if let child = state.withLock({ $0.children[relay] }) {
            // A stop may take its drain, and the limit of closing on top.
            note(try await child.ended(within: .seconds(60)), of: child, relay)
        }
        let log = try FileHandle(appendingTo: folder.appending(path: "\(Self.name(relay)).log"))
        let configuration = folder.appending(path: "\(Self.name(relay)).yaml").path
        let child = try ChildProcess(Program.relay, ["run", "--config", configuration], output: log, errors: log)
        state.withLock { state in
            state.children[relay] = child
            state.told[relay] = nil
            state.suspended.remove(relay)
        }
    }

    func kill(_ relay: Int) { tell(relay, .kill, SIGKILL) }

    func terminate(_ relay: Int) { tell(relay, .stop, SIGTERM) }

    private func tell(_ relay: Int, _ what: Ending.Told, _ signal: Int32) {
        let child = state.withLock { state in
            state.told[relay] = (what, wallTime())
            return state.children[relay]
        }
        child?.send(signal)
    }

    func suspend(_ relay: Int) {
        state.withLock { state in
            state.suspended.insert(relay)
            return state.children[relay]
        }?.send(SIGSTOP)
    }

    func resume(_ relay: Int) {
        state.withLock { state in
            state.suspended.remove(relay)
            return state.children[relay]
        }?.send(SIGCONT)
    }

    /// SIGSTOP to all, for a moment.
    func freeze() { sendToRunning(SIGSTOP, areFrozen: true) }

    /// SIGCONT to all that were not suspended before.
    func thaw() { sendToRunning(SIGCONT, areFrozen: false) }

    private func sendToRunning(_ signal: Int32, areFrozen: Bool) {
        let running = state.withLock { state in
            state.areFrozen = areFrozen
            return state.children.filter { !state.suspended.contains($0.key) }
        }
        for child in running.values { child.send(signal) }
    }

    // MARK: What is known of them

    /// Whether one runs that was told nothing else.
    var isOneAtWork: Bool {
        state.withLock { state in
            !state.areFrozen
                && state.children.contains { relay, child in
                    state.told[relay] == nil && !state.suspended.contains(relay) && child.ending == nil
                }
        }
    }

    /// Stops all, and tells every ending of the run.
    func stopAll() async throws -> [Ending] {
        let children = state.withLock { $0.children }
        for relay in children.keys { tell(relay, .lastStop, SIGTERM) }
        for (relay, child) in children.sorted(by: { $0.key < $1.key }) {
            note(try await child.ended(within: .seconds(60)), of: child, relay)
        }
        return state.withLock { $0.endings }
    }

    /// Ends all at once.
    func endAll() async throws {
        for child in state.withLock({ $0.children }).values { try await child.end() }
    }

    private func note(_ ending: ChildProcess.Ending, of child: ChildProcess, _ relay: Int) {
        let how: Ending.How =
            switch ending {
            case .exit(let code): .exit(code)
            case .signal(let signal): .signal(signal)
            }
        let end = child.ended.map { Int64($0.timeIntervalSince1970 * 1_000) } ?? wallTime()
        state.withLock { state in
            let told = state.told[relay] ?? (.nothing, end)
            state.endings.append(
                Ending(relay: Self.name(relay), told: told.what, how: how, begin: told.time, end: end)
            )
        }
    }
}
