import Foundation
import Glibc

/// What stops a run that hangs in spite of all its limits: children end with this process.
struct Alarm {
    private let timer: any DispatchSourceTimer

    /// Goes off after `limit` unless it is cancelled, and says which run it was.
    init(after limit: Duration, _ run: String) {
        // A queue of its own, for the threads of tasks may be what hangs.
        timer = DispatchSource.makeTimerSource(queue: DispatchQueue(label: "alarm"))
        timer.setEventHandler {
            print("FAILED: not done within \(limit): \(run)")
            fflush(nil)
            _exit(1)
        }
        timer.schedule(deadline: .now() + .seconds(Int(limit.components.seconds)))
        timer.activate()
    }

    func cancel() { timer.cancel() }
}
