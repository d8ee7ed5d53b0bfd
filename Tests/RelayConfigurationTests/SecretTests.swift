import Foundation
import RelayConfiguration
import RelayCore
import Testing

@Suite("References and secrets")
struct SecretTests {
    @Test(
        "references in values are replaced, and $$ is a dollar",
        arguments: [
            ("${NAME}", "value"), ("a-${NAME}-b", "a-value-b"), ("${UNSET:-fallback}", "fallback"),
            ("${EMPTY:-fallback}", "fallback"), ("${NAME:-fallback}", "value"), ("x${EMPTY}", "x"), ("$$5", "$5"),
            ("$${NAME}", "${NAME}"), ("${NAME}${NAME}", "valuevalue"),
        ]
    )
    func references(text: String, expected: String) throws {
        let configuration = try Sample.parse(
            Sample.minimal("orders-relay", text),
            environment: ["NAME": "value", "EMPTY": "", "SECRET": "s"]
        )
        #expect(configuration.group == expected)
    }

    @Test("a value that is no text may be a reference too")
    func typedReference() throws {
        let configuration = try Sample.parse(
            Sample.minimal("group:", "memory: {max: \"${MEMORY}\"}\ngroup:"),
            environment: ["MEMORY": "1GiB", "SECRET": "s"]
        )
        #expect(configuration.memoryMax == ByteCount(1 << 30))
    }

    @Test("a file's value comes without one trailing line break, and a secret file is read again")
    func files() throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "wxrelay-\(UUID().uuidString)").path()
        defer {
            do { try FileManager.default.removeItem(atPath: path) } catch { Issue.record(error) }
        }
        try "first\n".write(toFile: path, atomically: true, encoding: .utf8)
        let configuration = try Sample.parse(
            Sample.minimal("${SECRET}", "${file:\(path)}").replacing("orders-relay", with: "${file:\(path)}")
        )
        #expect(configuration.group == "first")
        guard case .stable(let source) = configuration.apps[0].token else {
            Issue.record("not a stable token")
            return
        }
        #expect(source == .file(path: path))
        #expect(try source.read() == Secret("first"))
        try "second\r\n".write(toFile: path, atomically: true, encoding: .utf8)
        #expect(try source.read() == Secret("second"))
        try "third\n\n".write(toFile: path, atomically: true, encoding: .utf8)
        #expect(try source.read() == Secret("third\n"))
        try "\n".write(toFile: path, atomically: true, encoding: .utf8)
        do throws(SecretUnreadable) {
            Issue.record("read \(try source.read())")
        } catch {
            #expect("\(error)" == "secret file '\(path)' is empty")
        }
    }

    @Test("no description of a configuration holds a secret")
    func masked() throws {
        let text = Sample.minimal("${SECRET}", "literal-secret")
            .replacing("bootstrap.servers: b1:9092", with: "bootstrap.servers: b, ssl.key.password: literal-secret")
            .replacing("orders:\n", with: "orders:\n    inject: {member: m}\n")
        let configuration = try Sample.parse(text)
        var dumped = ""
        dump(configuration, to: &dumped)
        for shown in [configuration.printed(), "\(configuration)", String(reflecting: configuration), dumped] {
            #expect(shown.contains("***"))
            #expect(!shown.contains("literal-secret"))
        }
    }

    @Test("a proxy's user and password are shown nowhere, wherever they come from")
    func proxy() throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "wxrelay-\(UUID().uuidString)").path()
        defer {
            do { try FileManager.default.removeItem(atPath: path) } catch { Issue.record(error) }
        }
        try "http://us%40er:hunter2@egress:3128\n".write(toFile: path, atomically: true, encoding: .utf8)
        let environment = [
            "SECRET": "s", "PROXY": "http://us%40er:hunter2@egress:3128", "USER": "us%40er", "PASSWORD": "hunter2",
        ]
        for (text, shown) in [
            ("http://us%40er:hunter2@Egress:3128/", "http://***@egress:3128"),
            ("http://${USER}:${PASSWORD}@egress:3128", "http://***@egress:3128"), ("${PROXY}", "${PROXY}"),
            ("${file:\(path)}", "${file:\(path)}"),
        ] {
            let configuration = try Sample.parse(
                Sample.minimal("    app-id:", "    proxy: '\(text)'\n    app-id:"),
                environment: environment
            )
            let source = try #require(configuration.apps.first?.proxy)
            #expect("\(source)" == shown)
            #expect(configuration.printed().contains(shown))
            let proxy = try source.read()
            #expect("\(proxy)" == "http://***@egress:3128")
            // us@er:hunter2
            #expect(proxy.authorization == Secret("Basic dXNAZXI6aHVudGVyMg=="))
            var dumped = ""
            dump(configuration, to: &dumped)
            dump(proxy, to: &dumped)
            for text in [configuration.printed(), "\(configuration)", String(reflecting: configuration), dumped] {
                #expect(!text.contains("hunter2") && !text.contains("dXNA"))
            }
        }
        try "hunter2\n".write(toFile: path, atomically: true, encoding: .utf8)
        let problems = Sample.problems(Sample.minimal("    app-id:", "    proxy: '${file:\(path)}'\n    app-id:"))
        #expect(
            problems == [
                "f.yaml:5:12: 'apps.main.proxy': ${file:\(path)} holds no proxy's URL, expected a URL that begins with"
                    + " http://; TLS goes through the proxy, not to it; write http://user:password@host:port into it"
            ]
        )
    }

    @Test("a secret in the wrong place is not shown by the problem")
    func misplaced() {
        let problems = Sample.problems(Sample.minimal("createOrder", "not a ${SECRET}"))
        #expect(problems.count == 1)
        #expect(problems.first?.contains("'not a ${SECRET}'") == true)
        #expect(problems.first?.contains("hush") == false)
    }

    @Test("librdkafka is asked about each property but for a secret's value")
    func asked() throws {
        // The check is called on this thread, before `parse` returns.
        final class Calls { var names: [String: String] = [:] }
        let calls = Calls()
        _ = try Configuration.parse(
            Sample.minimal("servers: b1:9092", "servers: b, client.id: me, sasl.password: p, debug: all"),
            file: "f.yaml",
            environment: Sample.environment
        ) { name, value in
            calls.names[name] = value
            return nil
        }
        #expect(calls.names == ["client.id": "me", "sasl.password": "***", "debug": "all"])
    }

    @Test("a property that librdkafka refuses is a problem at its key")
    func refusedByLibrary() {
        #expect(
            Sample.problems(Sample.minimal("servers: b1:9092", "servers: b, no.such.thing: 1")) == [
                "f.yaml:1:31: 'kafka.no.such.thing' is refused by librdkafka: No such configuration property;"
                    + " see librdkafka's CONFIGURATION.md"
            ]
        )
    }

    @Test(
        "properties that promises rest on are refused with what to use instead",
        arguments: [
            ("enable.auto.commit", "remove it"), ("enable.auto.offset.store", "remove it"),
            ("auto.offset.reset", "use 'start-from' and 'on-out-of-range'"), ("group.id", "use 'group'"),
            ("group.instance.id", "use 'instance-id'"),
            ("isolation.level", "remove it: only committed requests are read"),
            ("acks", "remove it"), ("request.required.acks", "remove it"), ("enable.idempotence", "remove it"),
            ("partition.assignment.strategy", "remove it: it is cooperative-sticky"),
            ("enable.partition.eof", "remove it"),
            ("message.timeout.ms", "remove it"), ("delivery.timeout.ms", "remove it"),
            ("partitioner", "remove it: it is murmur2_random"), ("transactional.id", "remove it"),
            ("enable.gapless.guarantee", "remove it"), ("delivery.report.only.error", "remove it"),
            ("allow.auto.create.topics", "use 'create-topics'"), ("metadata.broker.list", "use 'bootstrap.servers'"),
            ("fetch.message.max.bytes", "use 'max.partition.fetch.bytes'"),
            ("queue.buffering.max.ms", "use 'linger.ms'"),
        ]
    )
    func refused(name: String, remedy: String) {
        let problems = Sample.problems(Sample.minimal("servers: b1:9092", "servers: b, \(name): x"))
        #expect(problems.count == 1)
        #expect(problems.first?.hasPrefix("f.yaml:1:31: '\(name)' is refused: ") == true)
        #expect(problems.first?.hasSuffix("; \(remedy)") == true)
    }
}
