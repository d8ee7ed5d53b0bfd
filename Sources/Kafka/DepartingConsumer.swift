/// A consumer that its owner has given up, on its way out of the group: what the group still asks is answered with nothing.
///
/// Dropping a ``Consumer`` blocks until it has left, which takes 5 s behind a join under way. This one is polled instead, on the
/// thread or loop that the consumer was used on, by the same wake-ups. Its look-ups go on to work until it has left.
public struct DepartingConsumer: ~Copyable {
    private let consumer: Consumer

    /// Begins to leave the group.
    ///
    /// - Returns: nil for a consumer that a fatal error has ended: it is dropped at once, and the group hears nothing.
    public init?(_ consumer: consuming Consumer) {
        consumer.answerWithNothing()
        do throws(KafkaError) { try consumer.beginClose() } catch { return nil }
        self.consumer = consumer
    }

    /// Answers what the group asks. To be called on each wake-up.
    ///
    /// - Returns: whether the group is left; then dropping takes some milliseconds.
    public borrowing func poll() -> Bool {
        consumer.takeReady { _ in }
        while let event = consumer.nextEvent() {
            switch event {
            case .assign, .revoke: consumer.answerWithNothing()
            case .committed, .error, .statistics: break
            }
        }
        return consumer.isClosed
    }
}
