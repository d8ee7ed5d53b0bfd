import Kafka
import Logging

/// The demo's brokers: librdkafka's mock in this process, unless others are named.
struct MockKafka: ~Copyable {
    private let cluster: MockCluster?
    let address: String

    init(instead brokers: String?, logger: Logger) throws(KafkaError) {
        if let brokers {
            cluster = nil
            address = brokers
        } else {
            let cluster = try MockCluster(brokers: 1, logger: logger)
            address = cluster.bootstrapServers
            self.cluster = consume cluster
        }
    }
}
