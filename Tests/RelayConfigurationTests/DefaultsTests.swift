import RelayConfiguration
import RelayCore
import Testing

@Suite("What a configuration says")
struct DefaultsTests {
    @Test("twelve lines are a whole configuration, and all else has its documented default")
    func defaults() throws {
        #expect(Sample.minimal.split(separator: "\n").count == 12)
        let configuration = try Sample.parse(Sample.minimal)
        let pipeline = PipelinePolicy(
            name: "orders",
            app: 0,
            environment: "prod-1a2b",
            function: "createOrder",
            request: RequestPolicy(topics: ["orders.requests"]),
            replyTopic: "orders.replies"
        )
        #expect(configuration.policy == Policy(apps: [AppPolicy(name: "main")], pipelines: [pipeline]))
        #expect(configuration.group == "orders-relay")
        #expect(configuration.instanceID == nil)
        #expect(configuration.startFrom == .earliest)
        #expect(configuration.policy.onOutOfRange == .stop)
        #expect(!configuration.createTopics)
        #expect(configuration.memoryMax == ByteCount(256 << 20))
        #expect(configuration.rebalanceDrain == .seconds(10))
        #expect(configuration.stopDrain == .seconds(25))
        #expect(configuration.log == LogSettings(level: .info, format: .auto))
        #expect(configuration.warnings.isEmpty)
        let app = try #require(configuration.apps.first)
        #expect(app.appID == "wx0123456789abcdef")
        #expect(app.baseURLs.map(\.description) == ["https://api.weixin.qq.com"])
        #expect(app.certificateAuthorityFile == nil)
        #expect(app.timeouts == CallTimeouts(connect: .seconds(3), request: .seconds(8)))
        #expect(app.token == .stable(appSecret: .environment(name: "SECRET", value: Secret("hush"))))
        #expect(app.tokenParameter == .accessToken)
        let limits = configuration.kafka.limits
        #expect(
            [limits.queuedMessages, limits.partitionFetch, limits.fetch, limits.producerQueue].map(\.description) == [
                "4MiB", "1MiB", "8MiB", "32MiB",
            ]
        )
        #expect(limits.sessionTimeout == .seconds(45))
    }

    @Test("every key reaches the setting that it names")
    func everyKey() throws {
        let configuration = try Sample.parse(
            """
            kafka: {bootstrap.servers: 'b1:9092,b2:9092', client.id: me, sasl.password: ${"$"}hush, fetch.max.bytes: 1000000}
            group: g
            instance-id: pod-0
            start-from: 2026-01-31T16:00:00.25+08:00
            on-out-of-range: earliest
            create-topics: true
            memory: {max: 1GiB}
            rebalance: {drain: 12s}
            stop: {drain: 1m}
            apps:
              a: {app-id: wx0123456789abcdef, app-secret: s, base-url: 'http://127.0.0.1:8080/wx/', proxy: 'http://egress:3128'}
              b:
                app-id: wx0123456789abcdef
                token: {source: static, value: t}
                timeouts: {connect: 250ms, request: 10s}
            pipelines:
              one:
                app: b
                env: e-1
                function: f
                allow: {functions: ['g*', h], envs: [e-2], reply-topics: ['r.*']}
                request: {topic: [q1, q2], format: envelope, on-null: empty-object, deadline: 30s}
                reply: {topic: r}
                dead-letter: {topic: d}
                in-flight: {min: 2, max: 8}
                window: {open: 10, distance: 20, bytes: 1MiB}
                retry: {initial: 1s, multiplier: 1.5, max: 1m, max-attempts: 3, budget: 10m, maybe-ran: fail}
                inject: {member: _wxrelay}
                paused: true
              two: {app: a, env: e, function: f, request: {topic: q3}, reply: {topic: r}}
            errcodes: {-504002: transient, 85088: permanent_request, unlisted: function_failed}
            log: {level: debug, format: text}
            """.replacing("${\"$\"}", with: "$$")
        )
        let one = PipelinePolicy(
            name: "one",
            app: 1,
            environment: "e-1",
            function: "f",
            allow: AllowList(functions: ["g*", "h"], environments: ["e-2"], replyTopics: ["r.*"]),
            request: RequestPolicy(
                topics: ["q1", "q2"],
                format: .envelope,
                onNull: .emptyObject,
                deadline: .seconds(30)
            ),
            replyTopic: "r",
            deadLetterTopic: "d",
            inFlight: InFlightPolicy(min: 2, max: 8),
            window: WindowPolicy(open: 10, distance: 20, bytes: 1 << 20),
            retry: RetryPolicy(
                initial: .seconds(1),
                multiplier: 1.5,
                max: .seconds(60),
                maxAttempts: 3,
                budget: .seconds(600),
                maybeRan: .fail
            ),
            injectMember: "_wxrelay",
            isPaused: true
        )
        #expect(configuration.policy.pipelines.first == one)
        #expect(configuration.policy.pipelines.last?.app == 0)
        #expect(configuration.policy.overrides == [-504_002: .transient, 85_088: .permanentRequest])
        #expect(configuration.policy.unlistedClass == .functionFailed)
        #expect(configuration.instanceID == "pod-0")
        // 2026-01-31T08:00:00.250Z
        #expect(configuration.startFrom == .time(WallTime(milliseconds: 1_769_846_400_250)))
        #expect(configuration.policy.onOutOfRange == .earliest)
        #expect(configuration.createTopics)
        #expect(configuration.memoryMax.description == "1GiB")
        #expect(configuration.rebalanceDrain == .seconds(12))
        #expect(configuration.stopDrain == .seconds(60))
        #expect(configuration.log == LogSettings(level: .debug, format: .text))
        #expect(configuration.apps[0].baseURLs.count == 1)
        #expect(try configuration.apps[0].proxy?.read() == ProxyURL("http://egress:3128"))
        #expect(configuration.apps[1].proxy == nil)
        let url = configuration.apps[0].baseURLs[0]
        #expect([url.scheme.rawValue, url.host, "\(url.port)", url.path] == ["http", "127.0.0.1", "8080", "/wx"])
        #expect(configuration.apps[1].token == .fixed(token: .literal(Secret("t"))))
        #expect(configuration.apps[1].timeouts == CallTimeouts(connect: .milliseconds(250), request: .seconds(10)))
        #expect(
            configuration.kafka.properties == [
                KafkaProperty(name: "bootstrap.servers", value: .plain("b1:9092,b2:9092")),
                KafkaProperty(name: "session.timeout.ms", value: .plain("45000")),
                KafkaProperty(name: "queued.max.messages.kbytes", value: .plain("4096")),
                KafkaProperty(name: "max.partition.fetch.bytes", value: .plain("1048576")),
                KafkaProperty(name: "fetch.max.bytes", value: .plain("1000000")),
                KafkaProperty(name: "queue.buffering.max.kbytes", value: .plain("32768")),
                KafkaProperty(name: "linger.ms", value: .plain("5")),
                KafkaProperty(name: "client.id", value: .plain("me")),
                KafkaProperty(name: "sasl.password", value: .secret(.literal(Secret("$hush")))),
            ]
        )
    }

    @Test("a mapping without content is a mapping of defaults, and an anchor can be used again")
    func emptyMappings() throws {
        let empty = try Sample.parse(Sample.minimal("    env:", "    retry:\n    window: ~\n    env:"))
        #expect(empty.policy == (try Sample.parse(Sample.minimal)).policy)
        let shared = try Sample.parse(
            Sample.minimal(
                "    reply: {topic: orders.replies}\n",
                """
                    reply: {topic: orders.replies}
                    retry: &patient {max: 60s}
                  more: {env: e, function: f, request: {topic: q}, reply: {topic: r}, retry: *patient}

                """
            )
        )
        #expect(shared.policy.pipelines.map(\.retry.max) == [.seconds(60), .seconds(60)])
    }

    @Test(
        "a base URL is taken apart",
        arguments: [
            ("https://api.weixin.qq.com", "api.weixin.qq.com", 443, "", "api.weixin.qq.com"),
            ("HTTPS://API.weixin.qq.com:8443/a/b//", "api.weixin.qq.com", 8443, "/a/b", "api.weixin.qq.com:8443"),
            ("http://[::1]:80/", "::1", 80, "", "[::1]"),
            ("http://localhost:8080", "localhost", 8080, "", "localhost:8080"),
        ]
    )
    func baseURL(text: String, host: String, port: Int, path: String, authority: String) throws {
        let configuration = try Sample.parse(
            Sample.minimal("    app-id:", "    base-url: '\(text)'\n    app-id:")
        )
        let url = try #require(configuration.apps.first?.baseURLs.first)
        #expect([url.host, "\(url.port)", url.path, url.authority] == [host, "\(port)", path, authority])
        #expect(configuration.warnings.isEmpty)
    }

    @Test(
        "what is no base URL is refused",
        arguments: [
            "https://", "https:///path", "https://a b", "https://h:0", "https://h:65536", "https://h:", "ftp://h",
            "https://h/?q", "https://h/#f", "https://[::1", "https://h_/",
        ]
    )
    func noBaseURL(text: String) {
        let problems = Sample.problems(Sample.minimal("    app-id:", "    base-url: '\(text)'\n    app-id:"))
        #expect(problems.count == 1)
        #expect(problems.first?.hasPrefix("f.yaml:5:15: 'apps.main.base-url' is '\(text)', expected a URL") == true)
    }

    @Test(
        "what is doubtful is a warning with its place",
        arguments: [
            Mistake(
                "wx0123456789abcdef",
                "demo",
                "5:13: 'apps.main.app-id' is 'demo', but app ids are wx and 16 hexadecimal digits;"
                    + " compare it with the WeChat admin console"
            ),
            Mistake(
                "    app-id:",
                "    base-url: http://api.weixin.qq.com\n    app-id:",
                "5:15: 'apps.main.base-url' is plain http: WeChat answers 43003, and the access token can be read on the"
                    + " way; write https://api.weixin.qq.com"
            ),
            Mistake(
                "    app-id:",
                "    base-url: [https://api.weixin.qq.com, 'http://b:8080/x']\n    app-id:",
                "5:43: 'apps.main.base-url[1]' is plain http: WeChat answers 43003, and the access token can be read on"
                    + " the way; write https://b"
            ),
            Mistake(
                "    app-id:",
                "    proxy: ${file:no/such}\n    app-id:",
                "5:12: 'apps.main.proxy': secret file 'no/such' does not exist; provide it before the relay starts"
            ),
            Mistake(
                "    app-id:",
                "    timeouts: {request: 4s}\n    app-id:",
                "5:25: 'apps.main.timeouts.request' is 4s, but a function may run 5s: calls that end well would count as"
                    + " unknown outcomes; write 6s or more"
            ),
            Mistake(
                "${SECRET}",
                "${file:no/such}",
                "6:17: 'apps.main.app-secret': secret file 'no/such' does not exist;"
                    + " provide it before the relay starts"
            ),
            Mistake(
                "group: orders-relay",
                "group: g\nstop: {drain: 5s}",
                "3:15: 'stop.drain' is 5s, less than 'apps.main.timeouts.request' (8s): calls in flight may be cut at a"
                    + " stop; write drain: 8s or more"
            ),
            Mistake(
                "    env:",
                "    dead-letter: {topic: orders.replies}\n    env:",
                "9:26: 'pipelines.orders.dead-letter.topic' is the reply topic: each failure would be there twice;"
                    + " use another topic, or none"
            ),
            Mistake(
                "    env:",
                "    allow: {functions: [createOrder, other]}\n    env:",
                "9:24: 'pipelines.orders.allow.functions' admits several functions: when one of them is held, its records"
                    + " can fill a partition's window, and the others wait behind them;"
                    + " use a pipeline and a topic for each function where that matters"
            ),
            Mistake(
                "    env:",
                "    in-flight: {max: 2000}\n    env:",
                "9:22: 'pipelines.orders.in-flight.max' is 2000, but window.bytes (64MiB) has room for 1024 answers of"
                    + " 64KiB; write window: {bytes: 125MiB} or more, or a lower max"
            ),
        ]
    )
    func warnings(doubt: Mistake) throws {
        let configuration = try Sample.parse(Sample.minimal(doubt.piece, doubt.other))
        #expect(configuration.warnings.map(\.description) == ["f.yaml:\(doubt.message)"])
    }
}
