import Kafka
import Testing

@Suite("Properties") struct PropertiesTests {
    @Test(
        "each property belongs to the clients that librdkafka's list names",
        arguments: [
            ("bootstrap.servers", PropertyRole.both),
            ("linger.ms", .producer),
            ("fetch.wait.max.ms", .consumer),
            ("auto.offset.reset", .consumer),
            ("partitioner", .producer),
            ("compression.codec", .producer),
            ("Property", .unlisted),
            ("fetch.backwards", .unlisted),
        ]
    )
    func roles(name: String, role: PropertyRole) {
        #expect(PropertyRole(of: name) == role)
    }

    @Test("the list of names is there for suggestions")
    func names() {
        #expect(PropertyRole.listedNames.contains("session.timeout.ms"))
    }

    @Test("a value that was set is given back")
    func setting() throws {
        var properties = Properties()
        try properties.set("linger.ms", to: "7")
        #expect(properties["linger.ms"] == "7")
        #expect(properties.names == ["linger.ms"])
    }

    @Test("an unknown name is refused in librdkafka's words")
    func unknown() {
        var properties = Properties()
        let error = #expect(throws: PropertyError.self) { try properties.set("lingr.ms", to: "7") }
        #expect(error?.description == "lingr.ms: No such configuration property: \"lingr.ms\"")
        #expect(properties.names.isEmpty)
    }

    @Test("an impossible value is refused in librdkafka's words")
    func impossible() {
        var properties = Properties()
        let error = #expect(throws: PropertyError.self) { try properties.set("acks", to: "most") }
        #expect(error?.property == "acks")
        #expect(error?.reason == "Invalid value for configuration property \"request.required.acks\"")
    }

    @Test("a NUL in a value is refused instead of cutting the value short")
    func nul() {
        var properties = Properties()
        #expect(throws: PropertyError.self) { try properties.set("client.id", to: "a\0b") }
    }

    @Test(
        "secrets are masked",
        arguments: [
            "sasl.password", "ssl.key.password", "ssl.keystore.password", "ssl.key.pem", "sasl.username",
            "sasl.oauthbearer.config",
        ]
    )
    func masked(name: String) throws {
        #expect(Properties.isSecret(name))
        var properties = Properties()
        try properties.set(name, to: "hunter2")
        #expect(properties.description == "\(name)=[redacted]")
        #expect(properties[name] == "hunter2")
    }

    @Test("a secret that is refused is not in the error")
    func refusedSecret() {
        var properties = Properties()
        let error = #expect(throws: PropertyError.self) {
            try properties.set("https.proxy.password.retries", to: "hunter2")
        }
        #expect(error?.description.contains("hunter2") == false)
    }

    @Test("what is no secret is shown")
    func shown() throws {
        var properties = Properties()
        try properties.set("client.id", to: "relay")
        #expect(properties.description == "client.id=relay")
    }

    @Test("what no client can be made of is an error with librdkafka's words")
    func contradiction() throws {
        var properties = Properties()
        try properties.set("queue.buffering.max.messages", to: "1")
        try properties.set("max.in.flight.requests.per.connection", to: "6")
        let error = #expect(throws: KafkaError.self) { _ = try Producer(properties, logger: .silent) {} }
        #expect(error?.reason.contains("max.in.flight") == true)
    }
}
