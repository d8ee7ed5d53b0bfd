import Foundation
import RelayConfiguration
import Testing

/// A key as the schema describes it.
struct DescribedKey: Sendable, CustomTestStringConvertible {
    /// Names from the root; `*` for an entry.
    let path: [String]
    let description: String
    /// Written as YAML; nil when the key has no default.
    let standard: String?
    let isSection: Bool
    /// The regular expression that a text has to match.
    let pattern: String?

    var testDescription: String { path.joined(separator: ".") }

    static let all: [DescribedKey] = {
        do {
            let schema = try JSONSerialization.jsonObject(with: Data(ConfigurationSchema.json().utf8))
            return keys(of: schema as? [String: Any] ?? [:], path: [])
        } catch {
            Issue.record(error)
            return []
        }
    }()

    private static func keys(of schema: [String: Any], path: [String]) -> [DescribedKey] {
        if let entry = schema["additionalProperties"] as? [String: Any], schema["propertyNames"] != nil {
            return keys(of: entry, path: path + ["*"])
        }
        let properties = schema["properties"] as? [String: [String: Any]] ?? [:]
        return properties.sorted { $0.key < $1.key }.flatMap { name, property -> [DescribedKey] in
            if property["not"] != nil { return [] }
            let inner = keys(of: property, path: path + [name])
            let key = DescribedKey(
                path: path + [name],
                description: property["description"] as? String ?? "",
                standard: property["default"].map(yaml),
                isSection: !inner.isEmpty,
                pattern: property["pattern"] as? String
            )
            return [key] + inner
        }
    }

    private static func yaml(_ value: Any) -> String {
        if let text = value as? String { return "'\(text)'" }
        if let list = value as? [Any] { return "\(list)" }
        if let number = value as? NSNumber, CFBooleanLike.isBoolean(number) {
            return number.boolValue ? "true" : "false"
        }
        return "\(value)"
    }
}

/// JSONSerialization gives numbers and booleans as one type.
enum CFBooleanLike {
    static func isBoolean(_ number: NSNumber) -> Bool { String(cString: number.objCType) == "c" }
}

@Suite("The key table, as the schema shows it")
struct SchemaTests {
    @Test("the schema has every key, and each has its line of documentation")
    func documented() {
        #expect(DescribedKey.all.count == 88)
        for key in DescribedKey.all {
            #expect(key.description.count > 5 && !key.description.contains("\n"), "\(key.testDescription)")
        }
    }

    @Test(
        "a default that is written out means the same as none",
        arguments: DescribedKey.all.filter { $0.standard != nil }
    )
    func defaultsParse(key: DescribedKey) throws {
        let standard = try #require(key.standard)
        var yaml = "\(key.path.last ?? ""): \(standard)"
        let parents = key.path.dropLast()
        // The sample holds the mappings that are required; a default goes into one of them, or into one of its own.
        let text: String
        switch parents.first {
        case nil: text = "\(yaml)\n" + Sample.minimal
        case "kafka"?: text = Sample.minimal("servers: b1:9092", "servers: 'b1:9092', \(yaml)")
        case "apps"?, "pipelines"?:
            let inner = parents.dropFirst(2).first
            let anchor = parents.first == "apps" ? "    app-id:" : "    env:"
            if let inner {
                yaml = "\(inner): {\(yaml)}"
                if inner == "request" {
                    text = Sample.minimal(
                        "{topic: orders.requests}",
                        "{topic: orders.requests, \(key.path.last ?? ""): \(standard)}"
                    )
                    break
                }
            }
            text = Sample.minimal(anchor, "    \(yaml)\n\(anchor)")
        case let section?: text = "\(section): {\(yaml)}\n" + Sample.minimal
        }
        let configuration = try Sample.parse(text)
        #expect(configuration.printed() == (try Sample.parse(Sample.minimal)).printed())
    }

    @Test(
        "the schema's pattern and the parser agree on a text",
        arguments: [
            (
                "env",
                [
                    "prod-1a2b", "a", "Prod", "a_b", "", String(repeating: "a", count: 64),
                    String(repeating: "a", count: 65),
                ]
            ),
            (
                "function",
                [
                    "f", "a-B_9", "9a", "-a", "_a", "f*", "f ", "f\u{e9}", String(repeating: "f", count: 60),
                    String(repeating: "f", count: 61),
                ]
            ),
            ("app", ["main", "ma.in"]),
        ]
    )
    func patterns(name: String, texts: [String]) throws {
        let key = try #require(DescribedKey.all.first { $0.path == ["pipelines", "*", name] })
        let pattern = try Regex(try #require(key.pattern))
        for text in texts {
            let lines = Sample.minimal.replacing("  main:", with: name == "app" ? "  \(text):" : "  main:")
                .split(separator: "\n").filter { !$0.hasPrefix("    \(name):") }
            let yaml = lines.joined(separator: "\n").replacing(
                "  orders:\n",
                with: "  orders:\n    \(name): '\(text)'\n"
            )
            #expect(Sample.problems(yaml).isEmpty == (text.firstMatch(of: pattern) != nil), "\(text)")
        }
    }

    @Test("every mapping refuses keys that it does not know")
    func closed() throws {
        let text = ConfigurationSchema.json()
        let mappings = DescribedKey.all.filter(\.isSection).count
        let closed =
            text.split(separator: "\"additionalProperties\": false", omittingEmptySubsequences: false).count - 1
        // Besides the sections: the root, and an entry of apps and of pipelines each; but for kafka, apps and pipelines.
        #expect(closed == mappings)
        #expect(mappings == 22)
    }
}
