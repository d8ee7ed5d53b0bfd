import Dispatch
import Kafka
import Logging

/// Asks the brokers from a command: blocking, off the threads that Swift's tasks need.
enum BrokerQuestions {
    /// Runs blocking work on a thread of its own.
    static func run<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
        try await withCheckedThrowingContinuation { continuation in
            DispatchQueue(label: "wxrelay.command").async {
                continuation.resume(with: Swift.Result { try body() })
            }
        }
    }

    /// librdkafka's own lines have no place between a command's: its errors say the same.
    static let silent = Logger(label: "librdkafka") { _ in SwiftLogNoOpLogHandler() }
}
