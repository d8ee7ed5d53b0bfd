import Relay
import RelayCore

/// Everything about one code, for people and for programs.
struct Explanation: Encodable {
    /// What the relay does for some pipelines.
    struct Action: Encodable, Equatable {
        var pipelines: [String]
        let sentences: [String]
    }

    let code: String
    let meaning: String
    let isListed: Bool
    let outcomeClass: String
    /// The table's own class, when the configuration has another.
    let classInTable: String?
    let ran: String
    let isCounted: Bool
    let holdScope: String?
    let remedy: String
    let note: String
    let actions: [Action]

    private enum CodingKeys: String, CodingKey {
        case code, meaning, ran, remedy, note, actions
        case isListed = "listed"
        case outcomeClass = "class"
        case classInTable
        case isCounted = "counted"
        case holdScope
    }

    /// The policy is a configuration's, nil for the defaults.
    init(of code: OutcomeCode, policy: Policy?) {
        let overrides = policy?.overrides ?? [:]
        let row = OutcomeRules.row(for: code, overrides: overrides, unlisted: policy?.unlistedClass ?? .transient)
        let table = ErrcodeTable.row(for: code)
        let isListed = OutcomeRules.isListed(code, overrides: overrides)
        self.code = code.text
        self.isListed = isListed
        meaning = row.meaning
        outcomeClass = row.outcomeClass.rawValue
        classInTable = table.flatMap { $0.outcomeClass == row.outcomeClass ? nil : $0.outcomeClass.rawValue }
        ran = row.ran.rawValue
        isCounted = row.counted
        holdScope = (row.outageScope ?? row.scope)?.rawValue
        remedy = row.remedy
        note = row.note
        let retries = policy?.pipelines.map { ($0.name, $0.retry) } ?? [("", RetryPolicy())]
        var actions: [Action] = []
        for (pipeline, retry) in retries {
            let sentences = RelayAction(row: row, retry: retry, isListed: isListed).sentences
            if let index = actions.firstIndex(where: { $0.sentences == sentences }) {
                actions[index].pipelines.append(pipeline)
            } else {
                actions.append(Action(pipelines: pipeline.isEmpty ? [] : [pipeline], sentences: sentences))
            }
        }
        self.actions = actions
    }

    var lines: [String] {
        var lines = [meaning.hasPrefix(code) ? meaning : "\(code): \(meaning)"]
        func fact(_ name: String, _ text: String) {
            lines.append("  \(name.padded(to: 9))\(text)")
        }
        fact(
            "class",
            outcomeClass + (classInTable.map { " by errcodes: in the configuration; the table says \($0)" } ?? "")
        )
        fact("ran", Self.words(ran))
        fact("counted", isCounted ? "yes: it counts against retry.max-attempts" : "no: only retry.budget bounds it")
        if !remedy.isEmpty { fact("remedy", remedy) }
        if !note.isEmpty { fact("note", note) }
        for action in actions {
            let pipelines = actions.count == 1 ? "" : " (\(action.pipelines.joined(separator: ", ")))"
            lines.append("  what the relay does\(pipelines):")
            lines += action.sentences.map { "    \($0)" }
        }
        if !isListed, let number = Int(code), (100...599).contains(number) {
            lines.append("  If it is an HTTP status: wxrelay explain http \(number)")
        }
        return lines
    }

    private static func words(_ ran: String) -> String {
        switch RanCertainty(rawValue: ran) {
        case .no: "no: the function did not run"
        case .maybe: "maybe: the function may have run"
        default: "yes: the function ran"
        }
    }
}
