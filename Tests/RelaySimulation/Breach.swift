import RelayCore

/// What must hold in every history, after every step.
enum Rule: String, CaseIterable {
    case nothingLost = "nothing is lost: what is committed is answered"
    case commit = "no commit passes an open record"
    case commitAnswered = "one commit at a time, none behind a closed gate"
    case once = "a record ends once: done, or dropped with its partition"
    case order = "a key's records are called in their order"
    case window = "the window is bounded"
    case inFlight = "no more calls than in-flight.max"
    case admission = "no call above the acknowledged admission limit"
    case ownership = "no call while the ownership is in doubt"
    case limbo = "a lost partition is neither called nor written, and goes on only where nobody else began"
    case finality = "an outcome is final: no call behind it"
    case outcome = "an outcome is what WeChat answered"
    case runs = "possible invocations are never under-counted"
    case attempts = "attempts are bounded, and all of them made"
    case maybeRan = "maybe-ran: fail never risks a second run"
    case deadline = "no call starts behind its deadline"
    case token = "no call with a token that was refused"
    case hold = "a hold stops calls"
    case place = "an answer goes where it was asked for"
    case letGo = "a partition is let go drained and committed"
    case stop = "a clean stop leaves nothing begun, and nothing done uncommitted"
    case books = "the machine's books add up"
    case progress = "what nothing forbids goes on"
    case calm = "without faults each request is called once and answered once"
    case protocolKept = "the machine keeps the shell's protocol"
    case endless = "histories end"
    case replay = "a seed replays exactly"
}

/// A rule that a history broke.
struct Breach {
    let rule: Rule
    let words: String
    let time: MonotonicTime
}

/// What histories were made of.
struct Statistics {
    var histories = 0
    var actions = 0
    var events = 0
    var calls = 0
    var executions = 0
    var crashes = 0
    var rebalances = 0
    var revocations = 0
    var losses = 0
    /// Lost partitions that came back and went on.
    var resumptions = 0
    var commits = 0
    var written = 0
    var holds = 0
    var stops = 0
    var simulated: Duration = .zero

    mutating func add(_ other: Statistics) {
        histories += other.histories
        actions += other.actions
        events += other.events
        calls += other.calls
        executions += other.executions
        crashes += other.crashes
        rebalances += other.rebalances
        revocations += other.revocations
        losses += other.losses
        resumptions += other.resumptions
        commits += other.commits
        written += other.written
        holds += other.holds
        stops += other.stops
        simulated += other.simulated
    }
}
