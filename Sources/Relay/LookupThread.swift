import Dispatch
package import Kafka
package import Logging
import RelayCore

/// Helper threads for questions to the brokers that block: one for where partitions begin, which the whole group waits
/// for, one for everything else.
package final class LookupThread: Sendable {
    private let queue = DispatchQueue(label: "wxrelay.lookups")
    private let urgent = DispatchQueue(label: "wxrelay.start-offsets")
    private let properties: Properties
    private let logger: Logger

    package init(properties: Properties, logger: Logger) {
        self.properties = properties
        self.logger = logger
    }

    /// Runs a blocking question on the thread, one after the other.
    func run(after delay: Duration = .zero, _ question: @escaping @Sendable () -> Void) {
        queue.asyncAfter(deadline: .now() + .nanoseconds(Int(delay.wholeNanoseconds)), execute: question)
    }

    /// Runs a question that the whole group waits for, beside all others.
    func runUrgently(after delay: Duration, _ question: @escaping @Sendable () -> Void) {
        urgent.asyncAfter(deadline: .now() + .nanoseconds(Int(delay.wholeNanoseconds)), execute: question)
    }

    /// What goes wrong is thrown with librdkafka's reasons, so its own lines on it, repeated with every client, are left
    /// out of the log.
    private var quiet: Logger {
        var quiet = logger
        quiet.logLevel = .critical
        return quiet
    }

    /// Asks the brokers about topics through a consumer's handle, which creates none.
    package func topics(_ names: [String], timeout: Duration) throws(KafkaError) -> [TopicDescription] {
        let admin = try Admin(properties, logger: quiet)
        var found: [TopicDescription] = []
        for name in names { found.append(try admin.topic(name, timeout: timeout)) }
        return found
    }

    /// The timestamps of single records, by a client of its own.
    func timestamps(
        of records: [(partition: TopicPartition, offset: Kafka.Offset)],
        timeout: Duration
    ) -> [RecordLook] {
        do throws(KafkaError) {
            return try Admin(properties, logger: quiet).timestamps(of: records, timeout: timeout)
        } catch {
            logger.debug("records cannot be looked at", metadata: ["error": "\(error)"])
            return [RecordLook](repeating: .unanswered, count: records.count)
        }
    }

    /// Creates a topic with the brokers' own defaults.
    package func create(_ name: String, timeout: Duration) throws(KafkaError) {
        let admin = try Admin(properties, logger: quiet)
        let results = try admin.create([NewTopic(name: name, partitions: -1)], timeout: timeout)
        for result in results {
            if let error = result.error, error.code != .topicAlreadyExists { throw error }
        }
    }
}
