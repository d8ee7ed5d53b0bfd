/// What can go wrong in a history. Each seed draws which of them do, and how often.
enum Fault: Int, CaseIterable {
    // Processes
    case crash, stop, pause, loopStall, clockJump
    // The group
    case isolation, consumerDeath, commitRefusal, lostCommitAnswer, lookUpFailure, brokerOutage
    // Logs
    case retention, recreation
    // The producer
    case publishFailure, lostReport, producerDeath, topicTrouble
    // WeChat
    case outage, misconfiguration, throttling, quota, concurrency, slowness, badAnswer, lostAnswer, badRecord
    case tokenLoss, tokenEndpoint
    // The group again: what was drawn before stays as it was
    case refusalAtLeave

    var name: String { "\(self)" }

    /// Whether it strikes at times of its own; the others meet a share of all that happens.
    var strikes: Bool {
        switch self {
        case .stop, .pause, .clockJump, .isolation, .consumerDeath, .brokerOutage, .retention, .recreation,
            .producerDeath, .topicTrouble, .outage, .misconfiguration, .tokenLoss, .tokenEndpoint:
            true
        case .crash, .loopStall, .commitRefusal, .lostCommitAnswer, .lookUpFailure, .publishFailure, .lostReport,
            .throttling, .quota, .concurrency, .slowness, .badAnswer, .lostAnswer, .badRecord, .refusalAtLeave:
            false
        }
    }
}

/// A fault that lasts, and ends by itself.
enum Weather {
    case outage(app: Int)
    case misconfiguration(app: Int)
    case environment(Int)
    case function(Int)
    case tokenEndpoint(app: Int)
    case topic(Int)
}
