import Dispatch
import NIOCore
import Sockets
import Synchronization
import Testing

@Suite("Event loop: closures", .timeLimit(.minutes(10)))
final class EpollLoopClosureTests {
    private let loop = EpollLoop(name: "tests")

    deinit {
        loop.end()
    }

    @Test("a closure runs on the loop, whether it comes from there or from elsewhere")
    func place() async throws {
        let loop = loop
        #expect(!loop.inEventLoop)
        #expect(try await loop.run { loop.inEventLoop })
        #expect(try await loop.flatSubmit { loop.submit { loop.inEventLoop } }.get())
    }

    @Test("two loops are not taken for each other")
    func places() async throws {
        let (loop, other) = (loop, EpollLoop(name: "other"))
        #expect(try await loop.run { other.inEventLoop } == false)
        #expect(try await other.run { loop.inEventLoop } == false)
        try await other.shutdownGracefully()
    }

    @Test("closures of one thread run in the order in which it handed them over", arguments: [false, true])
    func order(fromTheLoop: Bool) async throws {
        let loop = loop
        let journal = Journal()
        let handOver: @Sendable () -> Void = {
            for number in 0..<1_000 { loop.execute { journal.note("\(number)") } }
        }
        if fromTheLoop { try await loop.run(handOver) } else { handOver() }
        try await loop.passTurns()
        #expect(journal.entries == (0..<1_000).map(String.init))
    }

    @Test("what a closure hands over runs in a later turn, behind the timers that are due by then")
    func laterTurn() async throws {
        let (loop, journal) = (loop, Journal())
        try await loop.run {
            loop.execute { journal.note("handed over") }
            loop.scheduleTask(deadline: .now()) { journal.note("timer") }
            journal.note("first")
        }
        try await loop.passTurns()
        #expect(journal.entries == ["first", "timer", "handed over"])
    }

    @Test("a closure that hands itself over again and again keeps neither timers nor other threads waiting")
    func restless() async throws {
        let loop = loop
        final class Restless: Sendable {
            private let isDone = Atomic(false)
            let turns = Atomic(0)

            func begin(on loop: EpollLoop) {
                guard !isDone.load(ordering: .relaxed) else { return }
                turns.add(1, ordering: .relaxed)
                loop.execute { self.begin(on: loop) }
            }

            func end() {
                isDone.store(true, ordering: .relaxed)
            }
        }
        let restless = Restless()
        loop.execute { restless.begin(on: loop) }
        try await loop.scheduleTask(in: .milliseconds(2)) {}.futureResult.get()
        try await loop.passTurns()
        restless.end()
        #expect(restless.turns.load(ordering: .relaxed) > 2)
    }

    @Test("of the closures that many threads hand over at once none is lost, and each thread's stay in order")
    func manyThreads() async throws {
        let loop = loop
        let (threads, closures) = (8, 12_500)
        let all = loop.makePromise(of: Void.self)
        let disorder = Atomic(0)
        let count = Atomic(0)
        let last = Mutex(Array(repeating: -1, count: threads))
        for thread in 0..<threads {
            // A queue of its own each: threads of a pool might come one after the other.
            DispatchQueue(label: "thread \(thread)").async {
                for number in 0..<closures {
                    loop.execute {
                        last.withLock { last in
                            if last[thread] != number - 1 { disorder.add(1, ordering: .relaxed) }
                            last[thread] = number
                        }
                        if count.add(1, ordering: .relaxed).newValue == threads * closures { all.succeed() }
                    }
                }
            }
        }
        // A wake-up that is lost leaves it waiting.
        try await all.futureResult.get()
        try await loop.passTurns()
        #expect(count.load(ordering: .relaxed) == threads * closures)
        #expect(disorder.load(ordering: .relaxed) == 0)
    }

    @Test("a loop that has nothing to do is woken, each time")
    func woken() async throws {
        let loop = loop
        let (tasks, rounds) = (3, 1_000)
        let journal = Journal()
        try await withThrowingTaskGroup { group in
            for _ in 0..<tasks {
                group.addTask { [loop] in
                    // Each waits for its own, so that the loop falls asleep between them.
                    for _ in 0..<rounds { try await loop.run { journal.note("woken") } }
                }
            }
            try await group.waitForAll()
        }
        #expect(journal.entries.count == tasks * rounds)
    }
}
