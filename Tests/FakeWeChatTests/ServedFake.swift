import FakeWeChat
import Logging
import Testing

/// A running fake with one connection and a good token.
struct ServedFake {
    let server: FakeWeChatServer
    let connection: RawConnection
    let token: String

    static let credentials =
        #"{"grant_type":"client_credential","appid":"wx0123456789abcdef","secret":"fake-secret","force_refresh":false}"#

    /// Runs `body` against a server with this scenario and stops it afterwards.
    static func run(
        _ change: (inout Scenario) -> Void = { _ in },
        _ body: (ServedFake) async throws -> Void
    ) async throws {
        var scenario = Scenario()
        scenario.functions = ["echo": FunctionScenario(), "directed": FunctionScenario(answer: .directed)]
        change(&scenario)
        let logger = Logger(label: "fake-wechat") { _ in SwiftLogNoOpLogHandler() }
        let server = try await FakeWeChatServer.start(scenario: scenario, logger: logger)
        do {
            let connection = try RawConnection(port: server.port)
            let granted = try connection.post("/cgi-bin/stable_token", credentials).text
            let token = String(granted.split(separator: "\"").dropFirst(3).first ?? "")
            try await body(ServedFake(server: server, connection: connection, token: token))
        } catch {
            try await server.stop()
            throw error
        }
        try await server.stop()
    }

    func target(_ function: String, environment: String = "demo-env") -> String {
        "/tcb/invokecloudfunction?access_token=\(token)&env=\(environment)&name=\(function)"
    }

    /// Asks for the statistics until they show what is waited for.
    func statistics(showing isReached: (Statistics) -> Bool) async throws -> Statistics {
        for _ in 0..<100_000 {
            let statistics = try await server.statistics()
            if isReached(statistics) { return statistics }
        }
        let last = try await server.statistics()
        Issue.record("the statistics never showed it: \(last)")
        return last
    }
}
