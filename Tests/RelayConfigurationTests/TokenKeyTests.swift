import RelayConfiguration
import RelayCore
import Testing

@Suite("Keys of token sources and the call style")
struct TokenKeyTests {
    /// The app's secret replaced by these keys.
    private static func app(_ keys: String) -> String {
        Sample.minimal("    app-secret: ${SECRET}\n", keys.isEmpty ? "" : "    \(keys)\n")
    }

    /// Without their places.
    private static func problems(_ text: String) -> [String] {
        do {
            _ = try Sample.parse(text)
            return []
        } catch {
            return error.problems.map { "\($0.problem); \($0.remedy)" }
        }
    }

    private static func app(of text: String) throws -> AppSettings {
        try #require(Sample.parse(text).apps.first)
    }

    @Test("each source reaches the client with what it needs")
    func sources() throws {
        let secret = SecretSource.literal(Secret("s"))
        let classic = try Self.app(of: Self.app("app-secret: s\n    token: {source: token}"))
        #expect(classic.token == .classic(appSecret: secret))
        let file = try Self.app(of: Self.app("token: {source: file, file: f, path: $$.a.b}"))
        #expect(file.token == .file("f", path: TokenPath("a.b")))
        let fixed = try Self.app(of: Self.app("token: {source: static, value: s}"))
        #expect(fixed.token == .fixed(token: secret))
        let service = try Self.app(
            of: Self.app("token: {source: url, url: 'https://Tokens:8443/wx/?a=b&c', bearer: s, path: data.token}")
        )
        guard case .service(let url, let bearer, let path) = service.token else {
            Issue.record("\(service.token)")
            return
        }
        #expect(url.origin.description == "https://tokens:8443")
        #expect(url.target == Secret("/wx/?a=b&c"))
        #expect(url.description == "https://tokens:8443/wx/?***")
        #expect(bearer == secret)
        #expect(path == TokenPath("data.token"))
    }

    @Test(
        "a token service's URL is sent as it is written",
        arguments: [
            ("http://127.0.0.1:1", "/", "http://127.0.0.1:1/"), ("http://127.0.0.1/", "/", "http://127.0.0.1/"),
            ("http://localhost/a//b/", "/a//b/", "http://localhost/a//b/"),
            ("http://[::1]?q", "/?q", "http://[::1]/?***"), ("https://t/a?", "/a?", "https://t/a?***"),
            ("https://t/a?b=/?c", "/a?b=/?c", "https://t/a?***"),
        ]
    )
    func urls(text: String, target: String, shown: String) throws {
        let configuration = try Sample.parse(Self.app("token: {source: url, url: '\(text)'}"))
        guard case .service(let url, nil, nil) = configuration.apps.first?.token else {
            Issue.record("no token service")
            return
        }
        #expect(url.target.exposed == target)
        #expect(url.description == shown)
        #expect(configuration.warnings.isEmpty)
    }

    @Test(
        "what is no such URL is refused, and nothing of a query or a password is shown",
        arguments: [
            "ftp://h/wx?key=hush", "https://me:hush@h/wx", "https://h/wx?key=hush#f", "https://h/wx?key=hu sh",
            "https://h/wx?key=hüsh", "https://?key=hush", "tokens/hush?",
        ]
    )
    func noURL(text: String) {
        let problems = Sample.problems(Self.app("token: {source: url, url: '\(text)'}"))
        #expect(problems.count == 1)
        let expected = "f.yaml:6:31: 'apps.main.token.url' is a URL with an @ or a query, expected a URL"
        #expect(problems.first?.hasPrefix(expected) == true)
        #expect(problems.first?.contains("hush") == false)
    }

    @Test("the call style is the core's to know, the parameter the client's")
    func styleAndParameter() throws {
        let text = Self.app("call-style: body\n    token: {source: file, file: f, parameter: cloudbase_access_token}")
        let configuration = try Sample.parse(text)
        #expect(configuration.policy.apps == [AppPolicy(name: "main", token: .file, callStyle: .body)])
        #expect(configuration.apps.map(\.tokenParameter) == [.cloudbase])
        #expect(try Sample.parse(Sample.minimal).apps.map(\.tokenParameter) == [.accessToken])
    }

    @Test(
        "a key that a source needs is missed, one that has no meaning for it is refused",
        arguments: [
            (
                "token: {source: url, file: f, value: x}",
                [
                    "'apps.main.token.url' is missing, and token.source url needs it;"
                        + " add it, e.g. url: https://tokens.internal/wx",
                    "'apps.main.token.file' has no meaning with token.source url; remove it, or write source: file",
                    "'apps.main.token.value' has no meaning with token.source url;"
                        + " remove it, or write source: static",
                ]
            ),
            (
                "token: {source: file, url: 'http://h', bearer: b}",
                [
                    "'apps.main.token.file' is missing, and token.source file needs it;"
                        + " add it, e.g. file: /run/wx/access_token",
                    "'apps.main.token.url' has no meaning with token.source file; remove it, or write source: url",
                    "'apps.main.token.bearer' has no meaning with token.source file;"
                        + " remove it, or write source: url",
                ]
            ),
            (
                "token: {source: token, path: a, parameter: cloudbase_access_token}",
                [
                    "'apps.main.app-secret' is missing, and token.source token needs it;"
                        + " add it, e.g. app-secret: ${file:/run/secrets/wx}",
                    "'apps.main.token.path' has no meaning with token.source token;"
                        + " remove it, or write source: url or source: file",
                    "'apps.main.token.parameter' is cloudbase_access_token, which token.source token does not give;"
                        + " remove it, or write source: file or source: url",
                ]
            ),
            (
                "token: {source: static, value: x, path: a..b}",
                [
                    "'apps.main.token.path' has no meaning with token.source static;"
                        + " remove it, or write source: url or source: file",
                    "'apps.main.token.path' is 'a..b', expected names of JSON members divided by dots;"
                        + " write e.g. path: data.access_token",
                ]
            ),
        ] as [(String, [String])]
    )
    func mistakes(keys: String, expected: [String]) {
        #expect(Self.problems(Self.app(keys)) == expected)
    }

    @Test("two apps that would end each other's classic tokens are refused")
    func twoClassic() {
        let key = "{app-id: wx0123456789abcdef, app-secret: s, token: {source: token}}"
        let text = Self.app("").replacing(
            "  main:\n    app-id: wx0123456789abcdef\n",
            with: "  main: \(key)\n  other: \(key)\n"
        ).replacing("    env:", with: "    app: main\n    env:")
        #expect(
            Self.problems(text) == [
                "'apps.other.token.source' is token, and the app 'main' fetches classic tokens of the same app-id:"
                    + " they would end each other's; write source: stable_token, or use one app"
            ]
        )
    }

    @Test(
        "what is doubtful is a warning",
        arguments: [
            (
                "app-secret: s\n    token: {source: token}",
                "'apps.main.token.source' is token: each request for a classic token ends the one before, so that only"
                    + " one process of all that use the app may hold it; run one process and no other tool that fetches"
                    + " tokens, or write source: stable_token"
            ),
            (
                "token: {source: url, url: 'http://tokens.internal/wx?key=hush'}",
                "'apps.main.token.url' is plain http: the access token can be read on the way;"
                    + " write https://tokens.internal where the service has it"
            ),
            (
                "token: {source: url, url: 'https://t/', bearer: '${file:no/such}'}",
                "'apps.main.token.bearer': secret file 'no/such' does not exist; provide it before the relay starts"
            ),
            (
                "token: {source: file, file: no/such}",
                "'apps.main.token.file' is 'no/such', which does not exist; no call is made before the token is there"
            ),
        ]
    )
    func warnings(keys: String, expected: String) throws {
        #expect(try Sample.parse(Self.app(keys)).warnings.map { "\($0.problem); \($0.remedy)" } == [expected])
    }

    @Test("no description of a configuration holds a bearer or a query, and what is printed reads back")
    func masked() throws {
        let text = Self.app("token: {source: url, url: 'https://t/wx?key=hush-query', bearer: hush-bearer, path: a.b}")
        let configuration = try Sample.parse(text)
        var dumped = ""
        dump(configuration, to: &dumped)
        for shown in [configuration.printed(), "\(configuration)", String(reflecting: configuration), dumped] {
            #expect(shown.contains("***"))
            #expect(!shown.contains("hush"))
        }
        let plain = Self.app("token: {source: url, url: 'https://t/wx', path: $$.a}")
        let again = try Sample.parse(try Sample.parse(plain).printed())
        #expect(again.apps == (try Sample.parse(plain)).apps)
    }
}
