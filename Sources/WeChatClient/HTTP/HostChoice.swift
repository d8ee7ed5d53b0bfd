package import NIOCore

/// Which of a client's hosts an exchange goes to: the most preferred one that can be reached. No clock, no I/O.
///
/// A host that an exchange could surely not be sent to is passed over; so is one that let three exchanges in a row go
/// without an answer, although those may have run and are not repeated. After `interval` one exchange tries a preferred
/// host again, and its answer brings the host back into use. When none can be reached, each exchange tries all.
package struct HostChoice {
    private struct Host {
        /// Set while the host is passed over: when it may be tried again.
        var awayUntil: NIODeadline?
        /// Exchanges that were begun at the host while it was passed over: their answers tell that it is back.
        var trials: Set<UInt64> = []
        /// Exchanges in a row that went without an answer.
        var silences = 0
    }

    /// So many exchanges in a row without an answer, and the next ones go elsewhere.
    private static let silenceLimit = 3

    /// The index of the host that exchanges go to, but for those that try a preferred one again.
    package private(set) var inUse = 0
    private var hosts: [Host]
    private let interval: TimeAmount

    /// - Parameters:
    ///   - count: how many hosts there are; their indexes are the order of preference.
    ///   - interval: after which a host is tried again.
    package init(count: Int, interval: TimeAmount) {
        precondition(count > 0, "a client without a host")
        hosts = [Host](repeating: Host(), count: count)
        self.interval = interval
    }

    /// The host for an exchange that begins.
    package mutating func begin(_ exchange: UInt64, at now: NIODeadline) -> Int {
        let preferred = hosts.indices.prefix(inUse).first { index in
            hosts[index].trials.isEmpty && hosts[index].awayUntil.map { $0 <= now } ?? true
        }
        return go(exchange, to: preferred ?? inUse)
    }

    /// The host for an exchange that could not be sent to those it tried; nil when it has tried all.
    package mutating func fallBack(_ exchange: UInt64, tried: [Int]) -> Int? {
        let others = hosts.indices.filter { !tried.contains($0) }
        let next = others.first { hosts[$0].awayUntil == nil } ?? others.first
        return next.map { go(exchange, to: $0) }
    }

    /// The exchange was answered, whatever the answer.
    package mutating func answered(_ exchange: UInt64, by host: Int) {
        hosts[host].silences = 0
        // An older exchange's answer says nothing of whether the host can be reached anew.
        guard hosts[host].trials.remove(exchange) != nil else { return }
        hosts[host].awayUntil = nil
        settle()
    }

    /// The exchange could surely not be sent to the host.
    package mutating func notSent(_ exchange: UInt64, to host: Int, at now: NIODeadline) {
        hosts[host].trials.remove(exchange)
        passOver(host, at: now)
    }

    /// The exchange was sent to the host and got no answer.
    package mutating func unanswered(_ exchange: UInt64, by host: Int, at now: NIODeadline) {
        let wasTrial = hosts[host].trials.remove(exchange) != nil
        hosts[host].silences += 1
        if wasTrial || hosts[host].silences >= Self.silenceLimit { passOver(host, at: now) }
    }

    /// Nobody waits for the exchange any more.
    package mutating func forget(_ exchange: UInt64) {
        for index in hosts.indices { hosts[index].trials.remove(exchange) }
    }

    private mutating func go(_ exchange: UInt64, to host: Int) -> Int {
        if hosts[host].awayUntil != nil { hosts[host].trials.insert(exchange) }
        return host
    }

    private mutating func passOver(_ host: Int, at now: NIODeadline) {
        hosts[host].silences = 0
        hosts[host].awayUntil = now + interval
        settle()
    }

    /// When all are away the one in use stays it: nothing is known to be better.
    private mutating func settle() {
        inUse = hosts.firstIndex { $0.awayUntil == nil } ?? inUse
    }
}
