import Foundation
import RelayConfiguration
import RelayCore
import Testing

/// What the repository holds beside the sources.
enum Repository {
    static func text(_ path: String) throws -> String {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        return try String(contentsOf: root.appending(path: path), encoding: .utf8)
    }
}

@Suite("Printed configurations, the example and the schema")
struct PrintedTests {
    @Test(
        "what is printed reads back as the same configuration",
        arguments: [
            Sample.minimal,
            Sample.minimal("orders-relay", "\"a $$ 'b' \\\"c\\\\ #: é-\""),
            Sample.minimal(
                "    env:",
                """
                    dead-letter: {topic: d}
                    allow: {functions: ['*', 'a?']}
                    retry: {initial: 1500ms, multiplier: 1.25, budget: 90s}
                    request: {topic: [a, b], deadline: 90m}
                    inject: {member: "null"}
                    env:
                """
            ).replacing("    request: {topic: orders.requests}\n", with: ""),
            Sample.minimal(
                "group:",
                "errcodes: {-1: throttled}\nstart-from: 2026-01-31T08:00:00Z\ninstance-id: \"-\"\ngroup:"
            ),
            Sample.minimal(
                "    app-id:",
                "    base-url: [https://a, 'http://[::1]:8/x']\n    proxy: http://[fd00::1]:3128\n    app-id:"
            ),
            Sample.minimal(
                "servers: b1:9092",
                "servers: 'b:1,c:2', client.id: 'a: b', ssl.ca.pem: \"a\\n\\tb\\r\", debug: 'true'"
            ),
        ]
    )
    func roundTrip(text: String) throws {
        let first = try Sample.parse(text)
        let second = try Sample.parse(first.printed())
        #expect(first.policy == second.policy)
        #expect(first.kafka == second.kafka)
        #expect(first.apps == second.apps)
        #expect(first.startFrom == second.startFrom)
        #expect(first.instanceID == second.instanceID)
        #expect(first.printed() == second.printed())
        #expect(first.group == second.group)
    }

    @Test("the example in the repository is the one that wxrelay prints")
    func exampleFile() throws {
        #expect(
            try Repository.text("config/wxrelay.yaml") == ConfigurationExample.yaml(),
            "wxrelay config example > config/wxrelay.yaml"
        )
    }

    @Test("the schema in the repository is the one that wxrelay prints")
    func schemaFile() throws {
        #expect(
            try Repository.text("config/wxrelay.schema.json") == ConfigurationSchema.json(),
            "wxrelay config schema > config/wxrelay.schema.json"
        )
    }

    @Test("the example is right, and its values are the defaults")
    func exampleValues() throws {
        let example = try Sample.parse(
            ConfigurationExample.yaml().replacing("${file:/run/secrets/wx}", with: "${SECRET}")
        )
        let minimal = try Sample.parse(Sample.minimal)
        #expect(example.warnings.isEmpty)
        #expect(example.policy == minimal.policy)
        #expect(example.kafka == minimal.kafka)
        #expect(example.apps == minimal.apps)
        #expect(example.printed() == minimal.printed().replacing("  orders:\n", with: "  orders:\n    app: main\n"))
    }

    @Test("what the example has as comments is right when it is uncommented")
    func exampleComments() throws {
        let lines = ConfigurationExample.yaml().split(separator: "\n").map(String.init)
        let live = lines.dropFirst(4).map { $0.replacing(/^( *)# (.)/) { match in "\(match.1)\(match.2)" } }
        #expect(live.count { $0.contains("# [e]") } == 19)
        // Each source has keys of its own.
        for (source, others) in [
            ("static", ["url", "bearer", "file", "path"]), ("url", ["file", "value"]),
            ("file", ["url", "bearer", "value"]),
        ] {
            let fitting = live.filter { line in !others.contains { line.hasPrefix("      \($0): ") } }
            let text = fitting.joined(separator: "\n")
                .replacing("source: stable_token", with: "source: \(source)")
                .replacing("/etc/ssl/corp.pem", with: #filePath)
            let configuration = try Sample.parse(text, environment: ["ACCESS_TOKEN": "t"])
            #expect(configuration.policy.pipelines.map(\.deadLetterTopic) == ["orders.dead"])
            #expect(configuration.apps.map(\.certificateAuthorityFile) == [#filePath])
            #expect(configuration.policy.apps.map(\.token.rawValue) == [source])
            let environments = configuration.policy.apps[0].limits.environments
            #expect(environments["prod-1a2b"]?.functions["createOrder"] != nil)
        }
    }

    @Test("no line of the example is longer than a screen is wide")
    func exampleWidth() {
        for line in ConfigurationExample.yaml().split(separator: "\n") { #expect(line.count <= 120, "\(line)") }
    }
}
