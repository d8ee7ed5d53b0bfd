package import RelayCore

/// A valid configuration: what the core decides by, and the settings of the shell.
package struct Configuration: Sendable {
    /// Without secrets, addresses and files.
    package let policy: Policy
    package let kafka: KafkaSettings
    /// `group:`, the consumer group.
    package let group: String
    /// `instance-id:`, to which the member adds `-<shard>`; nil without static membership.
    package let instanceID: String?
    /// `shards:`, members of the group in this process, each with an event loop of its own; 1 to 64.
    package let shards: Int
    package let startFrom: StartFrom
    package let createTopics: Bool
    /// `memory.max`: an assignment whose bound is higher is warned of.
    package let memoryMax: ByteCount
    package let rebalanceDrain: Duration
    package let stopDrain: Duration
    /// In the order of `policy.apps`.
    package let apps: [AppSettings]
    package let log: LogSettings
    /// What is allowed but doubtful, in the order of the file.
    package let warnings: [ConfigurationProblem]

    /// The files that a `${file:…}` names, each once.
    package let files: [String]

    /// Every key with its value or default, in the order of the key table.
    let root: Setting
    /// What the files of secrets held when the configuration was read, by the secret's key: whether one has changed since is
    /// to be seen. Whoever needs a secret reads its file anew.
    let secretContents: [String: Secret]

    /// From SIGTERM to the exit at most: `stop.drain`, two seconds for the last commit, seven for leaving the group (a join
    /// under way delays that). Then the process ends with what it has.
    package var longestStop: Duration { stopDrain + .seconds(9) }

    /// The effective configuration as YAML: every key with its value or default. A secret shows as the reference that it
    /// was, `${NAME}` or `${file:PATH}`, and as `***` when it was written out.
    package func printed() -> String { EffectiveYAML.text(root) }
}
