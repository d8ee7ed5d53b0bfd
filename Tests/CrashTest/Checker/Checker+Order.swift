import FakeWeChat

extension Checker {
    /// One key's requests in their order. A request may be called, for the first time or again, once the one before it
    /// has a call that ended with a final outcome, under whatever owner.
    ///
    /// That holds over crashes too: K1 K2 K1 K2 is a new owner that calls again what was not done, and by then K1 had its
    /// outcome. Calls beside each other are another matter: only one of an old owner may still be under way.
    mutating func checkOrder() {
        let keys = Dictionary(grouping: history.requests) { Key(partition: $0.place.partition, name: $0.key) }
        var places: [String: (key: Key, index: Int)] = [:]
        for (key, requests) in keys {
            if requests.contains(where: { (requestsByID[$0.id]?.count ?? 0) > 1 }) {
                verdict.keysNotJudged += 1
                continue
            }
            for (index, request) in requests.sorted(by: { $0.place < $1.place }).enumerated() {
                places[request.id] = (key, index)
            }
        }
        var lines: [Key: Line] = [:]
        for call in history.calls {
            guard let (key, index) = places[call.id] else { continue }
            check(call, index, of: key, in: &lines[key, default: Line()])
        }
    }

    private struct Key: Hashable {
        var partition: Int32
        var name: String
    }

    /// What is known of a key when a call arrives.
    private struct Line {
        /// The earliest final end of a call, by the request's index among those of its key.
        var ends: [Int: Int64] = [:]
        var latest: [Call] = []
    }

    private mutating func check(_ call: Call, _ index: Int, of key: Key, in line: inout Line) {
        let name = "id \(call.id) (key \(key.name), partition \(key.partition)) is called by \(call.relay)"
        if index > 0, line.ends[index - 1].map({ $0 > call.arrival }) ?? true {
            verdict.breach(.ordered, "\(name) before the outcome of the one before it")
        }
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
}
