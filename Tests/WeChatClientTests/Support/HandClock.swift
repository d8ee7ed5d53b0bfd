import NIOCore
import Synchronization

/// A time that stands until it is turned.
final class HandClock: Sendable {
    private let time = Mutex(NIODeadline.uptimeNanoseconds(1_000_000_000))

    var now: NIODeadline { time.withLock { $0 } }

    func turn(_ amount: TimeAmount) {
        time.withLock { $0 = $0 + amount }
    }
}
