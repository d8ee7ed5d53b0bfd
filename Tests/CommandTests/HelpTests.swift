import Foundation
import Testing

@Suite("Help texts") struct HelpTests {
    static let commands = [
        "", "run", "demo", "check", "invoke", "explain", "fake-wechat", "config", "config print", "config example",
        "config schema",
    ]

    @Test("a command's help is as it was reviewed", arguments: commands)
    func golden(command: String) async throws {
        let shell = try Shell()
        let ending = try await shell.run("wxrelay \(command) --help")
        try shell.remove()
        let name = (["help"] + command.split(separator: " ").map(String.init)).joined(separator: "-")
        let file = ErrorPage.root.appending(path: "Tests/CommandTests/Fixtures/\(name).txt")
        if ErrorPage.isRecording { try Data(ending.output.utf8).write(to: file) }
        #expect(ending.output == (try String(contentsOf: file, encoding: .utf8)))
        #expect(ending.status == 0)
    }

    @Test("every subcommand that the help lists has a golden help text")
    func isComplete() async throws {
        let shell = try Shell()
        let help = try await shell.run("wxrelay --help")
        try shell.remove()
        let listed = help.output.split(separator: "\n").drop { $0 != "SUBCOMMANDS:" }.dropFirst()
            .prefix { !$0.contains("wxrelay help") }
            .filter { $0.hasPrefix("  ") && !$0.hasPrefix("   ") }
            .compactMap { $0.split(separator: " ").first.map(String.init) }
        #expect(Set(listed) == Set(Self.commands.filter { !$0.isEmpty && !$0.contains(" ") }))
    }
}
