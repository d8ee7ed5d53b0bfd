/// What `check --connect` found out about one thing.
struct Finding: Encodable {
    enum State: String, Encodable {
        case ok
        /// Nothing can be said about it now: it does not answer.
        case unreachable
        /// It answers, and something has to be mended.
        case wrong
    }

    /// `brokers`, `topic orders.requests`, `token of app 'main'`.
    let subject: String
    let state: State
    let words: String
    let remedy: String?

    init(_ subject: String, ok words: String) {
        (self.subject, state, self.words, remedy) = (subject, .ok, words, nil)
    }

    init(_ subject: String, _ state: State, _ problem: String, remedy: String?) {
        (self.subject, self.state, words, self.remedy) = (subject, state, problem, remedy)
    }

    var line: String {
        let mark = state == .ok ? "ok  " : "FAIL"
        return "\(mark)  \(subject): \(words)" + (remedy.map { "; \($0)" } ?? "")
    }
}
