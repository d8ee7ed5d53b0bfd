import Synchronization

/// Tells a client's owner, once, that some queue became ready.
///
/// librdkafka's threads call `signal` with a queue's lock held, so nothing under it may call librdkafka.
final class WakeBoard: Sendable {
    private let isSignalled = Atomic(false)
    private let wake: @Sendable () -> Void

    init(wake: @escaping @Sendable () -> Void) {
        self.wake = wake
    }

    func signal() {
        if !isSignalled.exchange(true, ordering: .acquiringAndReleasing) { wake() }
    }

    /// To be called before the owner looks at what is ready: a signal from here on wakes it again. An exchange and not a
    /// store, so that all marks made before a signal which found the flag set are seen by the look that follows.
    func rearm() {
        _ = isSignalled.exchange(false, ordering: .acquiringAndReleasing)
    }
}

/// Whether a group join is under way, and whether any was answered; kept by request interceptors on librdkafka's threads.
final class CommitGate: Sendable {
    private let state = Atomic(false)
    private let hasJoinAnswer = Atomic(false)

    /// Whether a join was answered, if only by a refusal, and not ended by the loss of its connection.
    var isJoinAnswered: Bool { hasJoinAnswer.load(ordering: .acquiring) }

    func noteJoinAnswer() { hasJoinAnswer.store(true, ordering: .releasing) }

    var isClosed: Bool { state.load(ordering: .acquiring) }

    func close() { state.store(true, ordering: .releasing) }

    func open() { state.store(false, ordering: .releasing) }
}
