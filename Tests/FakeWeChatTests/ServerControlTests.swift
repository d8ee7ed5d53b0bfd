import FakeWeChat
import Logging
import Testing

@Suite("Controls over a running server") struct ServerControlTests {
    @Test("WeChat goes away with all its connections and comes back on the same port")
    func away() async throws {
        try await ServedFake.run { fake in
            try await fake.server.goAway()
            #expect(throws: RawConnection.Failure.self) { try fake.connection.post(fake.target("echo"), "{}") }
            #expect(throws: RawConnection.Failure.refused) { try RawConnection(port: fake.server.port) }
            try await fake.server.goAway()
            try await fake.server.comeBack()
            try await fake.server.comeBack()
            let again = try RawConnection(port: fake.server.port)
            #expect(try again.post(fake.target("echo"), "{}").status == 200)
            #expect(try await fake.server.statistics().connectionsAccepted == 2)
        }
    }

    @Test("connections that are closed can be opened again at once")
    func closed() async throws {
        try await ServedFake.run { fake in
            try await fake.server.closeConnections()
            #expect(throws: RawConnection.Failure.self) { try fake.connection.post(fake.target("echo"), "{}") }
            let again = try RawConnection(port: fake.server.port)
            #expect(try again.post(fake.target("echo"), "{}").status == 200)
        }
    }

    @Test("a scenario's outage refuses connections until another scenario is set")
    func outage() async throws {
        try await ServedFake.run { fake in
            let outage = Scenario.Outage(after: .zero, lasting: .seconds(3_600))
            try await fake.server.changeScenario { $0.outages = [outage] }
            _ = try await fake.statistics { $0.connectionsOpen == 0 }
            #expect(throws: RawConnection.Failure.refused) { try RawConnection(port: fake.server.port) }
            try await fake.server.changeScenario { $0.outages = [] }
            let again = try RawConnection(port: fake.server.port)
            #expect(try again.post(fake.target("echo"), "{}").status == 200)
        }
    }

    @Test("a scenario's outage ends by itself")
    func outageEnds() async throws {
        try await ServedFake.run { fake in
            let outage = Scenario.Outage(after: .zero, lasting: .milliseconds(1))
            try await fake.server.changeScenario { $0.outages = [outage] }
            _ = try await fake.statistics { $0.connectionsOpen == 0 }
            var again: RawConnection?
            for _ in 0..<100_000 where again == nil {
                do { again = try RawConnection(port: fake.server.port) } catch {
                    _ = try await fake.server.statistics()
                }
            }
            #expect(try again?.post(fake.target("echo"), "{}").status == 200)
        }
    }

    @Test("a port that is taken is an error and not a second server")
    func taken() async throws {
        try await ServedFake.run { fake in
            let port = fake.server.port
            let logger = Logger(label: "fake-wechat") { _ in SwiftLogNoOpLogHandler() }
            await #expect(throws: (any Error).self) {
                try await FakeWeChatServer.start(port: port, logger: logger)
            }
        }
    }

    @Test("another process reads calls, counts by id and statistics over HTTP")
    func pages() async throws {
        try await ServedFake.run { fake in
            for id in ["a", "b"] { _ = try fake.connection.post(fake.target("echo"), #"{"id":"\#(id)"}"#) }
            let stats = try fake.connection.get("/_fake/stats")
            #expect(stats.headers["content-type"] == "application/json")
            let echo = #"{"calls":2,"ran":2,"underWay":0,"highestConcurrency":1,"outcomes":{"0":2}}"#
            #expect(
                stats.text == #"{"requests":3,"calls":2,"functions":{"echo":\#(echo)},"refusals":{},"#
                    + #""highestConcurrency":1,"tokenRequests":1,"tokenRefusals":{},"tokensIssued":1,"#
                    + #""connectionsAccepted":1,"connectionsOpen":1}"#
            )
            let counts = #"{"calls":1,"ran":1,"succeeded":1}"#
            #expect(
                try fake.connection.get("/_fake/ids").text
                    == #"{"uncounted":0,"ids":{"a":\#(counts),"b":\#(counts)}}"#
            )
            let calls = try fake.connection.get("/_fake/calls?after=0").text
            #expect(calls.hasPrefix(#"{"total":2,"calls":[{"sequence":1,"arrival":"#))
            #expect(
                calls.hasSuffix(
                    #""environment":"demo-env","function":"echo","id":"b","byteCount":10,"hash":"5a812d41a594b690","#
                        + #""ran":true,"outcome":"0"}]}"#
                )
            )
            #expect(try fake.connection.get("/_fake/calls?limit=0").text == #"{"total":2,"calls":[]}"#)
            #expect(try fake.connection.get("/_fake/other").status == 404)
        }
    }
}
