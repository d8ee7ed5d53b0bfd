import Dispatch
import RelayCore

/// Wakes a thread that waits for Kafka: rung by librdkafka's threads, waited for by one.
final class Bell: Sendable {
    private let semaphore = DispatchSemaphore(value: 0)

    func ring() {
        semaphore.signal()
    }

    /// Returns when it was rung since the last return, or after `limit`.
    func wait(atMost limit: Duration) {
        _ = semaphore.wait(timeout: .now() + .nanoseconds(Int(max(.zero, limit).wholeNanoseconds)))
    }
}
