import RelayCore
import Yams

/// The keys that the table cannot list: librdkafka's properties and WeChat's errcodes.
extension Reader {
    /// One property under `kafka:` that is not in the key table.
    mutating func property(_ name: String, _ node: Node, key: String, place: Place) -> Setting {
        if let refused = RefusedProperty.named[name] {
            refuse(key, at: place, "'\(name)' is refused: \(refused.reason)", remedy: refused.remedy)
            return Setting(key: key, place: place, content: .wrong)
        }
        guard case .scalar(let scalar) = node, !scalar.isNull else {
            refuse(node, .text(.any("a text, a number, true or false")), key: key, sample: "\(name): VALUE")
            return Setting(key: key, place: place, content: .wrong)
        }
        let isSecret = KafkaProperty.isSecret(name)
        let setting: Setting
        if isSecret {
            setting = secret(scalar.string, key: key, place: Place(node.mark))
        } else if let text = expanded(scalar.string, key: key, place: Place(node.mark)) {
            setting = Setting(key: key, place: Place(node.mark), content: .text(text))
        } else {
            return Setting(key: key, place: place, content: .wrong)
        }
        // librdkafka's answer may repeat the value, so a secret is not shown to it.
        if let problem = kafkaPropertyCheck(name, isSecret ? "***" : setting.text ?? "") {
            let known = KeyTable.kafkaNames
            let nearest = NearestName.of(name, among: known)
            refuse(
                key,
                at: place,
                "'\(key)' is refused by librdkafka: \(problem)",
                remedy: nearest.map { "did you mean '\($0)'?" } ?? "see librdkafka's CONFIGURATION.md"
            )
        }
        return setting
    }

    /// One `CODE: class` under `errcodes:`; nil when it is none, which is noted.
    mutating func override(_ name: String, _ node: Node, _ classes: [String], key: String, place: Place) -> Setting? {
        guard let code = Int64(name), String(code) == name else {
            refuse(
                key,
                at: place,
                "'\(name)' is no errcode, expected a whole number or 'unlisted'",
                remedy: "write e.g. -504002: transient"
            )
            return nil
        }
        guard code != 0 else {
            refuse(
                key,
                at: place,
                "the errcode 0 is success: the function ran, and is never called again",
                remedy: "remove it"
            )
            return nil
        }
        return value(node, .choice(classes), key: key, sample: "\(name): \(classes.first ?? "")")
    }
}
