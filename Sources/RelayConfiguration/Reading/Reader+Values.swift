import RelayCore
import Yams

/// Values that are no mappings.
extension Reader {
    /// One value of a form. `sample` is a right way to write it, for the remedy.
    mutating func value(_ node: Node, _ form: ValueForm, key: String, sample: String) -> Setting {
        switch form {
        case .names(let rule, let mayBeEmpty):
            return list(node, of: .text(rule), form, mayBeEmpty: mayBeEmpty, key: key, sample: sample)
        case .baseURLs: return list(node, of: .baseURL, form, mayBeEmpty: false, key: key, sample: sample)
        default: break
        }
        let place = Place(node.mark)
        guard case .scalar(let scalar) = node, !scalar.isNull else {
            refuse(node, form, key: key, sample: sample)
            return Setting(key: key, place: place, content: .wrong)
        }
        if case .secret = form { return secret(scalar.string, key: key, place: place) }
        if case .proxy = form { return proxy(scalar.string, key: key, place: place, sample: sample) }
        guard let text = expanded(scalar.string, key: key, place: place) else {
            return Setting(key: key, place: place, content: .wrong)
        }
        do throws(Refusal) {
            return Setting(key: key, place: place, content: try Self.content(text, form))
        } catch {
            refuse(
                // A reference is shown as it stands: what it stands for may be a secret in the wrong place.
                key,
                at: place,
                "'\(key)' is \(error.found ?? Self.quoted(scalar.string)), \(error.problem)",
                remedy: error.remedy ?? "write e.g. \(sample)"
            )
            return Setting(key: key, place: place, content: .wrong)
        }
    }

    /// The text with its references replaced; nil when that cannot be done, which is noted.
    mutating func expanded(_ text: String, key: String, place: Place) -> String? {
        do throws(Template.Flaw) {
            let template = try Template(text)
            note(template)
            return try template.text(environment: environment)
        } catch {
            refuse(key, at: place, "'\(key)' \(error.problem)", remedy: error.remedy)
            return nil
        }
    }

    /// A secret is one reference or a text. It is not read from its file here.
    mutating func secret(_ text: String, key: String, place: Place) -> Setting {
        do throws(Template.Flaw) {
            let template = try Template(text)
            note(template)
            return Setting(key: key, place: place, content: .secret(try source(template)))
        } catch {
            refuse(key, at: place, "'\(key)' \(error.problem)", remedy: error.remedy)
            return Setting(key: key, place: place, content: .wrong)
        }
    }

    /// A proxy's URL, which is a secret as a whole. What is wrong with it is said without its text.
    private mutating func proxy(_ text: String, key: String, place: Place, sample: String) -> Setting {
        let setting = secret(text, key: key, place: place)
        guard let source = setting.secret else { return setting }
        do throws(URLFlaw) {
            return Setting(key: key, place: place, content: .proxy(try ProxySource(source)))
        } catch {
            refuse(key, at: place, "'\(key)' is no proxy's URL, \(error)", remedy: "write e.g. \(sample)")
            return Setting(key: key, place: place, content: .wrong)
        }
    }

    private func source(_ template: Template) throws(Template.Flaw) -> SecretSource {
        if template.parts.count == 1, case .file(let path) = template.parts[0] { return .file(path: path) }
        let holdsFile = template.parts.contains { if case .file = $0 { true } else { false } }
        if holdsFile {
            throw Template.Flaw(
                problem: "has a text beside its ${file:…}, which then could not be read again",
                remedy: "put the whole secret into the file"
            )
        }
        let text = try template.text(environment: environment)
        if text.isEmpty {
            throw Template.Flaw(problem: "is empty", remedy: "write ${file:PATH}, ${NAME} or the secret itself")
        }
        if template.parts.count == 1, case .environment(let name, _) = template.parts[0] {
            return .environment(name: name, value: Secret(text))
        }
        return .literal(Secret(text))
    }

    private mutating func list(
        _ node: Node,
        of item: ValueForm,
        _ form: ValueForm,
        mayBeEmpty: Bool,
        key: String,
        sample: String
    ) -> Setting {
        let place = Place(node.mark)
        let items: [Node]
        switch node {
        case .sequence(let sequence): items = Array(sequence)
        case .scalar(let scalar) where !scalar.isNull && !mayBeEmpty:
            return Setting(key: key, place: place, content: .list([value(node, item, key: key, sample: sample)]))
        default:
            refuse(node, form, key: key, sample: sample)
            return Setting(key: key, place: place, content: .wrong)
        }
        if items.isEmpty && !mayBeEmpty {
            refuse(
                key,
                at: place,
                "'\(key)' is an empty list, expected \(form.expected)",
                remedy: "write e.g. \(sample)"
            )
        }
        let settings = items.enumerated().map { index, node in
            value(node, item, key: "\(key)[\(index)]", sample: sample)
        }
        return Setting(key: key, place: place, content: .list(settings))
    }

    /// Why a text is no value of its form.
    private struct Refusal: Error {
        /// What it is, when its text itself says little.
        var found: String?
        let problem: String
        /// When there is a better one than the key's sample.
        var remedy: String?
    }

    private static func content(_ text: String, _ form: ValueForm) throws(Refusal) -> Setting.Content {
        switch form {
        case .text(let rule) where rule.admits(text): return .text(text)
        case .flag where text == "true" || text == "false": return .flag(text == "true")
        case .integer(let range):
            if let integer = Int(text), range.contains(integer) { return .integer(integer) }
        case .number(let range):
            if let number = Double(text), range.contains(number) { return .number(number) }
        case .duration(let range), .durationOrNone(let range):
            if case .durationOrNone = form, text == "none" { return .text(text) }
            let duration = try amount(form) { () throws(UnitText.Flaw) in try UnitText.duration(text) }
            if range.contains(duration) { return .duration(duration) }
        case .size(let range):
            let size = try amount(form) { () throws(UnitText.Flaw) in try UnitText.size(text) }
            if range.contains(size) { return .size(size) }
        case .rate(let range):
            if let rate = UnitText.rate(text), range.contains(rate.calls) { return .rate(rate) }
        case .choice(let choices):
            if choices.contains(text) { return .text(text) }
            let nearest = NearestName.of(text, among: choices)
            throw Refusal(problem: "expected \(form.expected)", remedy: nearest.map { "did you mean '\($0)'?" })
        case .startFrom:
            if text == "earliest" { return .startFrom(.earliest, text: text) }
            if text == "latest" { return .startFrom(.latest, text: text) }
            let bytes = Array(text.utf8)
            if let time = RFC3339.parse(bytes.span.bytes) { return .startFrom(.time(time), text: text) }
            throw Refusal(problem: "expected \(form.expected)", remedy: "write e.g. start-from: 2026-01-31T08:00:00Z")
        case .baseURL:
            do throws(URLFlaw) {
                return .baseURL(try BaseURL(text))
            } catch {
                // A user name in a URL brings its password along.
                throw Refusal(
                    found: text.contains("@") ? "a URL with an @" : nil,
                    problem: "expected \(error.expected)"
                )
            }
        case .tokenURL:
            do throws(URLFlaw) {
                return .tokenURL(try TokenURL(text))
            } catch {
                // A key may stand in the query, a password before the @.
                let isSecret = text.contains("@") || text.contains("?")
                throw Refusal(
                    found: isSecret ? "a URL with an @ or a query" : nil,
                    problem: "expected \(error.expected)"
                )
            }
        case .text, .flag, .secret, .baseURLs, .proxy, .names, .section, .entries, .optionalEntries, .properties,
            .overrides:
            break
        }
        throw Refusal(problem: "expected \(form.expected)")
    }

    private static func amount<Amount>(
        _ form: ValueForm,
        _ read: () throws(UnitText.Flaw) -> Amount
    ) throws(Refusal) -> Amount {
        do throws(UnitText.Flaw) {
            return try read()
        } catch {
            switch error {
            case .bareNumber:
                let units = if case .size = form { UnitText.sizes } else { UnitText.durations }
                throw Refusal(
                    problem: "a number without a unit",
                    remedy: "add one of \(units.map(\.name).joined(separator: ", "))"
                )
            case .ambiguousSize(let suggestion):
                throw Refusal(problem: "expected a size in powers of 1024", remedy: "write \(suggestion)")
            case .malformed:
                throw Refusal(problem: "expected \(form.expected)")
            }
        }
    }
}
