import NIOCore

/// What a loop does at a time.
final class LoopTimer: Sendable {
    let due: NIODeadline
    let act: @Sendable () -> Void

    init(due: NIODeadline, act: @escaping @Sendable () -> Void) {
        self.due = due
        self.act = act
    }
}

/// A loop's timers. There are some ten of them, so they lie in order and are looked through.
struct LoopTimers {
    /// The next one last.
    private var timers: [LoopTimer] = []

    var nextDue: NIODeadline? { timers.last?.due }

    /// Behind those that are due at the same time.
    mutating func insert(_ timer: LoopTimer) {
        let index = timers.firstIndex { $0.due <= timer.due } ?? timers.endIndex
        timers.insert(timer, at: index)
    }

    mutating func remove(_ timer: LoopTimer) {
        timers.removeAll { $0 === timer }
    }

    mutating func popDue(at now: NIODeadline) -> LoopTimer? {
        guard let next = timers.last, next.due <= now else { return nil }
        return timers.removeLast()
    }
}
