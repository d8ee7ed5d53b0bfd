import FakeWeChat
import Testing

/// One code's behaviour under its own class, and under another that `errcodes:` maps it to.
struct OutcomeClassCase: Sendable, CustomTestStringConvertible {
    let errcode: Int
    let name: String
    /// Another class, and what tells that one.
    let mapped: (to: String, behaviour: OutcomeObservation)
    let behaviour: OutcomeObservation
    var ids = ["a"]
    /// What each request's calls are answered with.
    let outcomes: [String]
    var retry = "{initial: 10ms, max-attempts: 3}"

    var testDescription: String { "\(errcode) is \(name), not \(mapped.to)" }

    /// What becomes of the requests under a mapping.
    func observed(mapping: String?) async throws -> OutcomeObservation {
        var settings = RelaySettings.directed
        settings.pipeline["retry"] = retry
        if let mapping { settings.root["errcodes"] = "{\(errcode): \(mapping)}" }
        return try await RelayBench.run(settings) { bench in
            try await bench.observe(ids.map { .directed($0, outcomes) })
        }
    }

    static let all: [OutcomeClassCase] = [
        OutcomeClassCase(
            errcode: -1,
            name: "transient",
            mapped: ("function_failed", .all(["a"], "failed function_failed permanent after 1")),
            behaviour: .all(["a"], "ok after 2"),
            outcomes: ["-1", "0"]
        ),
        OutcomeClassCase(
            errcode: 45011,
            name: "throttled",
            mapped: ("transient", .all(["a"], "ok after 2")),
            behaviour: .held("throttled"),
            outcomes: ["45011", "0"]
        ),
        OutcomeClassCase(
            errcode: -501003,
            name: "throttled",
            mapped: ("concurrency_limited", .all(["a"], "ok after 2")),
            behaviour: .held("throttled"),
            outcomes: ["-501003", "0"]
        ),
        OutcomeClassCase(
            errcode: 45009,
            name: "quota_exhausted",
            mapped: ("permanent_request", .all(["a"], "failed permanent_request permanent after 1")),
            behaviour: .held("quota"),
            outcomes: ["45009", "0"]
        ),
        OutcomeClassCase(
            errcode: -501007,
            name: "permanent_request",
            mapped: ("transient", .all(["a"], "ok after 2")),
            behaviour: .all(["a"], "failed permanent_request permanent after 1"),
            outcomes: ["-501007", "0"]
        ),
        OutcomeClassCase(
            errcode: -501005,
            name: "permanent_config",
            mapped: ("permanent_request", .all(["a", "b"], "failed permanent_request permanent after 1")),
            behaviour: .held("misconfiguration"),
            ids: ["a", "b"],
            outcomes: ["-501005"]
        ),
        OutcomeClassCase(
            errcode: 40013,
            name: "permanent_config",
            mapped: ("unknown_outcome", .all(["a", "b"], "failed unknown_outcome attempts_exhausted after 3")),
            behaviour: .held("misconfiguration"),
            ids: ["a", "b"],
            outcomes: ["40013"]
        ),
        OutcomeClassCase(
            errcode: -504002,
            name: "function_failed",
            mapped: ("unknown_outcome", .all(["a"], "ok after 2")),
            behaviour: .all(["a"], "failed function_failed permanent after 1"),
            outcomes: ["-504002", "0"]
        ),
        OutcomeClassCase(
            errcode: -501002,
            name: "unknown_outcome",
            mapped: ("quota_exhausted", .held("quota")),
            behaviour: .all(["a"], "ok after 2"),
            outcomes: ["-501002", "0"]
        ),
        OutcomeClassCase(
            errcode: -501002,
            name: "unknown_outcome, which maybe-ran: fail ends",
            mapped: ("function_failed", .all(["a"], "failed function_failed permanent after 1")),
            behaviour: .all(["a"], "failed unknown_outcome maybe_ran after 1"),
            outcomes: ["-501002", "0"],
            retry: "{initial: 10ms, maybe-ran: fail}"
        ),
        OutcomeClassCase(
            errcode: -777,
            name: "on no list: three attempts at most",
            mapped: ("transient", .all(["a"], "ok after 5")),
            behaviour: .all(["a"], "failed transient attempts_exhausted after 3"),
            outcomes: ["-777", "-777", "-777", "-777", "0"],
            retry: "{initial: 10ms}"
        ),
    ]
}

extension EndToEnd {
    @Suite("Outcome classes") struct OutcomeClassTests {
        @Test("a code does what its class says, and not when it is mapped to another", arguments: OutcomeClassCase.all)
        func behaves(_ one: OutcomeClassCase) async throws {
            async let own = one.observed(mapping: nil)
            async let mapped = one.observed(mapping: one.mapped.to)
            let (found, foundMapped) = try await (own, mapped)
            #expect(found == one.behaviour)
            #expect(foundMapped == one.mapped.behaviour)
            // Else the first of these would prove nothing about the class.
            #expect(one.behaviour != one.mapped.behaviour)
        }

        @Test("a success is a reply after one call")
        func success() async throws {
            let found = try await RelayBench.run { try await $0.observe([.directed("a", ["0"])]) }
            #expect(found == .all(["a"], "ok after 1"))
        }

        @Test("an expired token is renewed once for all, and no request fails; as transient it stays expired")
        func refreshToken() async throws {
            async let own = Self.afterExpiry(errcodes: "{}")
            async let mapped = Self.afterExpiry(errcodes: "{42001: transient}")
            let (found, foundMapped) = try await (own, mapped)
            #expect(found == Renewal(ok: 40, failed: 0, tokenRequests: 1))
            #expect(foundMapped == Renewal(ok: 0, failed: 40, tokenRequests: 0))
        }

        /// What came of forty requests and how many tokens were asked for.
        private struct Renewal: Equatable {
            let ok: Int, failed: Int, tokenRequests: Int
        }

        private static func afterExpiry(errcodes: String) async throws -> Renewal {
            var settings = RelaySettings.directed
            settings.root["errcodes"] = errcodes
            settings.pipeline["retry"] = "{initial: 10ms, max-attempts: 3}"
            return try await RelayBench.run(settings) { bench in
                try await bench.send([.directed("first")])
                _ = try await bench.replies(1)
                let before = try await bench.fake.statistics().tokenRequests
                try await bench.fake.endTokens(as: .expired)
                try await bench.send((1...40).map { .directed("\($0)") })
                let replies = try await bench.replies(41).dropFirst()
                let tokenRequests = try await bench.fake.statistics().tokenRequests - before
                let ok = replies.count { $0.isOK }
                return Renewal(ok: ok, failed: replies.count - ok, tokenRequests: tokenRequests)
            }
        }

        @Test("-501004 halves the calls in flight; as transient it does not")
        func concurrencyLimited() async throws {
            async let own = Self.highestConcurrency(errcodes: "{}")
            async let mapped = Self.highestConcurrency(errcodes: "{-501004: transient}")
            let (found, foundMapped) = try await (own, mapped)
            // 8, and when they have held for a second half way to 16; 24 calls reach no further than one step more.
            #expect((8...14).contains(found), "\(found)")
            #expect(foundMapped == 16)
        }

        private static func highestConcurrency(errcodes: String) async throws -> Int {
            var settings = RelaySettings.directed
            settings.root["errcodes"] = errcodes
            settings.pipeline["retry"] = "{initial: 10ms}"
            settings.pipeline["in-flight"] = "{max: 16}"
            return try await RelayBench.run(settings, partitions: 1) { bench in
                try await bench.send([.directed("first", ["-501004", "0"])])
                _ = try await bench.replies(1)
                try await bench.send((1...24).map { .directed("\($0)", more: #""latency-ms":1000"#) })
                _ = try await bench.replies(25)
                return try await bench.fake.statistics().highestConcurrency
            }
        }
    }
}
