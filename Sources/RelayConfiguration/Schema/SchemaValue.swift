/// A JSON value whose members keep their order, so that the schema reads as the key table does.
indirect enum SchemaValue {
    case object([(String, SchemaValue)])
    case array([SchemaValue])
    case text(String)
    /// Digits as they shall stand there.
    case number(String)
    case flag(Bool)

    static func texts(_ texts: [String]) -> SchemaValue { .array(texts.map { .text($0) }) }

    /// Indented by two spaces; an array stands on one line.
    func json(indentation: String = "") -> String {
        switch self {
        case .object(let members):
            if members.isEmpty { return "{}" }
            let inner = indentation + "  "
            let lines = members.map { "\(inner)\(Self.quoted($0.0)): \($0.1.json(indentation: inner))" }
            return "{\n\(lines.joined(separator: ",\n"))\n\(indentation)}"
        case .array(let items): return "[\(items.map { $0.json(indentation: indentation) }.joined(separator: ", "))]"
        case .text(let text): return Self.quoted(text)
        case .number(let digits): return digits
        case .flag(let flag): return "\(flag)"
        }
    }

    private static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\": quoted += "\\\(scalar)"
            case "\n": quoted += "\\n"
            case "\t": quoted += "\\t"
            default:
                precondition(scalar.value >= 0x20, "a control character in the schema: \(scalar.value)")
                quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}
