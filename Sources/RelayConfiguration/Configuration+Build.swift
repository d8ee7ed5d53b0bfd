import RelayCore

extension Configuration {
    /// From a tree in which the reader and the checks found nothing wrong.
    init(root: Setting, warnings: [ConfigurationProblem], files: [String], secretContents: [String: Secret]) {
        let apps = root["apps"].members
        let pipelines = root["pipelines"].members
        let errcodes = root["errcodes"].members
        let instance = root["instance-id"].certain(\.text)
        policy = Policy(
            apps: apps.map { Self.policy($0.name, $0.setting) },
            pipelines: pipelines.map { Self.pipeline($0.name, $0.setting, apps: apps.map(\.name)) },
            overrides: errcodes.reduce(into: [:]) { overrides, member in
                guard let code = Int64(member.name) else { return }
                overrides[code] = member.setting.certain(OutcomeClass.self)
            },
            unlistedClass: root["errcodes"]["unlisted"].certain(OutcomeClass.self),
            onOutOfRange: root["on-out-of-range"].certain(OutOfRangeRule.self)
        )
        kafka = Self.kafka(root["kafka"])
        group = root["group"].certain(\.text)
        instanceID = instance.isEmpty ? nil : instance
        shards = root["shards"].certain(\.integer)
        startFrom = root["start-from"].certain(\.startFrom)
        createTopics = root["create-topics"].certain(\.flag)
        memoryMax = root["memory"]["max"].certain(\.size)
        rebalanceDrain = root["rebalance"]["drain"].certain(\.duration)
        stopDrain = root["stop"]["drain"].certain(\.duration)
        self.apps = apps.map { Self.app($0.name, $0.setting) }
        log = LogSettings(
            level: root["log"]["level"].certain(LogSettings.Level.self),
            format: root["log"]["format"].certain(LogSettings.Format.self)
        )
        self.warnings = warnings
        self.root = root
        self.files = files
        self.secretContents = secretContents
    }

    private static func kafka(_ kafka: Setting) -> KafkaSettings {
        func kibibytes(_ name: String) -> ByteCount { kafka[name].certain(\.integer) * ByteCount(1 << 10) }
        func bytes(_ name: String) -> ByteCount { ByteCount(kafka[name].certain(\.integer)) }
        return KafkaSettings(
            properties: kafka.members.map { name, setting in
                if let source = setting.secret { return KafkaProperty(name: name, value: .secret(source)) }
                let text = setting.integer.map(String.init) ?? setting.certain(\.text)
                return KafkaProperty(name: name, value: .plain(text))
            },
            limits: KafkaLimits(
                queuedMessages: kibibytes("queued.max.messages.kbytes"),
                partitionFetch: bytes("max.partition.fetch.bytes"),
                fetch: bytes("fetch.max.bytes"),
                producerQueue: kibibytes("queue.buffering.max.kbytes"),
                sessionTimeout: .milliseconds(kafka["session.timeout.ms"].certain(\.integer))
            )
        )
    }

    private static func policy(_ name: String, _ app: Setting) -> AppPolicy {
        AppPolicy(
            name: name,
            token: app["token"]["source"].certain(TokenKind.self),
            callStyle: app["call-style"].certain(CallStyle.self),
            limits: AppLimits(app["limits"])
        )
    }

    private static func app(_ name: String, _ app: Setting) -> AppSettings {
        AppSettings(
            name: name,
            appID: app["app-id"].certain(\.text),
            baseURLs: app["base-url"].list.map { $0.certain(\.baseURL) },
            proxy: app["proxy"].proxy,
            certificateAuthorityFile: app["tls"]["ca-file"].text,
            token: token(of: app),
            tokenParameter: app["token"]["parameter"].certain(TokenParameter.self),
            timeouts: CallTimeouts(
                connect: app["timeouts"]["connect"].certain(\.duration),
                request: app["timeouts"]["request"].certain(\.duration)
            )
        )
    }

    private static func token(of app: Setting) -> TokenSource {
        let token = app["token"]
        let path = token["path"].text.flatMap { TokenPath($0) }
        switch token["source"].certain(TokenKind.self) {
        case .stable: return .stable(appSecret: app["app-secret"].certain(\.secret))
        case .classic: return .classic(appSecret: app["app-secret"].certain(\.secret))
        case .service:
            return .service(token["url"].certain(\.tokenURL), bearer: token["bearer"].secret, path: path)
        case .file: return .file(token["file"].certain(\.text), path: path)
        case .fixed: return .fixed(token: token["value"].certain(\.secret))
        }
    }

    private static func pipeline(_ name: String, _ pipeline: Setting, apps: [String]) -> PipelinePolicy {
        let allow = pipeline["allow"]
        let request = pipeline["request"]
        let window = pipeline["window"]
        let retry = pipeline["retry"]
        let member = pipeline["inject"]["member"].certain(\.text)
        return PipelinePolicy(
            name: name,
            // Without a name it is the only app.
            app: pipeline["app"].text.flatMap { apps.firstIndex(of: $0) } ?? 0,
            environment: pipeline["env"].certain(\.text),
            function: pipeline["function"].certain(\.text),
            allow: AllowList(
                functions: allow["functions"].texts,
                environments: allow["envs"].texts,
                replyTopics: allow["reply-topics"].texts
            ),
            request: RequestPolicy(
                topics: request["topic"].texts,
                format: request["format"].certain(RequestFormat.self),
                onNull: request["on-null"].certain(NullValueRule.self),
                deadline: request["deadline"].duration
            ),
            replyTopic: pipeline["reply"]["topic"].certain(\.text),
            deadLetterTopic: pipeline["dead-letter"]["topic"].text,
            ordering: pipeline["ordering"].certain(Ordering.self),
            inFlight: InFlightPolicy(
                min: pipeline["in-flight"]["min"].certain(\.integer),
                max: pipeline["in-flight"]["max"].certain(\.integer)
            ),
            window: WindowPolicy(
                open: window["open"].certain(\.integer),
                distance: Int64(window["distance"].certain(\.integer)),
                bytes: window["bytes"].certain(\.size).value
            ),
            retry: RetryPolicy(
                initial: retry["initial"].certain(\.duration),
                multiplier: retry["multiplier"].certain(\.number),
                max: retry["max"].certain(\.duration),
                maxAttempts: retry["max-attempts"].certain(\.integer),
                budget: retry["budget"].certain(\.duration),
                maybeRan: retry["maybe-ran"].certain(MaybeRanRule.self)
            ),
            injectMember: member.isEmpty ? nil : member,
            isPaused: pipeline["paused"].certain(\.flag)
        )
    }
}
