import Testing

@Suite("Swift sources") struct SwiftRules {
    @Test("the tests see the whole house")
    func everythingIsSeen() {
        #expect(Set(House.sources.map(\.target)) == Set(Arrows.allowed.keys))
        #expect(House.tests.contains { $0.path == "Tests/HouseTests/SwiftRules.swift" })
        #expect(House.benchmarks.contains { $0.path == "Benchmarks/Sources/CoreBenchmark/Flow.swift" })
        #expect(!House.files.contains { $0.hasPrefix("Benchmarks/Sources/RelayCore/") })
    }

    @Test("each target imports what its place in the house admits")
    func imports() {
        let findings = House.sources.flatMap(Arrows.imports)
        #expect(findings.isEmpty, "\(listed(findings))")
    }

    @Test("the core's rooms use only what lies below them")
    func rooms() {
        let findings = Arrows.upwardUses(in: core)
        #expect(findings.isEmpty, "\(listed(findings))")
        #expect(Set(core.map(\.room)).subtracting([""]) == Set(Arrows.rooms))
    }

    @Test("no value of the core knows the machine")
    func values() {
        let findings = core.flatMap(Arrows.usesOfTheMachine)
        #expect(findings.isEmpty, "\(listed(findings))")
    }

    @Test("the core reads no clock, draws no chance of its own, does no I/O, runs nothing beside itself")
    func purity() {
        let findings = core.flatMap(Purity.breaches)
        #expect(findings.isEmpty, "\(listed(findings))")
    }

    @Test("files are short, named for what is in them, and swallow nothing")
    func form() {
        let findings = (House.sources + House.tests + House.benchmarks).flatMap(Form.breaches)
        #expect(findings.isEmpty, "\(listed(findings))")
    }

    private var core: [SwiftFile] { House.sources.filter { $0.target == "RelayCore" } }
}

/// Each rule on a sample that breaches it: a rule that finds nothing anywhere would be no rule.
@Suite("Swift rules find what they forbid") struct SwiftRuleSamples {
    @Test(
        "an import against the arrows",
        arguments: [
            ("Sources/RelayCore/A.swift", "import Foundation"), ("Sources/RelayCore/A.swift", "package import Kafka"),
            ("Sources/Kafka/A.swift", "internal import NIOCore"), ("Sources/FakeWeChat/A.swift", "import WeChatClient"),
            ("Sources/WeChatClient/A.swift", "import struct RelayConfiguration.Configuration"),
            ("Sources/Relay/A.swift", "import CRdKafka"), ("Sources/Elsewhere/A.swift", ""),
        ]
    )
    func importAgainstArrows(path: String, text: String) {
        #expect(Arrows.imports(SwiftFile(path, text: text)).count == 1)
    }

    @Test("a room that uses what lies above it, and a value that knows the machine")
    func upwards() {
        let files = [
            SwiftFile("Sources/RelayCore/Settle/Settlement.swift", text: "package struct Settlement: Sendable {}"),
            SwiftFile("Sources/RelayCore/Schedule/Turn.swift", text: "struct Turn {\n    var end: Settlement?\n}"),
            SwiftFile(
                "Sources/RelayCore/Outcome/Word.swift",
                text: "// Settlement\nlet word = \"Settlement\"; x.Settlement"
            ),
        ]
        #expect(Arrows.upwardUses(in: files).map(\.line) == [2])
        #expect(Arrows.usesOfTheMachine(SwiftFile("Sources/RelayCore/A.swift", text: "let a: RelayMachine")).count == 1)
    }

    @Test(
        "something impure in the core",
        arguments: [
            "let a = Date()", "let a = ContinuousClock.now", "var a = SystemRandomNumberGenerator()",
            "let a = Int.random(in: 0...1)", "let a = Int.random(in: 0...1, using: &other)", "Task { }",
            "let a = Mutex(0)", "actor A {}", "func a() async {}", "print(a)", "let a = b.shuffled()",
        ]
    )
    func impure(text: String) {
        #expect(Purity.breaches(SwiftFile("Sources/RelayCore/A.swift", text: text)).isEmpty == false)
    }

    @Test(
        "bad form",
        arguments: [
            "let a = try! b()", "let a = b as! C", "let a = try? b()", "/// Words.\n\nlet a = try? b()",
            "let a = (\"//\", try? b())", "final class A: @unchecked Sendable {}", "@testable import A",
            "// TO" + "DO: later", String(repeating: "\n", count: 501),
        ]
    )
    func badForm(text: String) {
        #expect(Form.breaches(SwiftFile("Sources/Relay/A.swift", text: text)).count == 1)
    }

    @Test("a name that names nothing")
    func badName() {
        #expect(Form.breaches(SwiftFile("Sources/Relay/StringUtils.swift", text: "")).count == 1)
        #expect(Form.breaches(SwiftFile("Sources/Relay/Common/A.swift", text: "")).count == 1)
    }

    @Test(
        "good form is left alone",
        arguments: [
            "// Throws for a name.\nlet a = try? b()", "let a = try? b()  // nil is fine",
            "/// Unchecked: used on its loop only.\n@safe\nfinal class A: @unchecked Sendable {}",
            "// try! and as! in words", "let a = \"try! as!\"", "let a = b as? C", "let a: Entry? = b",
        ]
    )
    func goodForm(text: String) {
        #expect(Form.breaches(SwiftFile("Sources/Relay/A.swift", text: text)).isEmpty)
    }
}
