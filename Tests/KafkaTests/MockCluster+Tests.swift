import Kafka

extension MockCluster {
    /// What tests connect with: a fetch that new records do not wake must not wait long. `session` is how long the mock lets
    /// a later join wait (a second less), and how long a member may wait for its thread and keep its partitions.
    func properties(session: Duration = .seconds(45)) throws -> Properties {
        var properties = Properties()
        try properties.set("bootstrap.servers", to: bootstrapServers)
        try properties.set("group.id", to: "readers")
        try properties.set("session.timeout.ms", to: "\(session.components.seconds * 1_000)")
        try properties.set("fetch.wait.max.ms", to: "10")
        return properties
    }
}
