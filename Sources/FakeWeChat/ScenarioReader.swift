import RelayCore
import Yams

/// Reads a scenario file, strictly: a key that nobody knows and a value that cannot be meant are problems, each with
/// its place, and all of them are found in one go.
final class ScenarioReader {
    private let file: String
    private var problems: [ScenarioProblem] = []

    private init(file: String) {
        self.file = file
    }

    /// The scenario that a YAML text describes; `file` is the name that problems are reported under.
    static func scenario(from text: String, file: String) throws(ScenarioProblems) -> Scenario {
        let reader = ScenarioReader(file: file)
        let scenario = reader.read(text)
        guard reader.problems.isEmpty else {
            let inOrder = reader.problems.sorted { ($0.line, $0.column) < ($1.line, $1.column) }
            throw ScenarioProblems(problems: inOrder)
        }
        return scenario
    }

    func report(_ node: Node, _ text: String) {
        report(at: node.mark, text)
    }

    private func report(at mark: Mark?, _ text: String) {
        let problem = ScenarioProblem(file: file, line: mark?.line ?? 1, column: mark?.column ?? 1, text: text)
        problems.append(problem)
    }

    private func read(_ text: String) -> Scenario {
        do {
            guard let root = try Yams.compose(yaml: text) else {
                report(at: nil, "the file is empty")
                return Scenario()
            }
            return scenario(root)
        } catch let error as YamlError {
            report(error)
        } catch {
            report(at: nil, "\(error)")
        }
        return Scenario()
    }

    private func report(_ error: YamlError) {
        switch error {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            report(at: mark, "this is no YAML: \(problem)")
        case .duplicatedKeysInMapping(let duplicates, let context):
            report(at: context.mark, "a key stands here twice: " + duplicates.map { "'\($0)'" }.joined(separator: ", "))
        default:
            report(at: nil, "this is no YAML: \(error)")
        }
    }

    private func scenario(_ root: Node) -> Scenario {
        var scenario = Scenario()
        let keys = [
            "seed", "app", "environments", "quota", "json-bodies-only", "max-body", "functions", "token-endpoint",
            "outages",
        ]
        guard let section = ScenarioSection(root, called: file, keys: keys, reader: self) else { return scenario }
        scenario.seed = section.seed("seed") ?? scenario.seed
        scenario.jsonBodiesOnly = section.flag("json-bodies-only") ?? scenario.jsonBodiesOnly
        scenario.maxBody = section.size("max-body") ?? scenario.maxBody
        if let environments = section.list("environments") {
            scenario.environments = Set(environments.compactMap { environment($0) })
        }
        readApp(section, into: &scenario.app)
        readQuota(section, into: &scenario.quota)
        if let functions = section.section("functions", keys: nil) {
            scenario.functions = [:]
            for name in functions.names {
                guard let node = functions[name], let function = function(node, called: name) else { continue }
                scenario.functions[name] = function
            }
        }
        if let endpoint = section["token-endpoint"] { scenario.tokenEndpoint = tokenEndpoint(endpoint) }
        scenario.outages = (section.list("outages") ?? []).compactMap { outage($0) }
        return scenario
    }

    private func environment(_ node: Node) -> String? {
        if let name = node.scalar?.string, !name.isEmpty { return name }
        report(node, "environments: expected the name of an environment")
        return nil
    }

    private func readApp(_ section: ScenarioSection, into app: inout Scenario.App) {
        let keys = ["id", "secret", "token-lifetime", "token-overlap", "token-length", "cloudbase-token"]
        guard let section = section.section("app", keys: keys) else { return }
        app.id = section.text("id") ?? app.id
        app.secret = section.text("secret").map { Secret($0) } ?? app.secret
        app.tokenLifetime = section.duration("token-lifetime") ?? app.tokenLifetime
        app.tokenOverlap = section.duration("token-overlap") ?? app.tokenOverlap
        app.tokenLength = section.count("token-length", in: 16...512) ?? app.tokenLength
        app.cloudbaseToken = section.text("cloudbase-token").map { Secret($0) }
        if let node = section["token-lifetime"], app.tokenLifetime < .seconds(1) {
            report(node, "token-lifetime: expected at least 1s, the unit of expires_in")
        }
    }

    private func readQuota(_ section: ScenarioSection, into quota: inout Scenario.Quota) {
        guard let section = section.section("quota", keys: ["per-minute", "per-day", "concurrency"]) else { return }
        quota.perMinute = section.count("per-minute")
        quota.perDay = section.count("per-day") ?? quota.perDay
        quota.concurrency = section.count("concurrency")
    }

    private func outage(_ node: Node) -> Scenario.Outage? {
        let keys = ["kind", "after", "for", "every"]
        guard let section = ScenarioSection(node, called: "outages", keys: keys, reader: self) else { return nil }
        guard section["after"] != nil, section["for"] != nil else {
            report(node, "outages: an outage needs 'after' and 'for'")
            return nil
        }
        let kind = section.choice("kind", of: Scenario.Outage.Kind.self) ?? .refuse
        let every = section.duration("every")
        guard let after = section.duration("after"), let lasting = section.duration("for") else { return nil }
        if let place = section["every"], let every, every <= lasting {
            report(place, "every: expected more than 'for', else the outage never ends")
        }
        return Scenario.Outage(kind: kind, after: after, lasting: lasting, every: every)
    }
}
