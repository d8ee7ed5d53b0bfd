import FakeWeChat

/// What became of requests until each had a reply or a hold was opened, in words that a class of outcomes is told
/// from another by.
struct OutcomeObservation: Equatable, Sendable, CustomStringConvertible {
    /// The cause of the first hold.
    var hold: String?
    /// By request id: `ok after 2` calls, or `failed function_failed permanent after 1`.
    var ends: [String: String] = [:]

    /// All replied alike, and nothing was held.
    static func all(_ ids: [String], _ end: String) -> OutcomeObservation {
        OutcomeObservation(hold: nil, ends: Dictionary(uniqueKeysWithValues: ids.map { ($0, end) }))
    }

    /// Nothing was replied, a hold was opened.
    static func held(_ cause: String) -> OutcomeObservation {
        OutcomeObservation(hold: cause, ends: [:])
    }

    var description: String {
        let ends = ends.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
        return ((hold.map { ["\($0) hold"] } ?? []) + ends).joined(separator: ", ")
    }
}

extension RelayBench {
    /// Sends requests and waits until each has a reply or a hold is open.
    func observe(_ requests: [Request]) async throws -> OutcomeObservation {
        let before = try await recordsNow().count
        try await send(requests)
        return try await eventually("each of \(requests.count) requests has an end, or a hold is open") {
            let replies = try await recordsNow().dropFirst(before).filter { $0.place.topic == names.replies }
            let hold = try relay.log.first { $0.message.hasPrefix("hold opened") }?["cause"]
            guard hold != nil || replies.count >= requests.count else { return nil }
            var ends: [String: String] = [:]
            for reply in replies { ends[reply.id] = try Self.end(of: reply) }
            return OutcomeObservation(hold: hold, ends: ends)
        }
    }

    private static func end(of reply: ReadRecord) throws -> String {
        let attempts = reply["wxrelay-attempts"] ?? "?"
        guard !reply.isOK else { return "ok after \(attempts)" }
        let reason = try reply.document.reason ?? "?"
        return "failed \(reply["wxrelay-class"] ?? "?") \(reason) after \(attempts)"
    }
}
