/// What the demo's client sent and got back, counted from the records themselves.
struct DemoTally: Sendable {
    private(set) var answered = 0
    private(set) var ok = 0
    /// Failures by class.
    private(set) var failed: [String: Int] = [:]
    /// The most requests that were open at one time.
    private(set) var openMax = 0
    /// Replies to requests that were answered before.
    private(set) var duplicates = 0
    /// Replies to requests of somebody else, as of an earlier demo on the same brokers.
    private(set) var foreign = 0
    /// HTTP requests, as the replies' headers say.
    private(set) var attempts = 0
    /// How often the function may have run at most, by request, as the replies' headers say.
    private var runsPossible: [Int] = []
    private var sentAt: [ContinuousClock.Instant] = []
    private var isAnswered: [Bool] = []
    private var latencies: [Duration] = []
    private let prefix: String

    /// The prefix is what the correlation ids of this demo begin with; the request's number follows.
    init(prefix: String) {
        self.prefix = prefix
    }

    var sent: Int { sentAt.count }
    var outstanding: Int { sent - answered }
    var failures: Int { failed.values.reduce(0, +) }

    /// The correlation ids that have no reply, the first ones.
    func unanswered(atMost limit: Int) -> [String] {
        isAnswered.indices.lazy.filter { !isAnswered[$0] }.prefix(limit).map { id(of: $0) }
    }

    /// Requests whose function ran more often than their reply admits.
    func understated(by ran: (_ id: String) -> Int) -> [String] {
        isAnswered.indices.filter { isAnswered[$0] && ran(id(of: $0)) > runsPossible[$0] }.map { id(of: $0) }
    }

    func id(of request: Int) -> String { "\(prefix)\(request + 1)" }

    /// Enters the next request and returns its number, from 0.
    mutating func send(at time: ContinuousClock.Instant) -> Int {
        sentAt.append(time)
        isAnswered.append(false)
        runsPossible.append(0)
        openMax = max(openMax, outstanding)
        return sentAt.count - 1
    }

    /// Enters a reply.
    ///
    /// - Returns: the time from the request to it; nil for a duplicate and for somebody else's.
    mutating func take(_ reply: ReplyRecord, at time: ContinuousClock.Instant) -> Duration? {
        guard reply.correlationID.hasPrefix(prefix),
            let number = Int(reply.correlationID.dropFirst(prefix.count)), (1...sent).contains(number)
        else {
            foreign += 1
            return nil
        }
        let request = number - 1
        guard !isAnswered[request] else {
            duplicates += 1
            return nil
        }
        isAnswered[request] = true
        answered += 1
        attempts += reply.attempts
        runsPossible[request] = reply.invocationsPossible
        if reply.isOK { ok += 1 } else { failed[reply.outcomeClass, default: 0] += 1 }
        let latency = time - sentAt[request]
        latencies.append(latency)
        return latency
    }

    /// The latency that a share of the answered requests did not exceed; nil when none was answered.
    func latency(share: Double) -> Duration? {
        guard !latencies.isEmpty else { return nil }
        let sorted = latencies.sorted()
        return sorted[min(sorted.count - 1, Int((Double(sorted.count) * share).rounded(.up)) - 1)]
    }
}
