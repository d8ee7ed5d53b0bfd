import FakeWeChat

extension Checker {
    /// Each answer by itself: it admits at least the runs that its relay could know of when it made the call that the
    /// answer tells of.
    mutating func checkRuns() {
        for (id, requests) in requestsByID {
            let calls = callsByID[id] ?? []
            let runs = calls.count(where: \.ran)
            var admitted = 0
            for request in requests {
                let answers = (repliesBySource[request.place] ?? []) + (deadLettersBySource[request.place] ?? [])
                admitted += answers.map(\.runsPossible).max() ?? 0
                // Written twice, an id's calls belong to two records, and nobody can tell to which.
                guard requests.count == 1 else { continue }
                for answer in answers {
                    let known = runsKnown(to: answer, among: calls)
                    if answer.runsPossible < known {
                        verdict.breach(
                            .counted,
                            "an answer to id \(id) by \(answer.relay ?? "a relay") admits \(answer.runsPossible) runs, and"
                                + " \(known) had begun by the call that it tells of (reply or dead letter \(answer.place) at"
                                + " \(answer.time))"
                        )
                    }
                }
            }
            // The last owner's answer knows of all, so the highest ones cover every run.
            if runs > admitted {
                verdict.breach(.counted, "id \(id) ran \(runs) times, and its answers admit \(admitted)")
            }
            guard runs > requests.count else { continue }
            verdict.ranTwice += 1
            if runs == admitted { verdict.countedExactly += 1 }
        }
    }

    /// The call that an answer tells of: a relay that has handed an answer over calls no more under the same owner's turn,
    /// so it is its last one up to then.
    func lastCall(by relay: String, before answer: AnswerRecord) -> Call? {
        callsByID[answer.id]?.last { $0.relay == relay && $0.arrival <= answer.time }
    }

    /// The least number of runs that an answer has to admit.
    private func runsKnown(to answer: AnswerRecord, among calls: [Call]) -> Int {
        let writers = answer.relay.map { [$0] } ?? Array(Set(calls.map(\.relay)))
        // A dead letter names no relay: it may be that of whoever had to know least.
        let known = writers.compactMap { lastCall(by: $0, before: answer) }.map { own in
            calls.count { $0.ran && $0.arrival <= own.arrival && !isHidden($0, from: own) }
        }
        // Answered without a call of its own, by what the owner before had left: at least one run then.
        return known.min() ?? (calls.contains { $0.ran && $0.arrival <= answer.time } ? 1 : 0)
    }

    /// Whether a call may have been made by a later owner that `own`'s relay had not heard of: it was out of touch with
    /// the group since before that call.
    private func isHidden(_ call: Call, from own: Call) -> Bool {
        call.relay != own.relay && isOutOfTouch(own.relay, at: own.arrival, begunBefore: call.arrival)
    }
}
