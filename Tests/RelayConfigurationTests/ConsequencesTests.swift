import RelayConfiguration
import Testing

@Suite("What a configuration leads to")
struct ConsequencesTests {
    @Test("the defaults are told in figures")
    func figures() throws {
        let configuration = try Sample.parse(Sample.minimal)
        let consequences = Consequences(of: configuration, assignedPartitions: 12)
        let retry = try #require(consequences.retries.first)
        #expect(retry.countedAttempts == 6)
        #expect(retry.waits == [200, 400, 800, 1_600, 3_200].map { .milliseconds($0) })
        // Six attempts of 3 s + 8 s, and 6.2 s of waits.
        #expect(retry.longest == .milliseconds(72_200))
        #expect(retry.possibleRuns == 6)
        // Eight waits grow to the maximum (0.1 + … + 12.8 s), then one each 15 s.
        #expect(retry.possibleRunsUncounted == 247)
        #expect(consequences.memory.queues == ByteCount(60 << 20))
        #expect(consequences.memory.pinned == ByteCount(96 << 20))
        #expect(consequences.memory.total == ByteCount(252 << 20))
        #expect(!consequences.exceedsMemoryMax)
        #expect(consequences.warnings.isEmpty)
        #expect(configuration.longestStop == .seconds(34))
    }

    @Test("the defaults are told in words")
    func words() throws {
        let text = Sample.minimal("    env:", "    dead-letter: {topic: orders.dead}\n    env:")
        #expect(
            Consequences(of: try Sample.parse(text), assignedPartitions: 1).lines == [
                "pipeline orders: orders.requests -> createOrder in prod-1a2b -> orders.replies, orders.dead",
                "  retries: createOrder: at most 6 counted attempts, waits of up to 0.2, 0.4, 0.8, 1.6, 3.2 s between them,"
                    + " then fails after at most 72.2 s, time under a hold not counted",
                "  runs: the function may run up to 6 times for a request; behind errcodes that are not counted, such as -1,"
                    + " about 247 times in the budget of 1h; each crash or cut hand-over adds one",
                "  open: at most 1000 records of a partition, 64MiB of payload, 64 calls at once; a restart reads at most"
                    + " 100000 offsets of a partition again",
                "memory: at most 109MiB of payload with 1 partition in this process (memory.max 256MiB)",
                "  5MiB read ahead = 1 x (4MiB + 1MiB)",
                "  8MiB held responses = 1 x 8MiB, when every partition is blocked",
                "  64MiB windows, answers included; 32MiB producer queue",
                "rebalance: a partition that moves waits up to 10s for its calls; the session is 45s",
                "stop: up to 25s for calls, the process ends within 34s: terminationGracePeriodSeconds: 35 or more",
                "rights: Read on the group orders-relay; Read and Describe on orders.requests;"
                    + " Write and Describe on orders.replies, orders.dead; IdempotentWrite on the cluster with brokers"
                    + " before 3.0",
            ]
        )
    }

    @Test("a paused pipeline is told as such, right below its name")
    func paused() throws {
        let lines = Consequences(
            of: try Sample.parse(Sample.minimal("    env:", "    paused: true\n    env:")),
            assignedPartitions: 1
        ).lines
        #expect(lines.firstIndex(of: "  paused: nothing is read and nothing is called") == 1)
    }

    @Test("one attempt, a short budget and maybe-ran: fail bound the runs")
    func bounds() throws {
        func retry(_ settings: String) throws -> Consequences.Retry {
            let text = Sample.minimal("    env:", "    retry: {\(settings)}\n    env:")
            return try #require(Consequences(of: try Sample.parse(text), assignedPartitions: 1).retries.first)
        }
        let single = try retry("max-attempts: 1")
        #expect(single.waits.isEmpty)
        #expect(single.longest == .seconds(11))
        let short = try retry("budget: 5s, max-attempts: 100")
        #expect(short.longest == .seconds(16))
        let fail = try retry("maybe-ran: fail")
        #expect([fail.possibleRuns, fail.possibleRunsUncounted] == [1, 1])
        let steady = try retry("initial: 2s, multiplier: 1, max: 2s, budget: 10s, max-attempts: 3")
        #expect(steady.waits == [.seconds(2), .seconds(2)])
        // At mean waits of one second the last of eleven starts as the budget ends.
        #expect(steady.possibleRunsUncounted == 11)
        let capped = try retry("initial: 20s, max: 30s, max-attempts: 4")
        #expect(capped.waits == [.seconds(20), .seconds(30), .seconds(30)])
    }

    @Test("an assignment above memory.max is warned of")
    func tooLarge() throws {
        let consequences = Consequences(of: try Sample.parse(Sample.minimal), assignedPartitions: 13)
        #expect(consequences.exceedsMemoryMax)
        #expect(
            consequences.warnings == [
                "with 13 partitions payloads may need 265MiB, more than memory.max (256MiB): lower"
                    + " queued.max.messages.kbytes, fetch.max.bytes or window.bytes, run more processes, or raise memory.max"
            ]
        )
    }
}
