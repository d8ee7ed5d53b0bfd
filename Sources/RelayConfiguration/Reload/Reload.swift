/// What reading the configuration again means for a running relay.
package struct Reload: Sendable {
    /// What holds from now on: the live keys as the file has them now, all others as the relay was started with. Its apps
    /// and pipelines are those of before, in the same order.
    package let configuration: Configuration
    /// Keys whose new values are in it, by their full paths in the order of the key table.
    package let applied: [String]
    /// Keys whose new values take effect at the next start; apps and pipelines that came or went are named with that.
    package let atNextStart: [String]
    /// Apps whose secret has another source or another content, by their index.
    package let appsWithNewSecret: [Int]

    /// - Parameters:
    ///   - running: what holds now.
    ///   - read: what the file says, valid as a whole.
    package init(from running: Configuration, to read: Configuration) {
        var merge = SettingsMerge(secretContents: running.secretContents, newSecretContents: read.secretContents)
        let root = merge.root(running.root, read.root)
        let configuration = Configuration(
            root: root,
            warnings: read.warnings,
            files: read.files,
            secretContents: merge.secretContents
        )
        self.configuration = configuration
        applied = merge.applied
        atNextStart = merge.atNextStart
        appsWithNewSecret = configuration.apps.indices.filter { index in
            let prefix = "apps.\(configuration.apps[index].name)."
            return configuration.apps[index].token.secret != running.apps[index].token.secret
                || configuration.secretContents.filter { $0.key.hasPrefix(prefix) }
                    != running.secretContents.filter { $0.key.hasPrefix(prefix) }
        }
    }
}
