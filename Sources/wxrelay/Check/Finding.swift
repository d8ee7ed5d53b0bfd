/// What `check --connect` found out about one thing.
struct Finding: Encodable {
    enum State: String, Encodable {
        case ok
        /// Nothing can be said about it now: it does not answer.
        case unreachable
        /// It answers, and something has to be mended.
        case wrong
    }

    /// What is not well, why, and who does what about it.
    struct Trouble {
        let state: State
        let problem: String
        let remedy: String

        init(_ state: State, _ problem: String, _ remedy: String) {
            (self.state, self.problem, self.remedy) = (state, problem, remedy)
        }
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

    init(_ subject: String, _ trouble: Trouble) {
        self.init(subject, trouble.state, trouble.problem, remedy: trouble.remedy)
    }

    var line: String {
        let mark = state == .ok ? "ok  " : "FAIL"
        return "\(mark)  \(subject): \(words)" + (remedy.map { "; \($0)" } ?? "")
    }
}
