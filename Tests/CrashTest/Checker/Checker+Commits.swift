extension Checker {
    /// What each sample of the committed offsets rests on: the answers that were written by then.
    mutating func checkCommits() {
        verdict.samples = history.samples.count
        let requests = Dictionary(grouping: history.requests, by: \.place.partition)
            .mapValues { $0.sorted { $0.place < $1.place } }
        /// By partition: what was committed last, and the first request that no commit has covered.
        var last: [Int32: (offset: Int64, next: Int)] = [:]
        for sample in history.samples {
            for (partition, offset) in sample.committed.sorted(by: { $0.key < $1.key }) {
                var (before, next) = last[partition] ?? (0, 0)
                if offset < before {
                    verdict.breach(
                        .committed,
                        "partition \(partition) went back from \(before) to \(offset) at \(sample.time)"
                    )
                }
                if offset != before { verdict.commits += 1 }
                let own = requests[partition] ?? []
                while next < own.count, own[next].place.offset < offset {
                    commitSeen[own[next].place] = sample.time
                    if !isAnswered(own[next], in: sample) {
                        verdict.breach(
                            .committed,
                            "\(offset) is committed in partition \(partition), and \(own[next].place) (id"
                                + " \(own[next].id)) is not answered"
                        )
                    }
                    next += 1
                }
                last[partition] = (offset, next)
            }
        }
        for (partition, own) in requests.sorted(by: { $0.key < $1.key }) {
            guard let end = own.last?.place.offset, last[partition]?.offset != end + 1 else { continue }
            let words = last[partition].map { "\($0.offset)" } ?? "nothing"
            verdict.breach(.committed, "in the end \(words) is committed in partition \(partition), not \(end + 1)")
        }
    }

    private func isAnswered(_ request: RequestRecord, in sample: Sample) -> Bool {
        let replies = (repliesBySource[request.place] ?? []).filter {
            $0.place.offset < sample.replyEnds[$0.place.partition] ?? 0
        }
        if replies.contains(where: \.isOK) { return true }
        // A failure has two answers, and both are to be written.
        guard !replies.isEmpty else { return false }
        return (deadLettersBySource[request.place] ?? []).contains {
            $0.place.offset < sample.deadLetterEnds[$0.place.partition] ?? 0
        }
    }
}
