import Kafka
import Logging
import NIOCore
import RelayConfiguration
import RelayCore

extension Shard {
    /// Asks the brokers, off the loop, how many partitions the request topics have by now: what shares of limits are parts
    /// of. Without an answer the last one goes on to count.
    func askForTotals() {
        let policy = policy
        guard policy.hasLimits, let lookups = feed?.consumer?.lookups else { return }
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        let logger = logger
        self.lookups.run {
            var counts: [String: Int] = [:]
            do throws(KafkaError) {
                for topic in policy.pipelines.flatMap(\.request.topics) {
                    let found = try lookups.topic(topic, timeout: .seconds(2))
                    if let error = found.error { throw error }
                    counts[topic] = found.partitionCount
                }
            } catch {
                logger.debug("the partitions of the topics are not known anew", metadata: ["error": "\(error)"])
                return
            }
            bound.eventLoop.execute { [counts] in bound.value.handle(.partitionTotals(policy.partitionTotals(counts))) }
        }
    }
}

extension Policy {
    var hasLimits: Bool { apps.contains { !$0.limits.isNone } }

    /// Partitions of each pipeline's topics together, from those of each topic.
    func partitionTotals(_ counts: [String: Int]) -> [Int] {
        pipelines.map { pipeline in pipeline.request.topics.reduce(0) { $0 + (counts[$1] ?? 0) } }
    }
}
