import Kafka

extension MockCluster {
    /// What tests connect with: a fetch that new records do not wake must not wait long, a session no longer than the
    /// mock's later joins should take.
    func properties(group: String = "readers") throws -> Properties {
        var properties = Properties()
        try properties.set("bootstrap.servers", to: bootstrapServers)
        try properties.set("group.id", to: group)
        try properties.set("session.timeout.ms", to: "6000")
        try properties.set("fetch.wait.max.ms", to: "10")
        return properties
    }
}
