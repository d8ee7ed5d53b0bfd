import Foundation
import RelayConfiguration
import RelayCore
import Testing

@Suite("Reloads") struct ReloadTests {
    private func reload(_ old: String, _ new: String) throws -> Reload {
        Reload(from: try Sample.parse(old), to: try Sample.parse(new))
    }

    // MARK: Every key

    @Test("every key of the table is judged: a reload applies it, or it takes effect at the next start")
    func judged() {
        let keys = DescribedKey.all.filter { !$0.isSection }.map { $0.path.joined(separator: " ") }
        #expect(Set(keys) == Set(JudgedKey.all.map(\.path)), "a new key needs a row in JudgedKey, a live one its mark")
        #expect(keys.count == JudgedKey.all.count)
    }

    @Test("a live key takes its new value, any other keeps the old one, and both are named", arguments: JudgedKey.all)
    func key(key: JudgedKey) throws {
        let (old, new) = try (Sample.parse(key.files.0), Sample.parse(key.files.1))
        let reload = Reload(from: old, to: new)
        // A source that becomes static brings its value with it, and both wait.
        let companions = key.path.hasSuffix("token source") ? ["apps.main.token.value"] : []
        #expect(reload.applied == (key.isLive ? [key.key] : []))
        #expect(reload.atNextStart == (key.isLive ? [] : [key.key] + companions))
        #expect(reload.configuration.printed() == (key.isLive ? new : old).printed())
        #expect(reload.configuration.policy == (key.isLive ? new : old).policy)
        #expect(reload.configuration.apps == (key.isLive ? new : old).apps)
        #expect(reload.configuration.kafka == old.kafka)
    }

    @Test("schema and example mark the live keys, and no others", arguments: JudgedKey.all)
    func marked(key: JudgedKey) throws {
        let described = try #require(DescribedKey.all.first { $0.path.joined(separator: " ") == key.path })
        #expect(described.description.hasSuffix(" (live)") == key.isLive)
        let words = described.description.replacing(" (live)", with: "")
        let line = ConfigurationExample.yaml().split(separator: "\n").first { $0.hasSuffix(" \(words)") }
        #expect(line?.contains("[l] ") == key.isLive)
    }

    @Test("the contract's table has the live keys, and no others")
    func contract() throws {
        let section = try Repository.text("docs/contract.md").split(separator: "\n")
            .drop { $0 != "## 5. Reload" }.prefix { $0.hasPrefix("## 5") || !$0.hasPrefix("## ") }
        let rows = section.filter { $0.hasPrefix("| `") }
        let named = rows.flatMap { row in
            row.split(separator: "|", omittingEmptySubsequences: true)[0].split(separator: "`").map(String.init)
                .filter { $0.contains { $0.isLetter } }
        }
        let live = JudgedKey.all.filter(\.isLive).map {
            $0.path.split(separator: " ").joined(separator: ".").replacing("apps.*", with: "apps.A")
                .replacing("pipelines.*", with: "pipelines.P")
        }
        #expect(named.sorted() == (live + ["errcodes.CODE"]).sorted())
    }

    @Test("limits of environments and functions come and go with the file")
    func limits() throws {
        func file(_ limits: String) -> String { Sample.minimal("    app-id:", "    limits: {\(limits)}\n    app-id:") }
        let one = file("envs: {prod-1a2b: {rate: 1/s}}")
        let other = file("rate: 9/s, envs: {prod-1a2b: {functions: {createOrder: {rate: 2/s}}}}")
        for (old, new) in [(Sample.minimal, one), (one, other), (other, Sample.minimal)] {
            let reload = try reload(old, new)
            #expect(reload.configuration.policy == (try Sample.parse(new).policy))
            #expect(reload.configuration.printed() == (try Sample.parse(new).printed()))
            #expect(reload.atNextStart == [])
        }
        #expect(
            try reload(one, other).applied == [
                "apps.main.limits.rate", "apps.main.limits.envs.prod-1a2b.rate",
                "apps.main.limits.envs.prod-1a2b.functions.createOrder",
            ]
        )
    }

    // MARK: Together

    @Test("of one file the live keys apply and the others do not")
    func together() throws {
        let reload = try reload(
            Sample.minimal,
            Sample.minimal("createOrder", "other").replacing(
                "    env:",
                with: "    paused: true\n    retry: {max-attempts: 3}\n    dead-letter: {topic: d}\n    env:"
            )
        )
        var expected = try Sample.parse(Sample.minimal).policy
        expected.pipelines[0].isPaused = true
        expected.pipelines[0].retry.maxAttempts = 3
        #expect(reload.configuration.policy == expected)
        #expect(reload.applied == ["pipelines.orders.retry.max-attempts", "pipelines.orders.paused"])
        #expect(reload.atNextStart == ["pipelines.orders.function", "pipelines.orders.dead-letter.topic"])
    }

    @Test("what waits for the next start is named by every reload until then")
    func waitingStays() throws {
        let read = try Sample.parse(Sample.minimal("orders-relay", "g").replacing("b1:9092", with: "b2:9092"))
        let first = Reload(from: try Sample.parse(Sample.minimal), to: read)
        let second = Reload(from: first.configuration, to: read)
        #expect(first.atNextStart == ["kafka.bootstrap.servers", "group"])
        #expect(second.atNextStart == first.atNextStart)
        #expect(second.applied.isEmpty)
    }

    @Test(
        "another spelling or order is no change",
        arguments: [
            Sample.minimal("    env:", "    retry: {budget: 60m, initial: 200ms}\n    paused: false\n    env:"),
            Sample.minimal(
                "    env: prod-1a2b\n    function: createOrder",
                "    function: createOrder\n    env: prod-1a2b"
            ),
            Sample.minimal("group: orders-relay\n", "") + "group: 'orders-relay'\n",
            Sample.minimal("b1:9092", "\"b1:9092\", linger.ms: 5"),
        ]
    )
    func spelling(text: String) throws {
        let reload = try reload(Sample.minimal, text)
        #expect(reload.applied.isEmpty)
        #expect(reload.atNextStart.isEmpty)
    }

    @Test("errcodes come, change and go live; librdkafka's properties at the next start")
    func extras() throws {
        let base =
            "errcodes: {-1: throttled, -2: transient}\n" + Sample.minimal("b1:9092", "b, debug: all, client.id: a")
        let other =
            "errcodes: {-2: function_failed, -3: transient}\n"
            + Sample.minimal("b1:9092", "b, client.id: b, retry.backoff.ms: 9")
        let reload = try reload(base, other)
        #expect(reload.applied == ["errcodes.-1", "errcodes.-2", "errcodes.-3"])
        #expect(reload.configuration.policy.overrides == [-2: .functionFailed, -3: .transient])
        #expect(reload.atNextStart == ["kafka.debug", "kafka.client.id", "kafka.retry.backoff.ms"])
        #expect(reload.configuration.kafka == (try Sample.parse(base)).kafka)
    }

    // MARK: Apps and pipelines

    private static let two = """
        kafka: {bootstrap.servers: b1:9092}
        group: g
        apps:
          a: {app-id: wx0123456789abcdef, app-secret: s}
          b: {app-id: wx1123456789abcdef, app-secret: s}
        pipelines:
          one: {app: a, env: e, function: f, request: {topic: q1}, reply: {topic: r}}
          two: {app: b, env: e, function: f, request: {topic: q2}, reply: {topic: r}}

        """

    @Test("apps and pipelines that come, go or are renamed are named and wait; those that stay keep their places")
    func entries() throws {
        let other = """
            kafka: {bootstrap.servers: b1:9092}
            group: g
            apps:
              c: {app-id: wx2123456789abcdef, app-secret: s}
              b: {app-id: wx1123456789abcdef, app-secret: t}
            pipelines:
              new: {app: c, env: e, function: f, request: {topic: q1}, reply: {topic: r}}
              two: {app: b, env: e, function: f, request: {topic: q2}, reply: {topic: r}, paused: true}

            """
        let reload = try reload(Self.two, other)
        #expect(
            reload.atNextStart == [
                "apps.a (removed)", "apps.c (added)", "pipelines.one (removed)", "pipelines.new (added)",
            ]
        )
        #expect(reload.applied == ["apps.b.app-secret", "pipelines.two.paused"])
        #expect(reload.appsWithNewSecret == [1])
        var expected = try Sample.parse(Self.two).policy
        expected.pipelines[1].isPaused = true
        #expect(reload.configuration.policy == expected)
        #expect(reload.configuration.apps.map(\.name) == ["a", "b"])
    }

    @Test("a secret that comes or goes with another token source waits with it")
    func otherSource() throws {
        let file = Self.two.replacing(
            "b: {app-id: wx1123456789abcdef, app-secret: s}",
            with: "b: {app-id: wx1123456789abcdef, token: {source: static, value: t}}"
        )
        let reload = try reload(Self.two, file)
        #expect(reload.applied.isEmpty)
        #expect(
            reload.atNextStart == ["apps.b.app-secret", "apps.b.token.source", "apps.b.token.value"]
        )
        #expect(reload.configuration.apps == (try Sample.parse(Self.two)).apps)
        let back = try self.reload(file, Self.two)
        #expect(back.applied.isEmpty && back.atNextStart.count == 3)
    }

    @Test(
        "a secret that comes with another app id waits with it, and so does one that comes with another name for the token"
    )
    func otherApp() throws {
        let file = Self.two.replacing("wx1123456789abcdef, app-secret: s", with: "wx3123456789abcdef, app-secret: t")
        let reload = try reload(Self.two, file)
        #expect(reload.applied.isEmpty)
        #expect(reload.atNextStart == ["apps.b.app-id", "apps.b.app-secret"])
        #expect(reload.appsWithNewSecret.isEmpty)
    }

    @Test("a proxy's file that holds another proxy is named, and waits")
    func proxyFile() throws {
        try withFile { path in
            try "http://relay:secret@egress:3128".write(toFile: path, atomically: true, encoding: .utf8)
            let text = Self.two.replacing("b: {app-id", with: "b: {proxy: \"${file:\(path)}\", app-id")
            let running = try Sample.parse(text)
            try "http://other:secret@egress:3128".write(toFile: path, atomically: true, encoding: .utf8)
            let reload = Reload(from: running, to: try Sample.parse(text))
            #expect(reload.applied.isEmpty)
            #expect(reload.atNextStart == ["apps.b.proxy"])
        }
    }

    @Test("another order of apps and pipelines is no change")
    func order() throws {
        let lines = Self.two.split(separator: "\n").map(String.init)
        let turned = [0, 1, 2, 4, 3, 5, 7, 6].map { lines[$0] }.joined(separator: "\n")
        let reload = try reload(Self.two, turned)
        #expect(reload.applied.isEmpty)
        #expect(reload.atNextStart.isEmpty)
        #expect(reload.configuration.policy == (try Sample.parse(Self.two)).policy)
    }

    // MARK: Secrets and files

    private func withFile(_ body: (String) throws -> Void) throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "wxrelay-\(UUID().uuidString)").path()
        try "first-secret".write(toFile: path, atomically: true, encoding: .utf8)
        let result = Result { try body(path) }
        try FileManager.default.removeItem(atPath: path)
        try result.get()
    }

    @Test("an app's secret counts as changed when its file's content did; Kafka's waits, and is named again")
    func contents() throws {
        try withFile { path in
            let text = Sample.minimal("${SECRET}", "${file:\(path)}")
                .replacing(
                    "{bootstrap.servers: b1:9092}",
                    with: "{bootstrap.servers: b, sasl.password: \"${file:\(path)}\"}"
                )
            let running = try Sample.parse(text)
            let same = Reload(from: running, to: try Sample.parse(text))
            #expect(same.applied.isEmpty && same.atNextStart.isEmpty && same.appsWithNewSecret.isEmpty)
            try "second-secret\n".write(toFile: path, atomically: true, encoding: .utf8)
            let read = try Sample.parse(text)
            let first = Reload(from: running, to: read)
            #expect(first.applied == ["apps.main.app-secret"])
            #expect(first.atNextStart == ["kafka.sasl.password"])
            #expect(first.appsWithNewSecret == [0])
            let second = Reload(from: first.configuration, to: read)
            #expect(second.applied.isEmpty)
            #expect(second.atNextStart == ["kafka.sasl.password"])
            #expect(second.appsWithNewSecret.isEmpty)
            var dumped = ""
            dump(first, to: &dumped)
            for text in [dumped, "\(first)"] {
                #expect(text.contains("***"))
                #expect(!text.contains("first-secret") && !text.contains("second-secret"))
            }
        }
    }

    @Test("a secret written out, or another reference, is a change that shows no secret")
    func sources() throws {
        let reload = try reload(Sample.minimal, Sample.minimal("${SECRET}", "literal-secret"))
        #expect(reload.applied == ["apps.main.app-secret"])
        #expect(reload.appsWithNewSecret == [0])
        #expect(reload.configuration.apps[0].token.secret == .literal(Secret("literal-secret")))
        #expect(!"\(reload)".contains("literal-secret"))
    }

    @Test("the files that references name are known, of a file with mistakes too")
    func files() throws {
        try withFile { path in
            let text = Sample.minimal("${SECRET}", "${file:\(path)}").replacing("orders-relay", with: "${file:\(path)}")
            let named = try Sample.parse(text).files
            #expect(named == [path])
            do throws(ConfigurationProblems) {
                _ = try Sample.parse(
                    text.replacing("prod-1a2b", with: "${file:no/such}").replacing("env:", with: "paused: 1\n    env:")
                )
                Issue.record("no problem")
            } catch {
                #expect(error.problems.count == 2)
                #expect(Set(error.files) == [path, "no/such"])
            }
        }
    }

    // MARK: Watching

    @Test("a change is due once two looks in a row show the same, and the first time too")
    func watch() {
        var watch = FileWatch<Int>()
        let looks: [([String: Int], Bool)] = [
            (["f": 1], false), (["f": 1], true), (["f": 1], false), (["f": 2], false), (["f": 3], false),
            (["f": 3], true), (["f": 3], false), ([:], false), (["f": 3], false), (["f": 3], false),
            (["f": 3, "g": 1], false), (["f": 3, "g": 1], true), (["f": 3], false), (["f": 3], true),
            ([:], false), ([:], true),
        ]
        for (index, (look, isDue)) in looks.enumerated() { #expect(watch.isDue(look) == isDue, "look \(index)") }
    }
}
