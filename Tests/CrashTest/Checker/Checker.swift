import FakeWeChat

/// Holds a history against the promises of `docs/contract.md`, from outside.
package struct Checker {
    let history: History
    let limits: Limits
    var verdict = Verdict()
    let requestsByPlace: [Place: RequestRecord]
    let requestsByID: [String: [RequestRecord]]
    let callsByID: [String: [Call]]
    let repliesBySource: [Place: [AnswerRecord]]
    let deadLettersBySource: [Place: [AnswerRecord]]
    /// When a sample first saw a commit above a request.
    var commitSeen: [Place: Int64] = [:]

    private init(_ history: History, limits: Limits) {
        self.history = history
        self.limits = limits
        requestsByPlace = Dictionary(history.requests.map { ($0.place, $0) }) { first, _ in first }
        requestsByID = Dictionary(grouping: history.requests, by: \.id)
        callsByID = Dictionary(grouping: history.calls, by: \.id)
        repliesBySource = Self.bySource(history.replies)
        deadLettersBySource = Self.bySource(history.deadLetters)
    }

    private static func bySource(_ answers: [AnswerRecord]) -> [Place: [AnswerRecord]] {
        var found: [Place: [AnswerRecord]] = [:]
        for answer in answers { if let source = answer.source { found[source, default: []].append(answer) } }
        return found
    }

    package static func check(_ history: History, limits: Limits) -> Verdict {
        var checker = Checker(history, limits: limits)
        checker.count()
        checker.checkAnswers(history.replies, isReply: true)
        checker.checkAnswers(history.deadLetters, isReply: false)
        checker.checkRequests()
        checker.checkRuns()
        checker.checkOrder()
        checker.checkCommits()
        checker.checkRepeats()
        checker.checkProgress()
        checker.checkWatch()
        checker.checkEndings()
        checker.doubt()
        return checker.verdict
    }

    private mutating func count() {
        verdict.requests = history.requests.count
        verdict.calls = history.calls.count
        verdict.runs = history.calls.count(where: \.ran)
        verdict.calledTwice = callsByID.values.count { $0.count > 1 }
        verdict.answeredTwice = repliesBySource.values.count { $0.count > 1 }
        verdict.failures = repliesBySource.values.count { $0.contains { !$0.isOK } }
        verdict.evictions = history.accidents.count { $0.kind == .eviction }
        for id in callsByID.keys where requestsByID[id] == nil {
            verdict.breach(.truthful, "a call of \(id), which nobody asked for")
        }
    }

    /// Whether each answer is that of the request it names, and tells what WeChat's log tells.
    private mutating func checkAnswers(_ answers: [AnswerRecord], isReply: Bool) {
        for answer in answers {
            let name = "\(isReply ? "reply" : "dead letter") \(answer.place) (id \(answer.id))"
            guard let source = answer.source, let request = requestsByPlace[source], request.id == answer.id else {
                verdict.breach(.truthful, "\(name) names no request of its id")
                continue
            }
            let calls = callsByID[answer.id] ?? []
            if answer.isOK, !calls.contains(where: { $0.outcome == .errcode(0) }) {
                verdict.breach(.truthful, "\(name) is a success, and no call had one")
            } else if answer.isOK, let relay = answer.relay, requestsByID[answer.id]?.count == 1,
                lastCall(by: relay, before: answer)?.outcome != .errcode(0)
            {
                verdict.breach(
                    .truthful,
                    "\(name) is a success, and the last call of \(relay), which says so, had none"
                )
            }
            // A dead letter is the request itself, and the function echoes what it is given.
            if answer.isOK || !isReply, answer.hash != request.hash {
                verdict.breach(.truthful, "\(name) has another request's value")
            }
            if !answer.isOK, !calls.contains(where: { $0.outcome != .errcode(0) }) {
                verdict.breach(.truthful, "\(name) is a failure, and every call succeeded")
            }
        }
    }

    private mutating func checkRequests() {
        for request in history.requests {
            guard let replies = repliesBySource[request.place] else {
                verdict.lost += 1
                verdict.breach(.answered, "request \(request.place) (id \(request.id)) has no reply")
                continue
            }
            if !replies.contains(where: \.isOK), deadLettersBySource[request.place] == nil {
                verdict.lost += 1
                verdict.breach(.answered, "request \(request.place) (id \(request.id)) failed and has no dead letter")
            }
        }
    }
}
