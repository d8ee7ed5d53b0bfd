package import Logging
import NIOCore
import NIOPosix
import RelayCore

/// WeChat's side over HTTP, for tests and demonstrations, in this process or as `wxrelay fake-wechat`.
///
/// It answers `/cgi-bin/stable_token`, `/cgi-bin/token`, `/cgi-bin/openapi/quota/get` and `/tcb/invokecloudfunction`
/// as its scenario says, and keeps its own account of the calls. Everything runs on one thread of its own, so all the
/// controls below take effect between two requests. It speaks plain HTTP.
package final class FakeWeChatServer: Sendable {
    /// Where it listens, also after `comeBack()`.
    package let port: Int
    package let host: String

    private let group: MultiThreadedEventLoopGroup
    private let loop: any EventLoop
    private let state: NIOLoopBound<ServerLoop>

    private init(host: String, port: Int, group: MultiThreadedEventLoopGroup, state: NIOLoopBound<ServerLoop>) {
        self.host = host
        self.port = port
        self.group = group
        self.loop = state.eventLoop
        self.state = state
    }

    /// A server that listens. `port` 0 takes one that is free, which the result's `port` tells; `seed` stands instead of
    /// the scenario's own; `callLogLimit` is how many calls `calls()` keeps, the newest.
    ///
    /// Throws the system's error when the address cannot be listened on.
    package static func start(
        host: String = "127.0.0.1",
        port: Int = 0,
        scenario: Scenario = Scenario(),
        seed: UInt64? = nil,
        callLogLimit: Int = 65_536,
        logger: Logger
    ) async throws -> FakeWeChatServer {
        var scenario = scenario
        if let seed { scenario.seed = seed }
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let loop = group.next()
        do {
            let (state, bound) = try await loop.flatSubmit { [scenario] in
                let state = ServerLoop(
                    scenario: scenario,
                    log: CallLog(limit: callLogLimit),
                    eventLoop: loop,
                    logger: logger
                )
                let handle = NIOLoopBound(state, eventLoop: loop)
                return state.start(host: host, port: port).map { (handle, $0) }
            }.get()
            return FakeWeChatServer(host: host, port: bound, group: group, state: state)
        } catch {
            try await group.shutdownGracefully()
            throw error
        }
    }

    /// Closes everything; the server cannot be started again.
    package func stop() async throws {
        try await loop.flatSubmit { [state] in state.value.stop() }.get()
        try await group.shutdownGracefully()
    }

    /// Stops listening and closes all connections: WeChat is away. Nothing happens when it is away already.
    package func goAway() async throws {
        try await loop.flatSubmit { [state] in state.value.goAway() }.get()
    }

    /// Listens again on the same port. Nothing happens when it does already.
    package func comeBack() async throws {
        try await loop.flatSubmit { [state] in state.value.comeBack() }.get()
    }

    /// Closes all connections and goes on listening, as a gateway does that is restarted.
    package func closeConnections() async throws {
        try await loop.flatSubmit { [state] in state.value.closeConnections() }.get()
    }

    /// Changes the current scenario. Tokens given, quota used, the log and the counts stay; scripted sequences, the draws
    /// and the clock of the outages begin anew.
    package func changeScenario(_ change: @escaping @Sendable (inout Scenario) -> Void) async throws {
        try await control { server in
            var scenario = server.rules.scenario
            change(&scenario)
            server.adopt(scenario)
        }
    }

    /// The app's secret from now on; tokens given before stay good.
    package func setSecret(_ secret: String) async throws {
        try await control { $0.rules.setSecret(Secret(secret)) }
    }

    /// What the token endpoints do from now on, its steps from the first.
    package func setTokenEndpoint(_ endpoint: Scenario.TokenEndpointScenario) async throws {
        try await control { $0.rules.setTokenEndpoint(endpoint) }
    }

    /// Ends every token that was given.
    package func endTokens(as end: TokenRules.End) async throws {
        try await control { $0.rules.endTokens(as: end, now: $0.now) }
    }

    /// The newest calls that reached a function, oldest first.
    package func calls() async throws -> [CallRecord] {
        try await control { $0.rules.log.calls }
    }

    /// What became of the calls with each body id.
    package func countsByID() async throws -> [String: IDCounts] {
        try await control { $0.rules.log.countsByID }
    }

    package func statistics() async throws -> Statistics {
        try await control { $0.statistics }
    }

    private func control<Result: Sendable>(
        _ body: @escaping @Sendable (ServerLoop) -> Result
    ) async throws -> Result {
        try await loop.submit { [state] in body(state.value) }.get()
    }
}
