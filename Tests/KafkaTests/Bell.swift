import Synchronization

/// Stands for a loop: clients ring it from librdkafka's threads, the test waits for it on its own task.
final class Bell: Sendable {
    private let rings: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation
    private let counter = Atomic(0)

    init() {
        (rings, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// How often it was rung.
    var count: Int { counter.load(ordering: .acquiring) }

    func ring() {
        counter.add(1, ordering: .releasing)
        continuation.yield()
    }

    /// Takes a turn at once and one a ring until one says that it was the last. Only the test's time limit ends the wait
    /// otherwise.
    func turns(_ isLast: () throws -> Bool) async throws {
        if try isLast() { return }
        for await _ in rings where try isLast() { return }
        throw CancellationError()
    }
}
