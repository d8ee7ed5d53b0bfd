import RelayConfiguration
import RelayCore
import Testing

@Suite("limits: of an app")
struct LimitsTests {
    private static func sample(_ limits: String) -> String {
        Sample.minimal("    app-secret: ${SECRET}\n", "    app-secret: ${SECRET}\n    limits: \(limits)\n")
    }

    @Test("every limit is read, with its unit")
    func read() throws {
        let text = Self.sample(
            "{rate: 100/s, burst: 20, in-flight: 20, envs: {prod-1a2b: {rate: 3000/min, in-flight: 5,"
                + " functions: {createOrder: {rate: 10/s}}}}}"
        )
        let configuration = try Sample.parse(text)
        #expect(configuration.warnings.isEmpty)
        #expect(
            configuration.policy.apps[0].limits
                == AppLimits(
                    rate: Rate(100, per: .second),
                    burst: 20,
                    inFlight: 20,
                    environments: [
                        "prod-1a2b": EnvironmentLimits(
                            rate: Rate(3_000, per: .minute),
                            inFlight: 5,
                            functions: ["createOrder": Rate(10, per: .second)]
                        )
                    ]
                )
        )
        #expect(try Sample.parse(configuration.printed()).policy == configuration.policy)
    }

    @Test("without limits there are none")
    func none() throws {
        #expect(try Sample.parse(Sample.minimal).policy.apps[0].limits.isNone)
        #expect(try Sample.parse(Self.sample("{envs: {prod-1a2b: {}}}")).policy.apps[0].limits.isNone)
    }

    @Test(
        "a mistake is named with its place and what to write",
        arguments: [
            (
                "{rate: 100}",
                "f.yaml:7:20: 'apps.main.limits.rate' is '100', expected a rate such as 500/s or 3000/min, of 1 to 1000000"
                    + " calls; write e.g. rate: 100/s"
            ),
            (
                "{rate: 0/s}",
                "f.yaml:7:20: 'apps.main.limits.rate' is '0/s', expected a rate such as 500/s or 3000/min, of 1 to 1000000"
                    + " calls; write e.g. rate: 100/s"
            ),
            (
                "{burst: 5}",
                "f.yaml:7:21: 'apps.main.limits.burst' has no meaning without 'apps.main.limits.rate'; add a rate, e.g."
                    + " rate: 100/s, or remove it"
            ),
            (
                "{envs: {Prod: {rate: 1/s}}}",
                "f.yaml:7:21: 'Prod' is no name for an entry of 'apps.main.limits.envs', expected an environment id of 1 to 64"
                    + " characters a-z0-9-; rename it"
            ),
            (
                "{envs: {prod-1a2b: {functions: {createOrder: {rat: 1/s}}}}}",
                "f.yaml:7:59: unknown key 'rat'; did you mean 'rate'?"
            ),
        ]
    )
    func mistakes(limits: String, problem: String) {
        #expect(Sample.problems(Self.sample(limits)) == [problem])
    }

    @Test("a limit that nothing falls under is doubted")
    func doubted() throws {
        let text = Self.sample("{envs: {prod-1a2c: {rate: 1/s}, prod-1a2b: {functions: {createorder: {rate: 1/s}}}}}")
        #expect(
            try Sample.parse(text).warnings.map(\.description) == [
                "f.yaml:7:21: 'apps.main.limits.envs.prod-1a2c' limits an environment that no pipeline of the app calls;"
                    + " compare its name with 'env' and 'allow.envs' of the pipelines",
                "f.yaml:7:69: 'apps.main.limits.envs.prod-1a2b.functions.createorder' limits a function that no pipeline calls"
                    + " there; compare its name with 'function' and 'allow.functions' of the pipelines",
            ]
        )
        let admitted = Self.sample("{envs: {prod-1a2b: {functions: {createorder: {rate: 1/s}}}}}")
            .replacing("    env: prod", with: "    allow: {functions: [create*]}\n    env: prod")
        #expect(!(try Sample.parse(admitted).warnings.contains { $0.description.contains("limits a function") }))
    }

    @Test("check tells a day's calls and a partition's share")
    func consequences() throws {
        let text = Self.sample(
            "{rate: 100/s, burst: 20, in-flight: 20, envs: {prod-1a2b: {in-flight: 5, functions: {createOrder: {rate: 600/min}}}}}"
        )
        let lines = Consequences(of: try Sample.parse(text), assignedPartitions: 12).lines
        let first = try #require(lines.firstIndex { $0.hasPrefix("limits") })
        #expect(
            lines[first..<first + 4] == [
                "limits of app main: 100/s (8640000 calls a day), 20 calls at once after a pause; 20 under way at once",
                "  in prod-1a2b: 5 under way at once",
                "  createOrder in prod-1a2b: 600/min (864000 calls a day)",
                "  for the whole group: each member (shard) has the share of its partitions, calls under way rounded down but"
                    + " one at least, 1/12 = 8.3/s and 1 under way",
            ]
        )
    }
}
