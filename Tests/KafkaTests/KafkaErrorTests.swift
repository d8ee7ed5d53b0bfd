import Kafka
import Testing

@Suite("Kafka errors") struct KafkaErrorTests {
    @Test(
        "a code has Kafka's name",
        arguments: [
            (KafkaError.Code.topicException, "TOPIC_EXCEPTION"),
            (.queueFull, "_QUEUE_FULL"),
            (.offsetOutsideLog, "_AUTO_OFFSET_RESET"),
            (.offsetMetadataTooLarge, "OFFSET_METADATA_TOO_LARGE"),
        ]
    )
    func names(code: KafkaError.Code, name: String) {
        #expect(code.name == name)
        #expect(KafkaError(code: code).description.hasPrefix("\(name): "))
    }

    @Test("errors are equal by code, words and weight")
    func equality() {
        #expect(KafkaError(code: .transport) == KafkaError(code: .transport))
        #expect(KafkaError(code: .transport) != KafkaError(code: .transport, reason: "b1:9092 refused"))
        #expect(KafkaError(code: .transport) != KafkaError(code: .transport, isFatal: true))
    }

    @Test(
        "what passes by itself is retriable",
        arguments: [
            (KafkaError.Code.queueFull, true), (.notLeader, true), (.unknownTopicOrPartition, true),
            (.messageTooLarge, false), (.topicException, false), (.topicAuthorizationFailed, false),
            (.init(rawValue: 9_999), false),
        ]
    )
    func retriable(code: KafkaError.Code, isRetriable: Bool) {
        #expect(KafkaError(code: code).isRetriable == isRetriable)
    }

    @Test("nothing fatal is retriable")
    func fatal() {
        #expect(!KafkaError(code: .transport, isFatal: true).isRetriable)
    }
}
