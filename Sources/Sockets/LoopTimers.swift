import NIOCore

/// What a loop does at a time. Of the loop's thread alone, once it is made.
final class LoopTimer: @unchecked Sendable {
    let due: NIODeadline
    /// Nil once it has run or was cancelled: who can still cancel it keeps nothing else alive.
    fileprivate var act: (() -> Void)?

    init(due: NIODeadline, act: @escaping @Sendable () -> Void) {
        self.due = due
        self.act = act
    }
}

/// A loop's timers. They are few, some for a shard and one for an opening to a name with several addresses, so they lie in order
/// and are looked through.
struct LoopTimers {
    /// The next one last.
    private var timers: [LoopTimer] = []

    var nextDue: NIODeadline? { timers.last?.due }

    /// Behind those that are due at the same time.
    mutating func insert(_ timer: LoopTimer) {
        // Cancelled before it came here.
        guard timer.act != nil else { return }
        let index = timers.firstIndex { $0.due <= timer.due } ?? timers.endIndex
        timers.insert(timer, at: index)
    }

    mutating func remove(_ timer: LoopTimer) {
        timer.act = nil
        timers.removeAll { $0 === timer }
    }

    /// What is to be done now; nil: nothing more.
    mutating func popDue(at now: NIODeadline) -> (() -> Void)? {
        guard let next = timers.last, next.due <= now else { return nil }
        timers.removeLast()
        return next.act.take()
    }
}
