import FakeWeChat
import Foundation
import Testing

extension EndToEnd {
    @Suite("Token endpoint") struct TokenEndpointTests {
        @Test("a wrong secret in a file holds everything, and the mended file alone ends the hold")
        func secret() async throws {
            var settings = RelaySettings.directed
            let file = FileManager.default.temporaryDirectory.appending(path: "secret-\(UUID().uuidString)")
            try Data("wrong-secret\n".utf8).write(to: file)
            defer {
                // Only a file in the temporary folder is left otherwise.
                try? FileManager.default.removeItem(at: file)
            }
            settings.app["app-secret"] = "${file:\(file.path)}"
            try await RelayBench.run(settings) { bench in
                try await bench.send((1...50).map { .directed("\($0)") })
                let hold = try await bench.relay.opensHold("misconfiguration")
                #expect(hold["code"] == "40125")
                #expect(try await bench.recordsNow().isEmpty)
                try Data("fake-secret\n".utf8).write(to: file)
                let replies = try await bench.replies(50)
                #expect(replies.count { $0.isOK } == 50)
                try await bench.everythingCommitted()
                #expect(try await bench.recordsNow().count == 50)
                #expect(try bench.relay.holdsOpened == 1)
                let said = try bench.relay.text + bench.relay.errorText
                for secret in ["wrong-secret", "fake-secret"] { #expect(!said.contains(secret)) }
            }
        }

        @Test("with the token endpoint down at the start requests wait, and are relayed when it is back")
        func tokenEndpoint() async throws {
            let away = Scenario.TokenEndpointScenario(errors: [ErrorShare(Fault(.status(503)), share: 1)])
            try await RelayBench.run(scenario: .plain { $0.tokenEndpoint = away }) { bench in
                try await bench.send((1...50).map { .directed("\($0)") })
                let hold = try await bench.relay.opensHold("outage")
                #expect(hold["scope"] == "app")
                #expect(try await bench.recordsNow().isEmpty)
                try await bench.fake.setTokenEndpoint(Scenario.TokenEndpointScenario())
                let replies = try await bench.replies(50)
                #expect(replies.count { $0.isOK } == 50)
                #expect(try await bench.recordsNow().count == 50)
            }
        }

        @Test("with the token endpoint down later calls go on with the token that is there")
        func tokenEndpointLater() async throws {
            try await RelayBench.run { bench in
                try await bench.send([.directed("first")])
                _ = try await bench.replies(1)
                try await bench.fake.setTokenEndpoint(.init(errors: [ErrorShare(Fault(.hang), share: 1)]))
                try await bench.send((1...20).map { .directed("\($0)") })
                #expect(try await bench.replies(21).count { $0.isOK } == 21)
                #expect(try bench.relay.holdsOpened == 0)
            }
        }
    }
}
