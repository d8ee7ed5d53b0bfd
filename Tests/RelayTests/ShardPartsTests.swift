import Kafka
import Relay
import RelayConfiguration
import Testing

@Suite("A shard's part of the process") struct ShardPartsTests {
    private static func configuration(_ root: String) throws -> Configuration {
        let text = """
            \(root)
            kafka: {bootstrap.servers: b1:9092}
            group: orders-relay
            apps: {main: {app-id: wx0123456789abcdef, app-secret: hush}}
            pipelines:
              orders: {env: prod-1a2b, function: f, request: {topic: requests}, reply: {topic: replies}}
            """
        return try Configuration.parse(text, file: "f.yaml", environment: [:]) { _, _ in nil }
    }

    /// `client.id` and `group.instance.id` of each shard.
    private static func names(_ root: String, client: String? = "orders") throws -> [[String?]] {
        let configuration = try configuration(root)
        var properties = Properties()
        if let client { try properties.set("client.id", to: client) }
        return try (0..<configuration.shards).map { shard in
            let own = try properties.member(shard, of: configuration)
            return [own["client.id"], own["group.instance.id"]]
        }
    }

    @Test("each of several shards has its number behind client.id; one alone keeps the name")
    func clientNames() throws {
        #expect(try Self.names("shards: 3") == [["orders-0", nil], ["orders-1", nil], ["orders-2", nil]])
        #expect(try Self.names("shards: 1") == [["orders", nil]])
        #expect(try Self.names("shards: 2", client: nil) == [[nil, nil], [nil, nil]])
    }

    @Test("instance-id has the number behind it for one shard as well")
    func instanceNames() throws {
        #expect(try Self.names("instance-id: pod\nshards: 1") == [["orders", "pod-0"]])
        #expect(try Self.names("instance-id: pod\nshards: 2") == [["orders-0", "pod-0"], ["orders-1", "pod-1"]])
    }

    @Test("the process has the partitions of all its shards, each as it said last")
    func assignedPartitions() {
        let assigned = AssignedPartitions(shards: 3)
        #expect(assigned.note(3, ofShard: 0) == 3)
        #expect(assigned.note(4, ofShard: 2) == 7)
        #expect(assigned.note(1, ofShard: 0) == 5)
        #expect(assigned.note(0, ofShard: 2) == 1)
    }
}
