import RelayCore

/// What a group had committed when its owner died.
struct LastCommit: Sendable {
    /// By partition.
    let offsets: [Int32: Int64]
    private let metadata: [Int32: Words]

    /// One partition's metadata, its list as a set.
    private struct Words: Sendable {
        let limit: Int64
        let isClean: Bool
        let highestDone: Int64
        let open: Set<Int64>
    }

    init(offsets: [Int32: Int64], metadata: [Int32: [UInt8]]) throws {
        self.offsets = offsets
        self.metadata = try metadata.mapValues { text in
            let metadata = try CommitMetadata.decode(text).get()
            return Words(
                limit: metadata.admissionLimit.value,
                isClean: metadata.isClean,
                highestDone: metadata.highestDone?.offset.value ?? metadata.base.value - 1,
                open: Set(metadata.open.map(\.offset.value))
            )
        }
    }

    /// Whether a record lies below the offset, or is done by the list.
    func isDone(_ place: TopicPlace) -> Bool {
        guard let offset = offsets[place.partition] else { return false }
        if place.offset < offset { return true }
        guard let words = metadata[place.partition] else { return false }
        return place.offset <= words.highestDone && !words.open.contains(place.offset)
    }

    /// Whether a record that is not done lies within the admission limit.
    func mayHaveRun(_ place: TopicPlace) -> Bool {
        guard !isDone(place), let words = metadata[place.partition] else { return false }
        return !words.isClean && place.offset <= words.limit
    }

    /// How many offsets above the committed ones are done.
    var doneAboveBase: Int {
        metadata.reduce(0) { sum, entry in
            let base = offsets[entry.key] ?? 0
            let open = entry.value.open.count { $0 <= entry.value.highestDone }
            return sum + Int(entry.value.highestDone - base + 1) - open
        }
    }
}

extension RelayBench {
    /// What the relay's group has committed, offsets and metadata.
    func lastCommit() async throws -> LastCommit {
        try LastCommit(
            offsets: try await committed(),
            metadata: try await broker.metadata(names.group, topic: names.requests, partitions: partitions)
        )
    }
}

extension Request {
    /// A request without a key, which keeps no order; its number is its id.
    static func unordered(_ number: Int, more: String = "") -> Request {
        Request("{\"id\":\"\(number)\"\(more)}", headers: [("correlation-id", "\(number)")])
    }

    /// Requests without keys with the numbers below `count` as ids.
    static func unordered(below count: Int) -> [Request] {
        (0..<count).map { unordered($0) }
    }
}

extension [ReadRecord] {
    /// The last reply of each id: all of an id are in one partition.
    var lastByID: [String: ReadRecord] {
        Dictionary(map { ($0.id, $0) }) { $0.place.offset > $1.place.offset ? $0 : $1 }
    }
}
