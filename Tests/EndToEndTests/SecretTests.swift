import FakeWeChat
import Foundation
import FoundationNetworking
import Testing

extension EndToEnd {
    @Suite("Secrets") struct SecretTests {
        @Test(
            "secret and tokens are in no log line, reply or dead letter, even at level trace",
            arguments: ["trace", "info"]
        )
        func neverShown(level: String) async throws {
            let secret = "s3cr3t-0123456789abcdef0123456789ab"
            let shown = "abc123_DEF-456"
            let scenario = Scenario.plain {
                // An answer that repeats the request's URL, as proxies do.
                $0.functions["html"] = FunctionScenario(
                    answer: ScriptedAnswer(
                        .raw("<html>POST /tcb/invokecloudfunction?access_token=\(shown)&env=e failed</html>"),
                        status: 502
                    )
                )
            }
            var settings = RelaySettings.directed
            settings.app["app-secret"] = secret
            settings.root["log"] = "{level: \(level)}"
            settings.pipeline["retry"] = "{initial: 10ms, max-attempts: 2}"
            settings.pipeline["allow"] = "{functions: [html]}"
            try await RelayBench.run(settings, scenario: scenario, startsRelay: false) { bench in
                try await bench.fake.setSecret(secret)
                try bench.start()
                try await bench.send([
                    .directed("a", ["-1", "0"]), .directed("b", ["-504002"]),
                    Request("c", headers: [("correlation-id", "c"), ("wxrelay-function", "html")]),
                ])
                _ = try await bench.replies(3)
                let first = try await bench.token()
                try await bench.fake.endTokens(as: .revoked)
                try await bench.send([.directed("d")])
                let replies = try await bench.replies(4)
                let second = try await bench.token()
                #expect(first != second)
                let letters = try await bench.deadLetters(2)
                // What came of the answer is kept, without the token.
                let excerpt = try replies.first { $0.id == "c" }?.document.text("excerpt")
                #expect(excerpt?.contains("invokecloudfunction") == true)
                let said = try bench.relay.text + bench.relay.errorText
                #expect(said.contains("relaying"))
                let written = (replies + letters).map { "\($0)" } + replies.map(\.text)
                for hidden in [first, second, secret, shown] {
                    #expect(hidden.count > 10)
                    #expect(!([said] + written).contains { $0.contains(hidden) })
                }
            }
        }
    }
}

extension RelayBench {
    /// The access token that is good now: the one that the relay has, since a stable one stays the same.
    fileprivate func token() async throws -> String {
        guard let address = URL(string: "http://127.0.0.1:\(fake.port)/_fake/token?format=text") else {
            throw Missing("an address")
        }
        let data = try await blocking { try Data(contentsOf: address) }
        return String(decoding: data, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
    }
}
