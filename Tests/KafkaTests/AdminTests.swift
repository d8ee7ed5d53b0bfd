import Kafka
import Testing

@Suite("Admin without brokers") struct AdminTests {
    @Test("a time-out says what the client met")
    func unreachable() throws {
        var properties = Properties()
        // Nothing listens on the discard port.
        try properties.set("bootstrap.servers", to: "127.0.0.1:9")
        let admin = try Admin(properties, logger: .silent)
        let error = #expect(throws: KafkaError.self) { try admin.cluster(timeout: .milliseconds(500)) }
        #expect(error?.isRetriable == true)
        #expect(error?.reason.contains("127.0.0.1:9") == true)
    }
}
