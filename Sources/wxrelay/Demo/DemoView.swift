import RelayCore

/// What the demo shows: each request and reply as a line, or, when there are many, the first ones and how it goes on.
struct DemoView {
    private let total: Int?
    private var requestsShown = 0
    private var repliesShown = 0
    private var failuresShown = 0
    private var progressAt: ContinuousClock.Instant
    private var answeredBefore = 0

    private static let linesMax = 10
    private static let failuresMax = 10

    /// `total` is how many requests there will be, nil when each is worth a line.
    init(total: Int?, now: ContinuousClock.Instant) {
        self.total = total
        progressAt = now
    }

    private var isSparing: Bool { total.map { $0 > 2 * Self.linesMax } ?? false }

    mutating func show(request id: String, key: String, body: String) {
        requestsShown += 1
        guard !isSparing || requestsShown <= Self.linesMax else { return }
        Console.out("request  \(id.padded(to: 10))  key \(key.padded(to: 14))  \(body)")
    }

    mutating func show(_ reply: ReplyRecord, latency: Duration) {
        repliesShown += 1
        if isSparing, repliesShown > Self.linesMax {
            guard !reply.isOK else { return }
            failuresShown += 1
            guard failuresShown <= Self.failuresMax else { return }
        }
        let status = (reply.isOK ? "ok" : "FAILED").padded(to: 6)
        let attempts = (reply.attempts == 1 ? "1 attempt" : "\(reply.attempts) attempts").padded(to: 10)
        let errcode = reply.isOK ? "" : reply.errcode.map { " \($0)" } ?? ""
        Console.out(
            "reply    \(reply.correlationID.padded(to: 10))  \(reply.function)  \(status)  \(attempts)"
                + "  \(Self.milliseconds(latency).padded(to: 8))  \(reply.outcomeClass)\(errcode)"
        )
        if isSparing, repliesShown == Self.linesMax {
            Console.out("         … from here on only failures, the first \(Self.failuresMax), and how it goes on")
        }
    }

    mutating func show(duplicate reply: ReplyRecord) {
        Console.out("reply    \(reply.correlationID.padded(to: 10))  a duplicate, at \(reply.place)")
    }

    /// Each second one line, when the requests themselves are not shown.
    mutating func progress(_ tally: DemoTally, at now: ContinuousClock.Instant) {
        guard let total, isSparing else { return }
        let passed = now - progressAt
        guard passed >= .seconds(1) else { return }
        let rate = Double(tally.answered - answeredBefore) / (passed / .seconds(1))
        Console.out(
            "         \(tally.answered) of \(total) answered, \(tally.outstanding) open,"
                + " \(Int(rate.rounded())) a second"
        )
        progressAt = now
        answeredBefore = tally.answered
    }

    static func milliseconds(_ duration: Duration) -> String {
        "\(duration.wholeMilliseconds) ms"
    }
}
