import Dispatch
import Glibc
import Synchronization

/// When to read the configuration again: SIGHUP asks for it, and once a second it is time to look at the files.
/// `@unchecked`: the sources are only kept alive here, never used after `init`.
final class ReloadRequests: @unchecked Sendable {
    enum Request: Sendable {
        case signal
        /// A second has passed: look whether a file has changed.
        case look
    }

    private let requests: AsyncStream<Request>
    private let isServed: Served
    private let sources: [any DispatchSourceProtocol]

    /// Whether somebody serves the requests: looks before are not kept.
    private final class Served: Sendable {
        let value = Atomic(false)
    }

    /// From now on SIGHUP does not end the process; asked for before the relay runs, a reload is done once it does.
    ///
    /// `watching` says whether looks are wanted, too.
    init(watching: Bool) {
        let (stream, continuation) = AsyncStream<Request>.makeStream()
        let served = Served()
        requests = stream
        isServed = served
        let queue = DispatchQueue(label: "wxrelay.reload")
        signal(SIGHUP, SIG_IGN)
        let hangUp = DispatchSource.makeSignalSource(signal: SIGHUP, queue: queue)
        hangUp.setEventHandler { continuation.yield(.signal) }
        hangUp.activate()
        guard watching else {
            sources = [hangUp]
            return
        }
        let clock = DispatchSource.makeTimerSource(queue: queue)
        clock.schedule(deadline: .now() + .seconds(1), repeating: .seconds(1))
        clock.setEventHandler {
            if served.value.load(ordering: .relaxed) { continuation.yield(.look) }
        }
        clock.activate()
        sources = [hangUp, clock]
    }

    /// The requests, one after the other. To be asked for once.
    func serve() -> AsyncStream<Request> {
        isServed.value.store(true, ordering: .relaxed)
        return requests
    }
}
