import Dispatch
import NIOCore
import Sockets
import Synchronization
import Testing

@Suite("Event loop: timers", .timeLimit(.minutes(10)))
final class EpollLoopTimerTests {
    private let loop = EpollLoop(name: "tests")

    deinit {
        loop.end()
    }

    @Test("timers run in the order of their deadlines, those of one deadline in the order in which they came")
    func order() async throws {
        let loop = loop
        let journal = Journal()
        let last = try await loop.run {
            let base = NIODeadline.now()
            func note(_ entry: String, in delay: Int64) -> Scheduled<Void> {
                loop.scheduleTask(deadline: base + .milliseconds(delay)) { journal.note(entry) }
            }
            _ = note("second, a", in: 2)
            let last = note("third", in: 3)
            _ = note("first, a", in: 1)
            _ = note("second, b", in: 2)
            _ = note("first, b", in: 1)
            _ = note("first, c", in: 1)
            return last.futureResult
        }
        try await last.get()
        #expect(journal.entries == ["first, a", "first, b", "first, c", "second, a", "second, b", "third"])
    }

    @Test("a timer runs on the loop, and its future has what it gave or threw")
    func outcome() async throws {
        let loop = loop
        struct Thrown: Error {}
        #expect(try await loop.scheduleTask(in: .zero) { loop.inEventLoop }.futureResult.get())
        let failing = loop.scheduleTask(deadline: .now()) { throw Thrown() }
        await #expect(throws: Thrown.self) { try await failing.futureResult.get() }
    }

    @Test("a timer that is cancelled before its time never runs, and its future fails; those beside it run")
    func cancelled() async throws {
        let loop = loop
        let journal = Journal()
        let (cancelled, last) = try await loop.run {
            let deadline = NIODeadline.now() + .milliseconds(1)
            func schedule(_ entry: String) -> Scheduled<Void> {
                loop.scheduleTask(deadline: deadline) { journal.note(entry) }
            }
            _ = schedule("before")
            let cancelled = schedule("cancelled")
            let last = schedule("behind")
            cancelled.cancel()
            return (cancelled.futureResult, last.futureResult)
        }
        try await last.get()
        await #expect(throws: EventLoopError.self) { try await cancelled.get() }
        #expect(journal.entries == ["before", "behind"])
    }

    @Test("a timer cancels another one that is due in the same turn")
    func cancelledByTimer() async throws {
        let loop = loop
        let journal = Journal()
        let last = try await loop.run {
            let victim = Later()
            let deadline = NIODeadline.now()
            loop.scheduleTask(deadline: deadline) {
                journal.note("cancels")
                victim.cancel()
            }
            victim.keep(loop.scheduleTask(deadline: deadline) { journal.note("cancelled") })
            return loop.scheduleTask(deadline: deadline) { journal.note("last") }.futureResult
        }
        try await last.get()
        try await loop.passTurns()
        #expect(journal.entries == ["cancels", "last"])
    }

    @Test("a closure cancels a timer that has become due in its turn")
    func cancelledByClosure() async throws {
        let loop = loop
        let journal = Journal()
        try await loop.run {
            let victim = Later()
            loop.execute {
                victim.keep(loop.scheduleTask(deadline: .now()) { journal.note("cancelled") })
                journal.note("scheduled")
            }
            loop.execute {
                victim.cancel()
                journal.note("cancels")
            }
        }
        try await loop.passTurns()
        #expect(journal.entries == ["scheduled", "cancels"])
    }

    @Test("another thread cancels a timer that the loop has not heard of yet")
    func cancelledFromElsewhere() async throws {
        let loop = loop
        let journal = Journal()
        let held = DispatchSemaphore(value: 0)
        loop.execute { held.wait() }
        let cancelled = loop.scheduleTask(deadline: .now()) { journal.note("cancelled") }
        let kept = loop.scheduleTask(deadline: .now()) { journal.note("kept") }
        cancelled.cancel()
        held.signal()
        try await kept.futureResult.get()
        await #expect(throws: EventLoopError.self) { try await cancelled.futureResult.get() }
        try await loop.passTurns()
        #expect(journal.entries == ["kept"])
    }

    @Test("another thread cancels a timer that lies with the loop; cancelling what has run does nothing")
    func cancelledLater() async throws {
        let loop = loop
        let journal = Journal()
        let (cancelled, last) = try await loop.run {
            let deadline = NIODeadline.now() + .hours(1)
            let cancelled = loop.scheduleTask(deadline: deadline) { journal.note("cancelled") }
            let last = loop.scheduleTask(deadline: .now()) { journal.note("last") }
            return (cancelled, last)
        }
        cancelled.cancel()
        try await last.futureResult.get()
        last.cancel()
        try await last.futureResult.get()
        await #expect(throws: EventLoopError.self) { try await cancelled.futureResult.get() }
        #expect(journal.entries == ["last"])
    }

    @Test("a repeated task ticks until it is cancelled, from within")
    func repeated() async throws {
        let loop = loop
        let journal = Journal()
        let stopped = loop.makePromise(of: Void.self)
        loop.scheduleRepeatedTask(initialDelay: .zero, delay: .microseconds(100)) { task in
            journal.note("tick")
            if journal.entries.count == 5 { task.cancel(promise: stopped) }
        }
        try await stopped.futureResult.get()
        // Later than a sixth tick would be.
        try await loop.scheduleTask(in: .milliseconds(5)) {}.futureResult.get()
        #expect(journal.entries.count == 5)
    }

    @Test("a repeated task ticks until it is cancelled, from elsewhere")
    func repeatedCancelledFromElsewhere() async throws {
        let loop = loop
        let journal = Journal()
        let ticked = loop.makePromise(of: Void.self)
        let task = loop.scheduleRepeatedTask(initialDelay: .zero, delay: .microseconds(100)) { _ in
            journal.note("tick")
            if journal.entries.count == 3 { ticked.succeed() }
        }
        try await ticked.futureResult.get()
        let stopped = loop.makePromise(of: Void.self)
        task.cancel(promise: stopped)
        try await stopped.futureResult.get()
        let count = journal.entries.count
        try await loop.scheduleTask(in: .milliseconds(5)) {}.futureResult.get()
        #expect(journal.entries.count == count)
    }

    @Test("a timer wakes the loop, one that came later but is due earlier as well")
    func wakes() async throws {
        let loop = loop
        let journal = Journal()
        let early = try await loop.run {
            loop.scheduleTask(in: .hours(1)) { journal.note("late") }
            return loop.scheduleTask(in: .milliseconds(2)) { journal.note("early") }.futureResult
        }
        try await early.get()
        let earlier = loop.scheduleTask(in: .milliseconds(1)) { journal.note("earlier") }
        try await earlier.futureResult.get()
        #expect(journal.entries == ["early", "earlier"])
    }

    @Test(
        "a loop that sleeps until a far deadline takes a closure at once",
        arguments: [NIODeadline.distantFuture, .now() + .hours(1_000_000)]
    )
    func farDeadline(deadline: NIODeadline) async throws {
        let loop = loop
        let far = loop.scheduleTask(deadline: deadline) {}
        for number in 0..<100 { #expect(try await loop.run { number } == number) }
        far.cancel()
        await #expect(throws: EventLoopError.self) { try await far.futureResult.get() }
    }
}

/// A timer that is scheduled behind the one that cancels it.
private final class Later: Sendable {
    private let scheduled = Mutex<Scheduled<Void>?>(nil)

    func keep(_ timer: Scheduled<Void>) {
        scheduled.withLock { $0 = timer }
    }

    func cancel() {
        scheduled.withLock { $0 }?.cancel()
    }
}
