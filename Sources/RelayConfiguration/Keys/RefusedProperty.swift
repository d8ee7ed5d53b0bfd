/// A librdkafka property that a promise of wxrelay rests on: it is set by wxrelay, or its meaning has a key of its own.
struct RefusedProperty: Sendable {
    let name: String
    /// Why, in words that follow the name.
    let reason: String
    /// What to do instead.
    let remedy: String

    static let all: [RefusedProperty] =
        commits + [
            refuse("group.id", "it has a key of its own", "use 'group'"),
            refuse("group.instance.id", "it has a key of its own", "use 'instance-id'"),
            refuse(
                "auto.offset.reset",
                "start offsets are the relay's own act",
                "use 'start-from' and 'on-out-of-range'"
            ),
            refuse("allow.auto.create.topics", "topics are created only if told", "use 'create-topics'"),
            refuse(
                "isolation.level",
                "read_uncommitted would call functions for requests that were taken back",
                "remove it: only committed requests are read"
            ),
            refuse(
                "partition.assignment.strategy",
                "all members must hand over alike, across upgrades too",
                "remove it: it is cooperative-sticky"
            ),
            refuse("group.protocol", "commits are gated by the classic protocol's requests", "remove it"),
            refuse("enable.partition.eof", "the commit position behind transaction markers comes from it", "remove it"),
        ] + production + aliases

    /// By name.
    static let named = Dictionary(all.map { ($0.name, $0) }) { first, _ in first }

    private static let commits: [RefusedProperty] = [
        "enable.auto.commit", "auto.commit.enable", "auto.commit.interval.ms", "enable.auto.offset.store",
        "offset.store.method", "offset.store.path", "offset.store.sync.interval.ms",
    ].map { refuse($0, "an offset is committed only after its outcome is acknowledged", "remove it") }

    private static let production: [RefusedProperty] =
        ["acks", "request.required.acks", "enable.idempotence", "retries", "message.send.max.retries"].map {
            refuse($0, "no outcome counts before all in-sync replicas have it, once", "remove it")
        }
        + ["message.timeout.ms", "delivery.timeout.ms"].map {
            refuse($0, "an outcome is never given up", "remove it")
        } + [
            refuse(
                "enable.gapless.guarantee",
                "a failed message must not be fatal to the others",
                "remove it"
            ),
            refuse("delivery.report.only.error", "a success completes its request", "remove it"),
            refuse("transactional.id", "replies are written at least once, without transactions", "remove it"),
            refuse(
                "partitioner",
                "replies are placed as Java's clients place them",
                "remove it: it is murmur2_random"
            ),
        ]

    /// Under their other name they would be set twice.
    private static let aliases: [RefusedProperty] = [
        ("metadata.broker.list", "bootstrap.servers"), ("fetch.message.max.bytes", "max.partition.fetch.bytes"),
        ("queue.buffering.max.ms", "linger.ms"),
    ].map { refuse($0.0, "it is librdkafka's other name for '\($0.1)'", "use '\($0.1)'") }

    private static func refuse(_ name: String, _ reason: String, _ remedy: String) -> RefusedProperty {
        RefusedProperty(name: name, reason: reason, remedy: remedy)
    }
}

extension KafkaProperty {
    /// Whether a property's value must never be shown.
    ///
    /// librdkafka names none of its properties as secret, so this goes by their names: passwords, passphrases, secrets,
    /// private keys in PEM, and the SASL configuration text that may hold a secret.
    static func isSecret(_ name: String) -> Bool {
        name == "sasl.oauthbearer.config"
            || ["password", "passphrase", "secret", "key.pem"].contains { name.contains($0) }
    }
}
