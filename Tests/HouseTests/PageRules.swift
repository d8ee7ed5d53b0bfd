import Foundation
import Testing

@Suite("Pages that people read") struct PageRules {
    @Test("every relative link leads somewhere, its anchor too")
    func links() {
        var findings: [Finding] = []
        for page in House.pages {
            for (target, line) in page.links where !target.contains("://") && !target.hasPrefix("mailto:") {
                if let problem = problem(of: target, from: page) {
                    findings.append(Finding(place: page.path, line: line, problem: problem))
                }
            }
        }
        #expect(findings.isEmpty, "\(listed(findings))")
    }

    private func problem(of target: String, from page: Page) -> String? {
        let parts = target.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        var path = page.path
        if !parts[0].isEmpty {
            var folders = page.path.split(separator: "/").dropLast().map(String.init)
            for part in parts[0].split(separator: "/") where part != "." {
                if part != ".." {
                    folders.append(String(part))
                } else if folders.popLast() == nil {
                    return "\(target) leads out of the house"
                }
            }
            path = folders.joined(separator: "/")
            guard House.exists(path) else { return "\(target) leads nowhere" }
        }
        guard parts.count == 2 else { return nil }
        return House.page(path).anchors.contains(parts[1]) ? nil : "\(path) has no heading for #\(parts[1])"
    }

    @Test("every make target that a page names is in the Makefile")
    func makeTargets() {
        let targets = Set(
            House.text("Makefile").split(separator: "\n").compactMap { line -> String? in
                guard let colon = line.firstIndex(of: ":"), line.first?.isLetter == true,
                    !line[colon...].hasPrefix(":=")
                else { return nil }
                return String(line[..<colon])
            }
        )
        #expect(targets.isSuperset(of: ["setup", "build", "demo", "test", "lint", "format"]))
        var named = 0
        for page in House.pages {
            for (words, line) in page.commandLines(of: "make") {
                // Behind the targets stand variables: SEEDS=10000.
                for word in words where word.first?.isLetter == true && !word.contains("=") {
                    named += 1
                    #expect(targets.contains(word), "\(page.path):\(line): make \(word)")
                }
            }
        }
        #expect(named > 0)
    }

    @Test("every command of wxrelay that a page names exists, with its options and its scenario")
    func commands() {
        let sources = House.sources.filter { $0.target == "wxrelay" }
        let lines = sources.flatMap(\.lines)
        let known = Set(lines.flatMap { quoted(in: $0, after: "commandName: ") }).subtracting(["wxrelay"])
        #expect(known.contains("run"))
        var named = 0
        for page in House.pages {
            for (words, line) in page.commandLines(of: "wxrelay") {
                guard let command = words.first, command.first?.isLetter == true else { continue }
                named += 1
                #expect(known.contains(command), "\(page.path):\(line): wxrelay \(command)")
                if command == "config", words.count > 1, words[1].first?.isLetter == true {
                    let isKnown =
                        known.contains(words[1]) || lines.contains { $0.contains("struct \(words[1].capitalized):") }
                    #expect(isKnown, "\(page.path):\(line): wxrelay config \(words[1])")
                }
                for option in words where option.hasPrefix("--") {
                    let isKnown = isOption(option, in: lines)
                    #expect(isKnown, "\(page.path):\(line): \(option)")
                }
                for (option, value) in zip(words, words.dropFirst())
                where option == "--scenario" && !value.contains("/") && value.first?.isLowercase == true {
                    #expect(House.exists("config/scenarios/\(value).yaml"), "\(page.path):\(line): \(value)")
                }
            }
        }
        #expect(named > 0)
    }

    /// ArgumentParser's own names, those that are spelled out, and those made from a property's name.
    private func isOption(_ option: String, in sources: [String]) -> Bool {
        if ["--help", "--version"].contains(option) { return true }
        let name = option.dropFirst(2).prefix { $0 != "=" }
        let parts = name.split(separator: "-")
        let property = parts.prefix(1).joined() + parts.dropFirst().map(\.capitalized).joined()
        return sources.contains { line in
            line.contains("\"\(name)\"") || line.contains("var \(property) ") || line.contains("var \(property):")
        }
    }

    private func quoted(in line: String, after prefix: String) -> [String] {
        guard let start = line.firstRange(of: prefix + "\"")?.upperBound else { return [] }
        return [String(line[start...].prefix { $0 != "\"" })]
    }

    @Test("every file of this repository that a page names exists")
    func namedFiles() {
        var findings: [Finding] = []
        let names = Set(House.files.compactMap { $0.split(separator: "/").last.map(String.init) })
        for page in House.pages {
            for (span, line) in page.spans where !span.contains(where: { " *<>$|…".contains($0) }) {
                let isPath = ["Sources/", "Tests/", "docs/", "config/", "scripts/"].contains { span.hasPrefix($0) }
                let isName = span.hasSuffix(".swift") && !span.contains("/")
                if isPath && !House.exists(span) || isName && !names.contains(span) {
                    findings.append(Finding(place: page.path, line: line, problem: "no file \(span)"))
                }
            }
            for (command, line) in page.commands {
                for word in command.split(whereSeparator: { " `\"'".contains($0) })
                where word.hasPrefix("config/") && !House.exists(String(word)) {
                    findings.append(Finding(place: page.path, line: line, problem: "no file \(word)"))
                }
            }
        }
        #expect(findings.isEmpty, "\(listed(findings))")
    }

    @Test("the README has a row for each class of outcomes, and for no other")
    func classes() {
        let classes = House.text("Sources/RelayCore/WeChat/OutcomeClass.swift").split(separator: "\n")
            .prefix { !$0.hasPrefix("}") }
            .compactMap { line -> String? in
                guard let name = line.firstRange(of: "    case ").map({ String(line[$0.upperBound...]) }) else {
                    return nil
                }
                return quoted(in: name, after: " = ").first ?? name
            }
        #expect(classes.contains("success") && classes.contains("quota_exhausted"))
        let rows = House.page("README.md").lines.drop { !$0.hasPrefix("| class |") }.dropFirst(2)
            .prefix { $0.hasPrefix("|") }
            .map { $0.drop { "| `".contains($0) }.prefix { $0 != "`" } }
        #expect(rows.map(String.init).sorted() == classes.sorted())
    }

    @Test("the map in docs/architecture.md shows every folder of the sources and tests, and what it names exists")
    func map() {
        let page = House.page("docs/architecture.md")
        let shown = Set(page.spans.map { $0.text.hasSuffix("/") ? String($0.text.dropLast()) : $0.text })
        let folders = House.folders.filter { folder in
            folder.hasPrefix("Sources/")
                || (folder.hasPrefix("Tests/") && folder.split(separator: "/").count == 2)
        }
        #expect(folders.subtracting(shown) == [])
    }

    @Test("what docs/architecture.md, docs/core.md and CONTRIBUTING.md call by name is in the sources")
    func names() {
        var known: Set<String> = []
        for file in House.sources + House.tests {
            file.forEachWord { word, _, _ in known.insert(word) }
        }
        var findings: [Finding] = []
        for path in ["docs/architecture.md", "docs/core.md", "CONTRIBUTING.md"] {
            for (span, line) in House.page(path).spans where isIdentifier(span) {
                for word in SwiftFile.words(in: span) where !known.contains(word) {
                    findings.append(Finding(place: path, line: line, problem: "nothing is called \(word)"))
                }
            }
        }
        #expect(findings.isEmpty, "\(listed(findings))")
    }

    /// A name as Swift or C writes it: `Shard`, `Shard.handle(_:)`, `rd_kafka_destroy`, `.arrived`. No file, no setting.
    private func isIdentifier(_ span: String) -> Bool {
        guard ![".swift", ".md"].contains(where: { span.hasSuffix($0) }), span.contains(where: \.isLetter) else {
            return false
        }
        let isPlain = span.allSatisfy { $0.isLetter || $0.isNumber || "_.():+".contains($0) }
        let isName = span.contains { $0.isUppercase } || span.hasPrefix("rd_kafka") || span.hasSuffix("()")
        return isPlain && isName
    }

    @Test("decisions are numbered from one on, and say context, decision, what was rejected, consequences")
    func decisions() {
        let paths = House.files.filter { $0.hasPrefix("docs/decisions/") }
        #expect(!paths.isEmpty)
        for (index, path) in paths.enumerated() {
            let number = String(String(index + 10_001).dropFirst())
            #expect(path.hasPrefix("docs/decisions/\(number)-") && path.hasSuffix(".md"))
            let anchors = House.page(path).anchors
            #expect(anchors.isSuperset(of: ["context", "decision", "rejected", "consequences"]), "\(path)")
        }
    }

    @Test("the README is short, and the changelog has a place for what comes next")
    func length() {
        let count = House.page("README.md").lines.count
        #expect((60...250).contains(count))
        #expect(House.page("CHANGELOG.md").anchors.contains("unreleased"))
    }

    @Test("no file names a place on one machine")
    func machines() {
        // Put together, or this file would name them.
        let places = ["work/", "root/", "tmp/dev-", "home/"].map { "/" + $0 }
        var findings: [Finding] = []
        for path in House.files {
            for (index, line) in House.text(path).split(separator: "\n", omittingEmptySubsequences: false).enumerated()
            {
                for place in places where line.contains(place) {
                    findings.append(Finding(place: path, line: index + 1, problem: "names \(place)"))
                }
            }
        }
        #expect(findings.isEmpty, "\(listed(findings))")
    }

    @Test("every script can be run, and stops at its first error")
    func scripts() {
        let scripts = House.files.filter { $0.hasPrefix("scripts/") || $0.hasPrefix(".ci/") }
        #expect(scripts.contains("scripts/setup") && scripts.contains(".ci/run"))
        for script in scripts {
            let path = House.root.appendingPathComponent(script).path
            #expect(FileManager.default.isExecutableFile(atPath: path), "\(script)")
            let text = House.text(script)
            #expect(text.hasPrefix("#!/usr/bin/env bash\n") && text.contains("\nset -euo pipefail\n"), "\(script)")
        }
    }
}
