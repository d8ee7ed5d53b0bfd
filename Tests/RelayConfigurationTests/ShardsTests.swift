import RelayConfiguration
import RelayCore
import Testing

@Suite("shards:")
struct ShardsTests {
    private static func sample(_ shards: Int, _ pipeline: String = "") -> String {
        "shards: \(shards)\n" + Sample.minimal("    env:", "\(pipeline)    env:")
    }

    @Test("one by default, 64 at most")
    func range() throws {
        #expect(try Sample.parse(Sample.minimal).shards == 1)
        #expect(try Sample.parse(Self.sample(64)).shards == 64)
        for shards in [0, 65] {
            #expect(
                Sample.problems(Self.sample(shards)) == [
                    "f.yaml:1:9: 'shards' is '\(shards)', expected a whole number from 1 to 64; write e.g. shards: 1"
                ]
            )
        }
    }

    @Test("one shard has the whole")
    func one() throws {
        let policy = try Sample.parse(Sample.minimal).policy
        #expect(policy.part(ofShard: 0, among: 1) == policy)
    }

    @Test("the parts add up to the whole, differ by one at most, and no minimum is above its maximum")
    func parts() throws {
        for (shards, least, most, bytes) in [
            (3, 1, 64, 64 << 20), (5, 7, 23, 3 << 20), (64, 64, 64, 64 << 30), (7, 1, 7, 8 << 20),
        ] {
            let pipeline = "    in-flight: {min: \(least), max: \(most)}\n    window: {bytes: \(bytes >> 20)MiB}\n"
            let configuration = try Sample.parse(Self.sample(shards, pipeline))
            #expect(configuration.warnings.isEmpty)
            let parts = (0..<shards).map { configuration.policy.part(ofShard: $0, among: shards).pipelines[0] }
            #expect(parts.map(\.inFlight.max).reduce(0, +) == most)
            #expect(parts.map(\.window.bytes).reduce(0, +) == bytes)
            for (part, other) in zip(parts, parts.dropFirst()) {
                #expect(0...1 ~= part.inFlight.max - other.inFlight.max)
                #expect(0...1 ~= part.window.bytes - other.window.bytes)
            }
            for part in parts { #expect(1...part.inFlight.max ~= part.inFlight.min) }
            #expect(parts.map(\.inFlight.min).reduce(0, +) == max(least, shards))
        }
    }

    @Test("what belongs to the group or to a partition is not divided")
    func undivided() throws {
        let configuration = try Sample.parse(Self.sample(4))
        let part = configuration.policy.part(ofShard: 3, among: 4)
        var whole = part
        whole.pipelines[0].inFlight = configuration.policy.pipelines[0].inFlight
        whole.pipelines[0].window.bytes = configuration.policy.pipelines[0].window.bytes
        #expect(part != configuration.policy)
        #expect(whole == configuration.policy)
    }

    @Test("more shards than calls is warned of: each may have one under way")
    func tooMany() throws {
        let limits = "    limits: {in-flight: 3, envs: {prod-1a2b: {in-flight: 2}}}\n    app-id:"
        let text = Self.sample(4, "    in-flight: {max: 2}\n").replacing("    app-id:", with: limits)
        let configuration = try Sample.parse(text)
        func warning(_ key: String, _ most: Int) -> String {
            "f.yaml:1:9: 'shards' is 4, more than '\(key)' (\(most)): each shard may have one call under way, 4 in all;"
                + " write shards: \(most) or less, or a higher limit"
        }
        #expect(
            Set(configuration.warnings.map { $0.description }) == [
                warning("apps.main.limits.in-flight", 3), warning("apps.main.limits.envs.prod-1a2b.in-flight", 2),
                warning("pipelines.orders.in-flight.max", 2),
            ]
        )
        let parts = (0..<4).map { configuration.policy.part(ofShard: $0, among: 4).pipelines[0].inFlight }
        #expect(parts == [InFlightPolicy](repeating: InFlightPolicy(min: 1, max: 1), count: 4))
    }

    @Test("the memory bound counts a producer's queue for each, and check says what they divide")
    func memory() throws {
        let consequences = Consequences(of: try Sample.parse(Self.sample(4)), assignedPartitions: 12)
        // 252 MiB with one shard.
        #expect(consequences.memory.total == ByteCount(348 << 20))
        #expect(
            consequences.lines.filter { $0.contains("shards") || $0.contains("producer") } == [
                "shards: 4 members of the group in this process; each has its part of every pipeline's calls and payload,"
                    + " and one without partitions of a pipeline leaves its part unused",
                "  64MiB windows, answers included; 128MiB producer queues = 4 x 32MiB",
            ]
        )
        #expect(consequences.warnings.count { $0.contains("fetch.max.bytes, shards or window.bytes") } == 1)
    }
}
