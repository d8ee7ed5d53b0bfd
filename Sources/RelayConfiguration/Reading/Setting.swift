import RelayCore

/// A value as it was read: its type is what the key table says, its place is where the file has it.
struct Setting {
    enum Content {
        /// No value, and none by default.
        case absent
        /// There is a value, but a wrong one: the problem is already noted.
        case wrong
        case text(String)
        case secret(SecretSource)
        case flag(Bool)
        case integer(Int)
        case number(Double)
        case duration(Duration)
        case size(ByteCount)
        case rate(Rate)
        case startFrom(StartFrom, text: String)
        case baseURL(BaseURL)
        case proxy(ProxySource)
        case tokenURL(TokenURL)
        case list([Setting])
        case members([(name: String, setting: Setting)])
    }

    /// The full path, `pipelines.orders.retry.initial`.
    let key: String
    /// Where the value stands; for a mapping, where its key stands; for a default, where the mapping around it stands.
    let place: Place
    let content: Content

    /// A member of a mapping. A mapping that could not be read has wrong members only, which every check passes over.
    subscript(_ name: String) -> Setting {
        if case .wrong = content { return Setting(key: "\(key).\(name)", place: place, content: .wrong) }
        guard let member = members.first(where: { $0.name == name }) else {
            preconditionFailure("the key table has no '\(name)' in '\(key)'")
        }
        return member.setting
    }

    var members: [(name: String, setting: Setting)] {
        if case .members(let members) = content { members } else { [] }
    }

    var list: [Setting] {
        if case .list(let items) = content { items } else { [] }
    }

    /// The texts of a list, without those that are wrong.
    var texts: [String] { list.compactMap(\.text) }

    var text: String? {
        if case .text(let text) = content { text } else { nil }
    }

    var secret: SecretSource? {
        if case .secret(let source) = content { source } else { nil }
    }

    var flag: Bool? {
        if case .flag(let flag) = content { flag } else { nil }
    }

    var integer: Int? {
        if case .integer(let integer) = content { integer } else { nil }
    }

    var number: Double? {
        if case .number(let number) = content { number } else { nil }
    }

    var duration: Duration? {
        if case .duration(let duration) = content { duration } else { nil }
    }

    var size: ByteCount? {
        if case .size(let size) = content { size } else { nil }
    }

    var rate: Rate? {
        if case .rate(let rate) = content { rate } else { nil }
    }

    var startFrom: StartFrom? {
        if case .startFrom(let start, _) = content { start } else { nil }
    }

    var baseURL: BaseURL? {
        if case .baseURL(let url) = content { url } else { nil }
    }

    var proxy: ProxySource? {
        if case .proxy(let source) = content { source } else { nil }
    }

    var tokenURL: TokenURL? {
        if case .tokenURL(let url) = content { url } else { nil }
    }

    /// What two settings are compared by: the value, whatever its place and its spelling; nil for none.
    ///
    /// Equal to nothing of another type. A secret is its source; what a file holds is compared by `secretContents`.
    var value: AnyHashable? {
        switch content {
        case .absent, .wrong, .members: nil
        case .text(let text): text
        case .secret(let source): source
        case .flag(let flag): flag
        case .integer(let integer): integer
        case .number(let number): number
        case .duration(let duration): duration
        case .size(let size): size
        case .rate(let rate): rate
        case .startFrom(let start, _): start
        case .baseURL(let url): url
        case .proxy(let proxy): proxy
        case .tokenURL(let url): url
        case .list(let items): items.map(\.value)
        }
    }

    /// What the files of the secrets in this tree hold now, by the secret's key; without those that cannot be read.
    var secretContents: [String: Secret] {
        var contents: [String: Secret] = [:]
        if let source = secret ?? proxy?.source, case .file = source {
            // One that cannot be read is a warning or a problem of `Checks`; here it only differs from one that can.
            contents[key] = try? source.read()
        }
        for member in members { contents.merge(member.setting.secretContents) { _, last in last } }
        return contents
    }

    /// The value, where the reader has made sure that there is one of this type.
    func certain<Value>(_ value: KeyPath<Setting, Value?>) -> Value {
        guard let value = self[keyPath: value] else {
            preconditionFailure("'\(key)' was read as \(content), which the key table does not say")
        }
        return value
    }

    /// The case of an enumeration whose raw values are the key's choices.
    func certain<Choice: RawRepresentable>(_ type: Choice.Type) -> Choice where Choice.RawValue == String {
        let text = certain(\.text)
        guard let choice = Choice(rawValue: text) else {
            preconditionFailure("'\(key)' was read as '\(text)', which is no \(type)")
        }
        return choice
    }
}
