import CEpoll
package import Dispatch
import Glibc
package import NIOCore
import Synchronization

/// An event loop on a thread of its own, over epoll: descriptors, timers, and closures from any thread.
///
/// A turn tells the owner of each descriptor that is ready, runs the timers that are due, and then what was handed over, in that
/// order; what the closures hand over is for the next turn. It is an event loop of NIO in all that concerns closures, timers and
/// futures; no channel of NIO can live on it. It runs until it is shut down.
package final class EpollLoop: EventLoop, @unchecked Sendable {
    private static let eventCapacity = 256
    /// Stands for the wake-up where other events have a descriptor and its generation.
    private static let wakeUpMark = UInt64.max

    private let epoll: CInt
    /// Written to by other threads once the queue has something.
    private let wakeUp: CInt
    /// What was handed over, in that order.
    private let queue = Mutex(Queue())
    private let name: String
    private let thread = Atomic<UInt>(0)

    // From here on of the loop's thread alone.

    private let events = UnsafeMutablePointer<epoll_event>.allocate(capacity: EpollLoop.eventCapacity)
    /// By descriptor.
    private var entries: [Entry] = []
    /// Those of this turn.
    private var running: [Task] = []
    private var timers = LoopTimers()
    private var isStopped = false
    /// Whoever is told that its descriptor is readable may read into it, and use that until it returns.
    package let readBuffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 64)

    private struct Queue {
        var tasks: [Task] = []
        /// The loop has ended.
        var isClosed = false
    }

    /// A closure of another thread is `Sendable`; one of the loop's own stays on it.
    private struct Task: @unchecked Sendable {
        let run: () -> Void
    }

    private struct Entry {
        var owner: (any DescriptorOwner)?
        /// How many owners the descriptor had before: what became ready for one of them is not told to the next.
        var generation: UInt32 = 0
    }

    /// Starts the loop's thread. `name` is the thread's, of which the system shows 15 characters.
    package init(name: String) {
        self.name = name
        epoll = epoll_create1(CInt(EPOLL_CLOEXEC))
        wakeUp = eventfd(0, CInt(EFD_CLOEXEC) | CInt(EFD_NONBLOCK))
        precondition(epoll >= 0 && wakeUp >= 0, "no descriptor is left for an event loop (errno \(errno))")
        // Edge-triggered, so that it need not be read.
        let isWatched = control(EPOLL_CTL_ADD, wakeUp, EPOLLIN.rawValue | EPOLLET.rawValue, Self.wakeUpMark)
        precondition(isWatched, "an event loop's wake-up cannot be watched (errno \(errno))")
        var thread = pthread_t()
        let created = pthread_create(
            &thread,
            nil,
            { loop in
                guard let loop else { return nil }
                Unmanaged<EpollLoop>.fromOpaque(loop).takeRetainedValue().run()
                return nil
            },
            Unmanaged.passRetained(self).toOpaque()
        )
        precondition(created == 0, "no thread is left for an event loop (error \(created))")
        pthread_detach(thread)
    }

    deinit {
        Glibc.close(wakeUp)
        Glibc.close(epoll)
        events.deallocate()
        readBuffer.deallocate()
    }

    // MARK: Turns

    private func run() {
        thread.store(UInt(pthread_self()), ordering: .relaxed)
        cepoll_name_thread(name)
        while !isStopped {
            let count = epoll_wait(epoll, events, CInt(Self.eventCapacity), patience)
            precondition(count >= 0 || errno == EINTR, "epoll_wait (errno \(errno))")
            for index in 0..<max(0, Int(count)) { tell(events[index]) }
            let now = NIODeadline.now()
            while let act = timers.popDue(at: now) { act() }
            queue.withLock { swap(&$0.tasks, &running) }
            for task in running { task.run() }
            running.removeAll(keepingCapacity: true)
        }
        letGo()
    }

    /// What will never run may hold the loop, which would then never go.
    private func letGo() {
        // The system gives this thread's identity to another one.
        thread.store(0, ordering: .relaxed)
        // They go outside of the lock, since what goes with them may hand over more.
        _ = queue.withLock { queue in
            defer { queue = Queue(tasks: [], isClosed: true) }
            return queue.tasks
        }
        timers = LoopTimers()
        entries = []
    }

    /// How long the next turn may wait for events, in milliseconds; -1: as long as it takes.
    private var patience: CInt {
        guard queue.withLock({ $0.tasks.isEmpty }) else { return 0 }
        guard let due = timers.nextDue else { return -1 }
        let left = max(.zero, due - .now())
        // Rounded up: a turn before the time would find nothing due.
        return CInt(clamping: (left.nanoseconds + 999_999) / 1_000_000)
    }

    private func tell(_ event: epoll_event) {
        // The queue is looked at in each turn anyway.
        guard event.data.u64 != Self.wakeUpMark else { return }
        let descriptor = Int(UInt32(truncatingIfNeeded: event.data.u64))
        guard entries[descriptor].generation == UInt32(event.data.u64 >> 32) else { return }
        entries[descriptor].owner?.isReady()
    }

    // MARK: Descriptors

    /// Has the owner of a descriptor told whenever it is ready. The loop keeps the owner until `remove`.
    ///
    /// - Throws: the system watches no further descriptor.
    package func add(
        _ descriptor: CInt,
        of owner: any DescriptorOwner,
        for readiness: Readiness
    ) throws(SocketError) {
        assertInEventLoop()
        let index = Int(descriptor)
        while entries.count <= index { entries.append(Entry()) }
        guard control(EPOLL_CTL_ADD, descriptor, readiness.rawValue, mark(descriptor)) else {
            throw SocketError(errno)
        }
        entries[index].owner = owner
    }

    /// Has another one told instead.
    package func change(_ descriptor: CInt, to owner: any DescriptorOwner, for readiness: Readiness) {
        assertInEventLoop()
        entries[Int(descriptor)].owner = owner
        change(descriptor, to: readiness)
    }

    /// Has the owner told of something else from now on. The system has room for it already.
    package func change(_ descriptor: CInt, to readiness: Readiness) {
        assertInEventLoop()
        let isChanged = control(EPOLL_CTL_MOD, descriptor, readiness.rawValue, mark(descriptor))
        precondition(isChanged, "descriptor \(descriptor) is not watched (errno \(errno))")
    }

    /// Forgets a descriptor; to be called before it is closed.
    package func remove(_ descriptor: CInt) {
        assertInEventLoop()
        let isRemoved = control(EPOLL_CTL_DEL, descriptor, 0, 0)
        precondition(isRemoved, "descriptor \(descriptor) is not watched (errno \(errno))")
        entries[Int(descriptor)].owner = nil
        entries[Int(descriptor)].generation &+= 1
    }

    private func mark(_ descriptor: CInt) -> UInt64 {
        UInt64(UInt32(descriptor)) | UInt64(entries[Int(descriptor)].generation) << 32
    }

    private func control(_ operation: CInt, _ descriptor: CInt, _ interest: UInt32, _ mark: UInt64) -> Bool {
        var event = epoll_event()
        event.events = interest
        event.data.u64 = mark
        return epoll_ctl(epoll, operation, descriptor, &event) == 0
    }

    // MARK: Closures

    package var inEventLoop: Bool { thread.load(ordering: .relaxed) == UInt(pthread_self()) }

    @preconcurrency
    package func execute(_ task: @escaping @Sendable () -> Void) {
        enqueue(task, isHere: inEventLoop)
    }

    /// NIO's name for what `assumeIsolated().execute` does: the closure need not be `Sendable`.
    // swift-format-ignore: NoLeadingUnderscores
    package func _executeIsolatedUnsafeUnchecked(_ task: @escaping () -> Void) {
        enqueue(task, isHere: true)
    }

    private func enqueue(_ task: @escaping () -> Void, isHere: Bool) {
        let task = Task(run: task)
        let isFirst = queue.withLock { queue in
            guard !queue.isClosed else { return false }
            queue.tasks.append(task)
            return queue.tasks.count == 1
        }
        // The loop looks before it sleeps: behind the first one nobody need wake it.
        guard isFirst, !isHere else { return }
        // It can only fail with 2^64 wake-ups unread.
        eventfd_write(wakeUp, 1)
    }

    // MARK: Timers

    @preconcurrency
    @discardableResult
    package func scheduleTask<T>(deadline: NIODeadline, _ task: @escaping @Sendable () throws -> T) -> Scheduled<T> {
        let promise = makePromise(of: T.self)
        let timer = LoopTimer(due: deadline) {
            promise.assumeIsolated().completeWith(Result(catching: task))
        }
        onLoop { self.timers.insert(timer) }
        return Scheduled(promise: promise) { self.onLoop { self.timers.remove(timer) } }
    }

    @preconcurrency
    @discardableResult
    package func scheduleTask<T>(in delay: TimeAmount, _ task: @escaping @Sendable () throws -> T) -> Scheduled<T> {
        scheduleTask(deadline: .now() + delay, task)
    }

    /// At once where it can be.
    private func onLoop(_ act: @escaping @Sendable () -> Void) {
        if inEventLoop { act() } else { execute(act) }
    }

    // MARK: End

    /// Ends the loop after the turn in which this arrives; what was handed over later never runs. To be called
    /// once.
    @preconcurrency
    package func shutdownGracefully(queue: DispatchQueue, _ callback: @Sendable @escaping ((any Error)?) -> Void) {
        onLoop {
            self.isStopped = true
            queue.async { callback(nil) }
        }
    }
}

/// Whose descriptor is ready, on the loop.
package protocol DescriptorOwner: AnyObject {
    /// The descriptor can be read, can be written or has failed; or none of it any more.
    func isReady()
}

/// What a descriptor is waited for. A failure is always told.
package struct Readiness: OptionSet, Sendable {
    package let rawValue: UInt32

    package init(rawValue: UInt32) {
        self.rawValue = rawValue
    }

    package static let readable = Readiness(rawValue: EPOLLIN.rawValue)
    package static let writable = Readiness(rawValue: EPOLLOUT.rawValue)
}
