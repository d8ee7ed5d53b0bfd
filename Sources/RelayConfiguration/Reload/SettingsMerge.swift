import RelayCore

/// Joins two trees of settings along the key table: live keys take their new values, all others keep their old ones.
struct SettingsMerge {
    /// Keys that took a new value.
    private(set) var applied: [String] = []
    /// Keys that have another value in the new tree and kept the old one.
    private(set) var atNextStart: [String] = []
    /// Of the joined tree, by the secret's key.
    private(set) var secretContents: [String: Secret]
    private let newSecretContents: [String: Secret]
    /// The app being joined is another one in the new tree, or its token comes from elsewhere.
    private var isOtherApp = false

    /// With what the files of secrets held for the old tree, and hold for the new one.
    init(secretContents: [String: Secret], newSecretContents: [String: Secret]) {
        self.secretContents = secretContents
        self.newSecretContents = newSecretContents
    }

    /// The joined tree of two whole configurations.
    mutating func root(_ old: Setting, _ new: Setting) -> Setting {
        join(old, new, .section(KeyTable.root), isLive: false)
    }

    private mutating func join(_ old: Setting, _ new: Setting, _ form: ValueForm, isLive: Bool) -> Setting {
        switch form {
        case .section(let keys): mapping(old, known(keys, old, new))
        case .entries(let keys, _, _): mapping(old, entries(keys, old, new))
        case .optionalEntries(let keys, _, _): mapping(old, liveEntries(keys, old, new))
        case .properties(let keys), .overrides(let keys, _):
            mapping(old, known(keys, old, new) + extra(keys, old, new, isLive: isLive))
        default: value(old, new, isLive: isLive)
        }
    }

    private func mapping(_ old: Setting, _ members: [(name: String, setting: Setting)]) -> Setting {
        Setting(key: old.key, place: old.place, content: .members(members))
    }

    private mutating func known(_ keys: [Key], _ old: Setting, _ new: Setting) -> [(name: String, setting: Setting)] {
        keys.map { ($0.name, join(old[$0.name], new[$0.name], $0.form, isLive: $0.isLive)) }
    }

    /// Members that the table does not name: librdkafka's properties and errcodes. They come and go.
    private mutating func extra(
        _ keys: [Key],
        _ old: Setting,
        _ new: Setting,
        isLive: Bool
    ) -> [(name: String, setting: Setting)] {
        let known = Set(keys.map(\.name))
        let before = old.members.filter { !known.contains($0.name) }
        let after = new.members.filter { !known.contains($0.name) }
        var joined: [(name: String, setting: Setting)] = []
        for (name, setting) in before {
            if let other = after.first(where: { $0.name == name }) {
                joined.append((name, value(setting, other.setting, isLive: isLive)))
            } else {
                note(setting.key, isLive: isLive)
                if !isLive { joined.append((name, setting)) }
            }
        }
        for (name, setting) in after where !before.contains(where: { $0.name == name }) {
            note(setting.key, isLive: isLive)
            if isLive { joined.append((name, setting)) }
        }
        return joined
    }

    /// Apps and pipelines. Open state refers to them by their place, so they stay what they are until the next start; another
    /// order in the file means nothing.
    private mutating func entries(
        _ keys: [Key],
        _ old: Setting,
        _ new: Setting
    ) -> [(name: String, setting: Setting)] {
        let joined = old.members.map { name, setting in
            guard let other = new.members.first(where: { $0.name == name }) else {
                atNextStart.append("\(setting.key) (removed)")
                return (name, setting)
            }
            let isApp = keys.contains { $0.name == Self.companions[0][0] }
            isOtherApp =
                isApp
                && Self.companions.contains { path in
                    path.reduce(setting) { $0[$1] }.value != path.reduce(other.setting) { $0[$1] }.value
                }
            defer { isOtherApp = false }
            return (name, mapping(setting, known(keys, setting, other.setting)))
        }
        for (name, setting) in new.members where !old.members.contains(where: { $0.name == name }) {
            atNextStart.append("\(setting.key) (added)")
        }
        return joined
    }

    /// Entries that no open state refers to: they come and go with the file.
    private mutating func liveEntries(
        _ keys: [Key],
        _ old: Setting,
        _ new: Setting
    ) -> [(name: String, setting: Setting)] {
        for (name, setting) in old.members where !new.members.contains(where: { $0.name == name }) {
            note(setting.key, isLive: true)
        }
        return new.members.map { name, setting in
            guard let before = old.members.first(where: { $0.name == name })?.setting else {
                note(setting.key, isLive: true)
                return (name, setting)
            }
            return (name, mapping(before, known(keys, before, setting)))
        }
    }

    private mutating func value(_ old: Setting, _ new: Setting, isLive: Bool) -> Setting {
        let content = newSecretContents[new.key]
        guard old.value != new.value || secretContents[old.key] != content else { return old }
        // A secret comes and goes with the token source that needs it, and that one stays until the next start.
        // A new one that belongs to a new app id would be wrong beside the old app id.
        let isLive =
            isLive && (old.secret == nil && new.secret == nil || old.secret != nil && new.secret != nil && !isOtherApp)
        note(old.key, isLive: isLive)
        guard isLive else { return old }
        secretContents[old.key] = content
        return new
    }

    /// Keys of an app that its secrets belong to, and that wait for the next start.
    private static let companions = [
        ["app-id"], ["base-url"], ["token", "source"], ["token", "url"], ["token", "parameter"],
    ]

    private mutating func note(_ key: String, isLive: Bool) {
        if isLive { applied.append(key) } else { atNextStart.append(key) }
    }
}
