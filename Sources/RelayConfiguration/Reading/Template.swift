/// A value's text with its references: `${NAME}`, `${NAME:-default}`, `${file:PATH}`, and `$$` for a dollar.
struct Template {
    enum Part {
        case literal(String)
        case environment(name: String, fallback: String?)
        case file(path: String)
    }

    /// What is wrong, and what to write instead; it never holds the value's text.
    struct Flaw: Error {
        let problem: String
        let remedy: String
    }

    private(set) var parts: [Part] = []

    init(_ text: String) throws(Flaw) {
        var rest = text[...]
        var literal = ""
        while let dollar = rest.firstIndex(of: "$") {
            literal += rest[..<dollar]
            rest = rest[rest.index(after: dollar)...]
            if rest.first == "$" {
                literal.append("$")
                rest.removeFirst()
                continue
            }
            guard rest.first == "{" else {
                throw Flaw(problem: "has a single $", remedy: "write $$ for a dollar, or ${NAME} for a variable")
            }
            guard let close = rest.firstIndex(of: "}") else {
                throw Flaw(problem: "has a ${ without its }", remedy: "close it, or write $${ for the text itself")
            }
            if !literal.isEmpty { parts.append(.literal(literal)) }
            literal = ""
            parts.append(try Self.reference(rest[rest.index(after: rest.startIndex)..<close]))
            rest = rest[rest.index(after: close)...]
        }
        literal += rest
        if !literal.isEmpty || parts.isEmpty { parts.append(.literal(literal)) }
    }

    /// The text with every reference replaced by what it stands for.
    func text(environment: [String: String]) throws(Flaw) -> String {
        var text = ""
        for part in parts {
            switch part {
            case .literal(let literal): text += literal
            case .environment(let name, let fallback):
                text += try Self.value(of: name, fallback: fallback, in: environment)
            case .file(let path):
                do throws(TextFile.Failure) {
                    text += try TextFile.value(path)
                } catch {
                    throw Flaw(
                        problem: "refers to the file '\(path)', which \(error.words)",
                        remedy: "provide the file or correct its path"
                    )
                }
            }
        }
        return text
    }

    /// A variable's value; as in a shell, `:-` also stands in for an empty one.
    private static func value(
        of name: String,
        fallback: String?,
        in environment: [String: String]
    ) throws(Flaw) -> String {
        let value = environment[name]
        if let fallback, value?.isEmpty ?? true { return fallback }
        guard let value else {
            throw Flaw(
                problem: "refers to the environment variable '\(name)', which is not set",
                remedy: "set it, or give a default: ${\(name):-…}"
            )
        }
        return value
    }

    private static func reference(_ text: Substring) throws(Flaw) -> Part {
        if text.hasPrefix("file:") {
            let path = text.dropFirst("file:".count)
            guard !path.isEmpty else {
                throw Flaw(problem: "has a ${file:} without a path", remedy: "write ${file:/run/secrets/NAME}")
            }
            return .file(path: String(path))
        }
        let name: Substring
        var fallback: String?
        if let range = text.firstRange(of: ":-") {
            name = text[..<range.lowerBound]
            fallback = String(text[range.upperBound...])
        } else {
            name = text
        }
        guard name.wholeMatch(of: /[A-Za-z_][A-Za-z0-9_]*/) != nil else {
            throw Flaw(
                problem: "has a ${…} that names no variable",
                remedy: "write ${NAME}, ${NAME:-default} or ${file:PATH}"
            )
        }
        return .environment(name: String(name), fallback: fallback)
    }
}
