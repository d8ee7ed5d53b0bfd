import FakeWeChat
import Foundation
import RelayCore
import Testing

extension EndToEnd {
    @Suite("Token sources") struct TokenSourceTests {
        @Test("a token file that is rewritten while the relay runs is used at once, and a wrong one holds until then")
        func file() async throws {
            let folder = FileManager.default.temporaryDirectory.appending(path: "tokens-\(UUID().uuidString)")
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            defer {
                // Only a file in the temporary folder is left otherwise.
                try? FileManager.default.removeItem(at: folder)
            }
            let file = folder.appending(path: "token")
            var settings = RelaySettings.directed
            settings.app["token"] = "{source: file, file: '\(file.path)', parameter: cloudbase_access_token}"
            let first = "first-T0KEN-0123456789"
            let second = "second-T0KEN-0123456789"
            try Data("\(first)\n".utf8).write(to: file)
            try await RelayBench.run(settings, scenario: .plain { $0.app.cloudbaseToken = Secret(first) }) { bench in
                try await bench.send([.directed("a")])
                #expect(try await bench.replies(1).map(\.isOK) == [true])
                // What is in the file ends, as the platform's tokens do, and the next one comes later.
                try await bench.fake.changeScenario { $0.app.cloudbaseToken = Secret(second) }
                try await bench.send((1...20).map { .directed("\($0)") })
                let hold = try await bench.relay.opensHold("misconfiguration")
                #expect(hold["code"] == "40001")
                #expect(hold.message.contains("token.file"))
                #expect(try await bench.recordsNow().count == 1)
                // Over what is there, through a moment in which the file is empty.
                let handle = try FileHandle(forWritingTo: file)
                try handle.truncate(atOffset: 0)
                try handle.write(contentsOf: Data("{\"access_token\":\"\(second)\",\"expires_in\":7200}".utf8))
                try handle.close()
                #expect(try await bench.replies(21).count { $0.isOK } == 21)
                try await bench.everythingCommitted()
                let statistics = try await bench.fake.statistics()
                #expect(statistics.tokenRequests == 0)
                #expect(statistics.tokensIssued == 0)
                let said = try bench.relay.text + bench.relay.errorText
                for token in [first, second] { #expect(!said.contains(token)) }
            }
        }

        @Test("a token service gives the token, and calls in body style carry their input byte for byte")
        func serviceInBodyStyle() async throws {
            let bodies: [String: [UInt8]] = [
                "emoji": Array(#"{"text":"你好 👩‍👩‍👧‍👦 \ud83d\ude00"}"#.utf8),
                "escapes": Array("{\"a\":\"\\\\\\\"\\n\"}\r\n\t\u{0}\u{1F}\u{7F}\u{2028}".utf8),
                "no JSON": Array("plain = text & 100%".utf8),
                "one byte": [0],
                "large": Array(String(repeating: "\"abcdefg\n", count: 64 << 10).utf8),
            ]
            let token = "cloud-T0KEN-0123456789"
            let scenario = Scenario.plain { $0.app.cloudbaseToken = Secret(token) }
            try await RelayBench.run(RelaySettings(), scenario: scenario, startsRelay: false) { bench in
                var settings = bench.settings
                settings.app["call-style"] = "body"
                settings.app["token"] = """
                    {source: url, url: 'http://127.0.0.1:\(bench.fake.port)/_fake/token?parameter=cloudbase_access_token', \
                    path: $$.access_token, parameter: cloudbase_access_token}
                    """
                try bench.start(settings)
                try await bench.send(
                    bodies.map { Request(value: $0.value, key: $0.key, headers: [("correlation-id", $0.key)]) }
                        + [Request(value: [0xFF, 0xFE], headers: [("correlation-id", "no text")])]
                )
                let replies = try await bench.replies(bodies.count + 1)
                for reply in replies where reply.id != "no text" {
                    #expect(reply.value == bodies[reply.id], "\(reply.id)")
                }
                #expect(Set(replies.map(\.id)) == Set(bodies.keys).union(["no text"]))
                let refused = try replies.first { $0.id == "no text" }?.document
                #expect(refused?.text("reason") == "invalid_request")
                #expect(try await bench.fake.calls().count == bodies.count)
                let hashes = try await bench.fake.calls().map(\.hash)
                #expect(Set(hashes) == Set(bodies.values.map { CallLog.hash($0) }))
                let said = try bench.relay.text + bench.relay.errorText
                #expect(!said.contains(token) && !said.contains("?parameter="))
            }
        }

        @Test("in body style a function sees what is injected inside its input")
        func injected() async throws {
            var settings = RelaySettings()
            settings.app["call-style"] = "body"
            settings.pipeline["inject"] = "{member: _wxrelay}"
            try await RelayBench.run(settings) { bench in
                try await bench.send([Request("{\"text\":\"你\\n\"}", headers: [("correlation-id", "c-1")])])
                let replies = try await bench.replies(1)
                let start = #"{"text":"你\n","_wxrelay":{"correlationId":"c-1","attempt":1,"source":"#
                #expect(replies.map { $0.text.hasPrefix(start) } == [true])
            }
        }

        @Test("a classic token is kept, and one that another process ends is replaced with the likely cause in the log")
        func classic() async throws {
            var settings = RelaySettings.directed
            settings.app["token"] = "{source: token}"
            try await RelayBench.run(settings, scenario: .plain { $0.app.tokenOverlap = .zero }) { bench in
                try await bench.send([.directed("a")])
                #expect(try await bench.replies(1).map(\.isOK) == [true])
                try await blocking { [port = bench.fake.port] in
                    let query = "grant_type=client_credential&appid=wx0123456789abcdef&secret=fake-secret"
                    guard let url = URL(string: "http://127.0.0.1:\(port)/cgi-bin/token?\(query)") else {
                        throw Missing("an address")
                    }
                    _ = try Data(contentsOf: url)
                }
                try await bench.send((1...20).map { .directed("\($0)") })
                #expect(try await bench.replies(21).count { $0.isOK } == 21)
                try await bench.relay.logs("the likely cause") {
                    $0.message.contains("another process or tool fetched one")
                }
                #expect(try await bench.fake.statistics().tokensIssued == 3)
                #expect(try bench.relay.holdsOpened == 0)
                #expect(try bench.relay.errorText.contains("only one process of all that use the app may hold it"))
            }
        }
    }
}
