import Kafka

/// Why a request has no reply, as far as the group's committed offsets tell.
struct Silence {
    let group: String
    /// Where the request lies.
    let place: TopicPartition
    let offset: Offset
    /// The configuration file says so; the relay may have another.
    let isPaused: Bool
    /// What the group had committed before the request and has committed now; nil when that cannot be known.
    let before: [TopicPartition: Offset]?
    let after: [TopicPartition: Offset]?

    func words(replyTopic: String) -> String {
        if isPaused, (after?[place]).map({ $0 <= offset }) ?? true {
            return
                "its pipeline is paused (paused: true): a relay with this configuration reads nothing of \(place.topic); set"
                + " paused: false and reload it"
        }
        guard let before, let after else {
            return "what the group '\(group)' has committed cannot be read: is a relay running? Its log says more"
        }
        guard !after.isEmpty else {
            return "the group '\(group)' has never committed anything on \(place.topic): no relay of it seems to run;"
                + " start one with `wxrelay run`"
        }
        guard let committed = after[place] else {
            return
                "the group '\(group)' has never committed anything on \(place): its relay does not read that partition;"
                + " look at the relay's log"
        }
        if committed > offset {
            return
                "the relay is done with the request, but its reply is not on \(replyTopic): look for \(place)/\(offset)"
                + " in the relay's log"
        }
        let waiting = offset.value - committed.value
        let queue =
            switch waiting {
            case 0: "nothing is in front of this request"
            case 1: "1 record is in front of this request"
            default: "\(waiting) records are in front of this request"
            }
        if before != after {
            return "the relay is at work, and \(queue): give it more time with --timeout"
        }
        return
            "the group '\(group)' has not moved meanwhile, and \(queue): its relay does not run, or a hold or a stuck"
            + " record stops it; look at its log"
    }
}
