import ArgumentParser
import Dispatch
import Glibc
import RelayCore

/// SIGTERM and SIGINT: the first asks for an orderly stop, the second ends the process at once, and so does a stop
/// that takes longer than it may.
/// `@unchecked`: the sources are only kept alive here, never used after `init`.
final class StopSignals: @unchecked Sendable {
    private let signals: AsyncStream<Void>
    private let sources: [any DispatchSourceSignal]

    init(longestStop: Duration) {
        let (stream, continuation) = AsyncStream<Void>.makeStream()
        signals = stream
        let queue = DispatchQueue(label: "wxrelay.signals")
        let counter = SignalCounter()
        sources = [SIGTERM, SIGINT].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
            source.setEventHandler {
                if counter.count() > 1 {
                    Console.error("second signal: ends at once; what was begun is taken up at the next start")
                    _exit(ExitStatus.drainedIncompletely.rawValue)
                }
                queue.asyncAfter(deadline: .now() + .nanoseconds(Int(longestStop.wholeNanoseconds))) {
                    Console.error("the stop took too long; what was begun is taken up at the next start")
                    _exit(ExitStatus.drainedIncompletely.rawValue)
                }
                continuation.yield()
            }
            source.activate()
            return source
        }
    }

    /// Returns at the first signal.
    func first() async {
        for await _ in signals { return }
    }
}

/// `@unchecked`: counts on the signals' queue only.
private final class SignalCounter: @unchecked Sendable {
    private var received = 0

    func count() -> Int {
        received += 1
        return received
    }
}
