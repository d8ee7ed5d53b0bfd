package import RelayCore

/// How the fake WeChat behaves: its app, its functions and what goes wrong, as a scenario file says it.
///
/// The default value is the scenario of `config/scenarios/steady.yaml`: one app, one environment, one function that
/// echoes its input after 20 ms.
package struct Scenario: Hashable, Sendable {
    /// Where every draw starts: the same seed and the same order of requests give the same answers.
    package var seed: UInt64 = 1
    package var app = App()
    /// `environments`: every other one is answered with -501000.
    package var environments: Set<String> = ["demo-env"]
    package var quota = Quota()
    /// `json-bodies-only`: a function's input that is not JSON is answered with 47001.
    package var jsonBodiesOnly = false
    /// `max-body`: a longer request body, in bytes, is answered with HTTP 413. No limit is documented for this API;
    /// 6 MiB is that of SCF, the platform below it.
    package var maxBody = 6 << 20
    /// By name; every other function is answered with -501000.
    package var functions = ["echo": FunctionScenario(latency: .fixed(.milliseconds(20)))]
    package var tokenEndpoint = TokenEndpointScenario()
    package var outages: [Outage] = []

    package init() {}

    /// The app and its access tokens.
    package struct App: Hashable, Sendable {
        package var id = "wx0123456789abcdef"
        package var secret = Secret("fake-secret")
        /// `token-lifetime`: WeChat's is two hours (docs, page getStableAccessToken).
        package var tokenLifetime: Duration = .seconds(7_200)
        /// `token-overlap`: how long before a token's end a new one is given, both good until then. WeChat's is five
        /// minutes; a shortened token has at most half of its life.
        package var tokenOverlap: Duration = .seconds(300)
        /// `token-length`: WeChat's tokens may have up to 512 characters.
        package var tokenLength = 136
        /// `cloudbase-token`: a token that is good under the parameter `cloudbase_access_token` only.
        package var cloudbaseToken: Secret?

        package init() {}
    }

    /// How often `invokecloudfunction` may be called.
    package struct Quota: Hashable, Sendable {
        /// `per-minute`: beyond it 45011 until the next full minute; nil means none.
        package var perMinute: Int?
        /// `per-day`: beyond it 45009 until midnight UTC+8.
        package var perDay = 100_000_000
        /// `concurrency`: calls under way in all functions together, beyond it -501004; nil means none.
        package var concurrency: Int?

        package init() {}
    }

    /// A time during which WeChat, or a part of it, is away.
    package struct Outage: Hashable, Sendable {
        package enum Kind: String, CaseIterable, Hashable, Sendable {
            /// Nobody listens, and all connections are closed.
            case refuse
            /// Everything is answered with HTTP 503.
            case unavailable
            /// The token endpoints are answered with HTTP 503.
            case noTokens = "no-tokens"
        }

        package var kind: Kind
        /// From the server's start, or from when the scenario was set.
        package var after: Duration
        package var lasting: Duration
        /// `every`: again and again, from one beginning to the next; nil means once.
        package var every: Duration?

        package init(kind: Kind = .refuse, after: Duration, lasting: Duration, every: Duration? = nil) {
            self.kind = kind
            self.after = after
            self.lasting = lasting
            self.every = every
        }

        /// Whether WeChat is away at this time since the scenario began.
        package func isUnderWay(at elapsed: Duration) -> Bool {
            guard elapsed >= after else { return false }
            let since = (elapsed - after).wholeNanoseconds
            guard let every else { return since < lasting.wholeNanoseconds }
            return since % every.wholeNanoseconds < lasting.wholeNanoseconds
        }
    }

    /// What the token endpoints do instead of answering.
    package struct TokenEndpointScenario: Hashable, Sendable {
        package var latency: Latency = .fixed(.zero)
        package var errors: [ErrorShare] = []
        /// The outcomes of the first requests, in order; nil stands for the proper answer.
        package var steps: StepSequence<Fault?>?

        package init(
            latency: Latency = .fixed(.zero),
            errors: [ErrorShare] = [],
            steps: StepSequence<Fault?>? = nil
        ) {
            self.latency = latency
            self.errors = errors
            self.steps = steps
        }
    }
}
