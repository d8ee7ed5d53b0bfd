import RelayConfiguration
import RelayCore
import Testing

/// `docs/tokens.md`: its table and its snippets are held to what the configuration knows.
@Suite("The page on tokens")
struct TokenPageTests {
    private static let page: Result<[Substring], any Error> = Result {
        try Repository.text("docs/tokens.md").split(separator: "\n", omittingEmptySubsequences: false)
    }

    /// The YAML blocks, each with the heading above it.
    private static func snippets() throws -> [(heading: String, yaml: String)] {
        var snippets: [(heading: String, yaml: String)] = []
        var heading = ""
        var block: [Substring]?
        for line in try page.get() {
            if let lines = block {
                if line == "```" { snippets.append((heading, lines.joined(separator: "\n") + "\n")) }
                block = line == "```" ? nil : lines + [line]
            } else if line.hasPrefix("## ") {
                heading = String(line.dropFirst(3))
            } else if line == "```yaml" {
                block = []
            }
        }
        return snippets
    }

    @Test("the table has a row for each source, and for no other, in the order of the key's choices")
    func table() throws {
        let rows = try Self.page.get().drop { !$0.hasPrefix("| source |") }.dropFirst(2).prefix { $0.hasPrefix("|") }
        let sources = rows.map { $0.drop { "| `".contains($0) }.prefix { $0 != "`" } }
        #expect(sources.map(String.init) == TokenKind.allCases.map(\.rawValue))
    }

    @Test("each source has a section, whose snippet is right and has that source")
    func sections() throws {
        let snippets = try Self.snippets()
        #expect(snippets.map(\.heading).prefix(TokenKind.allCases.count) == TokenKind.allCases.map(\.rawValue)[...])
        for (heading, yaml) in snippets {
            let rest = Sample.minimal.split(separator: "\n", omittingEmptySubsequences: false)
            let pipelines = rest.drop { $0 != "pipelines:" }.joined(separator: "\n")
            let configuration = try Sample.parse(
                "kafka: {bootstrap.servers: b1:9092}\ngroup: orders-relay\n\(yaml)\(pipelines)"
            )
            let kind = try #require(configuration.policy.apps.first).token
            #expect(kind.rawValue == heading || heading == "WeChat cloud hosting")
            #expect(configuration.apps.map { $0.tokenParameter == .cloudbase } == [heading == "WeChat cloud hosting"])
        }
    }
}
