import FakeWeChat

extension Checker {
    /// One key's requests in their order. A request may be called, for the first time or again, once the one before it
    /// has a call that ended with a final outcome, under whatever owner.
    ///
    /// That holds over crashes too: K1 K2 K1 K2 is a new owner that calls again what was not done, and by then K1 had its
    /// outcome. But who has gone back to K1 goes on with K2 before K3. Calls beside each other are another matter: only one
    /// of an old owner may still be under way.
    mutating func checkOrder() {
        let keys = Dictionary(grouping: history.requests) { Key(partition: $0.place.partition, name: $0.key) }
        var places: [String: (key: Key, index: Int)] = [:]
        var lines: [Key: Line] = [:]
        for (key, requests) in keys {
            if requests.contains(where: { (requestsByID[$0.id]?.count ?? 0) > 1 }) {
                verdict.keysNotJudged += 1
                continue
            }
            let requests = requests.sorted { $0.place < $1.place }
            lines[key] = Line(requests: requests.map(\.place))
            for (index, request) in requests.enumerated() { places[request.id] = (key, index) }
        }
        for call in history.calls {
            guard let (key, index) = places[call.id] else { continue }
            check(call, index, of: key, in: &lines[key, default: Line(requests: [])])
        }
    }

    /// What is known of a key when a call arrives.
    private struct Line {
        /// Where its requests are, in their order.
        let requests: [Place]
        /// The earliest final end of a call, by the request's index among those of its key.
        var ends: [Int: Int64] = [:]
        /// The latest call's arrival, by the request's index, and by the relay too.
        var arrivals: [Int: Int64] = [:]
        var arrivalsByRelay: [String: [Int: Int64]] = [:]
        var latest: [Call] = []
    }

    private mutating func check(_ call: Call, _ index: Int, of key: Key, in line: inout Line) {
        let name = "id \(call.id) (key \(key.name), partition \(key.partition)) is called by \(call.relay)"
        if index > 0, line.ends[index - 1].map({ $0 > call.arrival }) ?? true {
            verdict.breach(.ordered, "\(name) before the outcome of the one before it")
        }
        if index > 1, isSkipped(index - 1, by: call, in: line) {
            verdict.breach(
                .ordered,
                "\(name), which had gone back behind the one before it, and that was not called since"
            )
        }
        line.arrivals[index] = call.arrival
        line.arrivalsByRelay[call.relay, default: [:]][index] = call.arrival
        line.latest.removeAll { $0.end.map { $0 <= call.arrival } ?? false }
        for other in line.latest {
            if other.relay != call.relay {
                verdict.overlaps += 1
                if accident(between: other, and: call) == nil {
                    verdict.breach(.ordered, "\(name) beside \(other.id) by \(other.relay), and nothing had happened")
                }
                // A call that its own caller ended is over for the caller before the far side hears of it.
            } else if other.outcome != .disconnected {
                verdict.breach(.ordered, "\(name) beside \(other.id) by the same relay")
            }
        }
        if line.latest.count > 1 { verdict.breach(.ordered, "\(name) beside \(line.latest.count) others of its key") }
        line.latest.append(call)
        if call.isFinal, let end = call.end { line.ends[index] = min(end, line.ends[index] ?? .max) }
    }

    /// Whether the relay has called a request before `index` since anybody called `index`, and had no reason to pass it
    /// over: no answer to it was written by then.
    private func isSkipped(_ index: Int, by call: Call, in line: Line) -> Bool {
        let back = line.arrivalsByRelay[call.relay]?.filter { $0.key < index }.values.max()
        guard let back, let called = line.arrivals[index], called < back, case let place = line.requests[index] else {
            return false
        }
        // Who was out of touch then had no right to go back, and the owner of that time may have done more since.
        let limit = isOutOfTouch(call.relay, at: back) ? call.arrival : back
        let answers = (repliesBySource[place] ?? []) + (deadLettersBySource[place] ?? [])
        return !answers.contains { $0.time <= limit }
    }
}

/// Whose requests keep their order.
struct Key: Hashable {
    var partition: Int32
    var name: String
}
