import FakeWeChat
import Testing

extension EndToEnd {
    /// What may happen to the relay, its brokers and its WeChat while requests flow.
    @Suite("Accidents") enum Accidents {}
}

extension Request {
    /// Requests with the numbers below `count` as ids, over a hundred keys.
    static func numbered(_ count: Int) -> [Request] {
        (0..<count).map { number in
            Request("{\"id\":\"\(number)\"}", key: "\(number % 101)", headers: [("correlation-id", "\(number)")])
        }
    }
}

extension Scenario {
    /// `echo` takes this long.
    static func slow(_ latency: Latency) -> Scenario {
        .plain { $0.functions["echo"] = FunctionScenario(latency: latency, timeLimit: .seconds(60)) }
    }
}

extension RelayBench {
    /// Waits until the fake has seen so many calls, or more; of one function, if one is named.
    func callsReach(_ count: Int, of function: String? = nil, within limit: Duration = .seconds(120)) async throws {
        _ = try await eventually("\(count) calls of \(function ?? "any function")", within: limit) {
            let statistics = try await fake.statistics()
            let calls = function.map { statistics.functions[$0]?.calls ?? 0 } ?? statistics.calls
            return calls >= count ? true : nil
        }
    }

    /// Every reply that the topic holds, each once, however often the reader had to begin anew.
    func allReplies(within limit: Duration = .seconds(60)) async throws -> [ReadRecord] {
        let count = Int(try await broker.ends(of: names.replies, partitions: partitions).values.reduce(0, +))
        return try await eventually("\(count) replies", within: limit) {
            let records = try await recordsNow()
            guard records.count >= count else { return nil }
            let replies = Dictionary(
                records.filter { $0.place.topic == names.replies }.map { ($0.place, $0) }
            ) { first, _ in first }
            return replies.count >= count ? Array(replies.values) : nil
        }
    }

    /// The ids that were called more than once.
    func repeatedCalls() async throws -> Set<String> {
        Set(try await fake.countsByID().filter { $0.value.calls > 1 }.keys)
    }

    /// How many of the group's request topic is committed, over all partitions.
    func committedCount() async throws -> Int {
        Int(try await committed().values.reduce(0, +))
    }
}

extension RelayProcess {
    /// How many partitions it has, by its log.
    var partitionsHeld: Int {
        get throws { try log.partitionsHeld }
    }

    /// What the watchdog found.
    var stalls: [String] {
        get throws { try log.filter { $0.message.hasPrefix("stalled") }.map(\.description) }
    }

    /// How often the group took partitions away without asking.
    var losses: Int {
        get throws { try log.count { $0.message == "partitions lost" } }
    }
}

extension Sequence<LogLine> {
    /// How many partitions a relay that logs this has.
    var partitionsHeld: Int {
        reduce(0) { held, line in
            let count = line["partitions"].flatMap { Int($0) } ?? 0
            return switch line.message {
            case "partitions assigned": held + count
            case "partitions let go": held - count
            default: held
            }
        }
    }
}

extension [ReadRecord] {
    /// The ids that were answered.
    var ids: Set<String> { Set(map(\.id)) }

    /// The ids that were answered more than once.
    var repeatedIDs: Set<String> {
        Set(Dictionary(grouping: self, by: \.id).filter { $0.value.count > 1 }.keys)
    }
}

extension Set<String> {
    /// Those ids of `Request.numbered` whose records, at `places`, lie below what was committed.
    func below(_ committed: [Int32: Int64], _ places: [TopicPlace]) -> Set<String> {
        filter { id in
            guard let number = Int(id), places.indices.contains(number) else { return true }
            return places[number].offset < committed[places[number].partition] ?? 0
        }
    }
}
