import Dispatch
import NIOCore
import Sockets
import Synchronization

/// What happened, in order, from whatever thread.
final class Journal: Sendable {
    private let lines = Mutex<[String]>([])

    var entries: [String] { lines.withLock { $0 } }

    func note(_ entry: String) {
        lines.withLock { $0.append(entry) }
    }

    func count(of entry: String) -> Int {
        lines.withLock { $0.count { $0 == entry } }
    }
}

/// Does not keep what it is asked about.
final class Weak<Object: AnyObject & Sendable>: Sendable {
    weak let object: Object?

    init(_ object: Object) {
        self.object = object
    }
}

extension EpollLoop {
    /// Shuts down without waiting for it.
    func end() {
        shutdownGracefully(queue: .global()) { _ in }
    }

    /// Runs within a turn of the loop.
    func run<Result: Sendable>(_ act: @escaping @Sendable () throws -> Result) async throws -> Result {
        try await submit(act).get()
    }

    /// Lets turns pass, each with a look at the descriptors: what had to come has come.
    func passTurns(_ count: Int = 5) async throws {
        for _ in 0..<count { try await run {} }
    }
}
