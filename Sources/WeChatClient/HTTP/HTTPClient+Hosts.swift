import Logging
import NIOCore
import RelayCore

/// The choice of the host: what exchanges tell of hosts, and where they go when one cannot be reached.
extension HTTPClient {
    /// The host for an exchange that begins.
    func hostForExchange(_ exchange: UInt64) -> HTTPHost {
        hosts.count == 1 ? hosts[0] : hosts[choice.begin(exchange, at: now())]
    }

    /// A request was surely not sent to its host: it goes to the next one, or ends when it has tried all.
    func notSent(_ request: HTTPRequest, to host: HTTPHost, _ failure: TransportFailure) {
        guard hosts.count > 1 else {
            report(request.exchange, failure)
            return
        }
        var request = request
        request.failures.append(HTTPRequest.HostFailure(host: host.index, failure: failure))
        learn(because: "\(failure.outcome.rawValue) (\(failure.detail))") { choice in
            choice.notSent(request.exchange, to: host.index, at: now())
        }
        guard let next = choice.fallBack(request.exchange, tried: request.failures.map(\.host)) else {
            report(request.exchange, summary(of: request.failures))
            return
        }
        start(request, at: hosts[next])
    }

    /// A request was sent, and no whole answer came: it may have run, and is not sent again.
    func unanswered(_ exchange: UInt64, by host: HTTPHost, _ failure: TransportFailure) {
        if hosts.count > 1 {
            learn(because: "\(failure.outcome.rawValue) (\(failure.detail))") { choice in
                // One that is too large is an answer all the same.
                if failure.outcome == .answerTooLarge {
                    choice.answered(exchange, by: host.index)
                } else {
                    choice.unanswered(exchange, by: host.index, at: now())
                }
            }
        }
        report(exchange, failure)
    }

    /// An exchange was answered.
    func answered(_ exchange: UInt64, by host: HTTPHost) {
        guard hosts.count > 1 else { return }
        learn(because: "it answers again") { $0.answered(exchange, by: host.index) }
    }

    /// The most preferred host's failure, with what all of them said.
    private func summary(of failures: [HTTPRequest.HostFailure]) -> TransportFailure {
        let ordered = failures.sorted { $0.host < $1.host }
        return TransportFailure(
            outcome: ordered[0].failure.outcome,
            detail: ordered.map { "\(hosts[$0.host].baseURL): \($0.failure.detail)" }.joined(separator: "; ")
        )
    }

    /// Takes something in, and says so when another host is in use for it.
    private func learn(because reason: @autoclosure () -> String, _ change: (inout HostChoice) -> Void) {
        let before = choice.inUse
        change(&choice)
        guard choice.inUse != before else { return }
        settings.logger?.notice(
            "another host is in use",
            metadata: [
                "host": "\(hosts[choice.inUse].baseURL)", "before": "\(hosts[before].baseURL)",
                "because": "\(reason())",
            ]
        )
    }
}
