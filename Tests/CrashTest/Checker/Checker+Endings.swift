import Glibc
import RelayCore

extension Checker {
    /// A relay ends when it is told to: with 0, or with 75 for a stop that an accident left incomplete.
    mutating func checkEndings() {
        for ending in history.endings {
            switch (ending.told, ending.how) {
            case (.kill, .signal(SIGKILL)), (.stop, .exit(0)), (.lastStop, .exit(0)): break
            case (.stop, .exit(75)) where isDisturbed(ending): verdict.incompleteStops += 1
            default:
                verdict.breach(
                    .survived,
                    "\(ending.relay), told \(ending.told), ended with \(ending.how) at \(ending.end)"
                )
            }
        }
    }

    /// Whether the broker was away while a relay stopped, or the group changed for another reason: then commits fail.
    ///
    /// What a member lost for it is in limbo for a while.
    private func isDisturbed(_ stop: Ending) -> Bool {
        let lasts = (limits.groupChange + limits.limbo).wholeMilliseconds
        return history.accidents.contains { accident in
            guard accident.begin <= stop.end else { return false }
            let end = accident.end
            switch accident.kind {
            // The stop itself, which the diary has a moment before.
            case .termination where accident.relay == stop.relay && end >= stop.begin: return false
            // A dead member's session, and a wait for joins, begin with the accident and last beyond it. Behind a broker's
            // absence all join anew.
            case .kill, .suspension, .termination, .join, .brokerPause, .brokerRestart, .eviction:
                return end == .max || end + lasts >= stop.begin
            case .gatewayRestart: return false
            }
        }
    }
}
