import RelayCore

/// An answer as WeChat gives it, with what `wechat.md` and `errcodes.csv` say of it, in the model's own words: the core's
/// table is what is tested.
struct ModelAnswer: Equatable {
    enum Meaning {
        case success, functionFailed, badRequest, token, throttled, quota, concurrency, misconfiguration
        /// Says nothing of the request.
        case transient
        /// It may have been the request, and may have run.
        case unknown
    }

    var code: OutcomeCode
    var meaning: Meaning
    /// What the documents say: the function may have run.
    var mayHaveRun: Bool
    /// Counts against `retry.max-attempts` whatever else goes on.
    var isCounted = false
    /// No readable answer of WeChat, and nobody's fault but the host's.
    var isHostAway = false
    var errmsg = ""
    var retryAfter: Duration?
    var isReplyUnreadable = false

    var result: AttemptResult {
        AttemptResult(code: code, errmsg: errmsg, retryAfter: retryAfter, isReplyUnreadable: isReplyUnreadable)
    }

    static func errcode(
        _ code: Int64,
        _ meaning: Meaning,
        mayHaveRun: Bool = false,
        isCounted: Bool = false,
        isHostAway: Bool = false,
        errmsg: String = ""
    ) -> ModelAnswer {
        ModelAnswer(
            code: .errcode(code),
            meaning: meaning,
            mayHaveRun: mayHaveRun,
            isCounted: isCounted,
            isHostAway: isHostAway,
            errmsg: errmsg
        )
    }

    static func status(_ status: Int, _ meaning: Meaning, mayHaveRun: Bool, isHostAway: Bool) -> ModelAnswer {
        ModelAnswer(code: .status(status), meaning: meaning, mayHaveRun: mayHaveRun, isHostAway: isHostAway)
    }

    static func lost(_ outcome: TransportOutcome, mayHaveRun: Bool, isHostAway: Bool = true) -> ModelAnswer {
        ModelAnswer(
            code: .transport(outcome),
            meaning: mayHaveRun ? .unknown : .transient,
            mayHaveRun: mayHaveRun,
            isHostAway: isHostAway
        )
    }

    static let success = errcode(0, .success, mayHaveRun: true)
    static let unreadableReply: ModelAnswer = {
        var answer = errcode(0, .functionFailed, mayHaveRun: true)
        answer.isReplyUnreadable = true
        return answer
    }()
    static let thrown = errcode(-504_002, .functionFailed, mayHaveRun: true)
    static let timedOut = errcode(-504_003, .unknown, mayHaveRun: true, isCounted: true)
    static let refused = errcode(-501_007, .badRequest)
    static let requestTimeout = lost(.requestTimeout, mayHaveRun: true, isHostAway: false)
    static let concurrency = errcode(-501_004, .concurrency)
    static let minuteQuota = errcode(45_011, .throttled)
    static let dayQuota = errcode(45_009, .quota)
    static let badToken = errcode(40_001, .token)
    static let expiredToken = errcode(42_001, .token)
    static let functionMissing = errcode(-501_000, .misconfiguration)
    static let unlisted = errcode(777_777, .transient, mayHaveRun: true, isCounted: true)

    /// A host that is away.
    static let away: [ModelAnswer] = [
        lost(.connectRefused, mayHaveRun: false), lost(.dns, mayHaveRun: false),
        lost(.connectTimeout, mayHaveRun: false), lost(.resetBeforeWrite, mayHaveRun: false),
        lost(.resetAfterWrite, mayHaveRun: true), lost(.shortAnswer, mayHaveRun: true),
        status(502, .unknown, mayHaveRun: true, isHostAway: true),
        status(503, .transient, mayHaveRun: true, isHostAway: true),
        errcode(-1, .transient, mayHaveRun: true, isHostAway: true),
    ]

    /// An app that is set up wrongly.
    static let appMisconfigured: [ModelAnswer] = [
        errcode(40_164, .misconfiguration), errcode(48_001, .misconfiguration), errcode(44_002, .misconfiguration),
        status(404, .misconfiguration, mayHaveRun: false, isHostAway: false),
    ]

    /// An environment that is not well.
    static let environmentAway: [ModelAnswer] = [
        errcode(-501_005, .misconfiguration), errcode(-501_001, .transient, mayHaveRun: true),
        errcode(-501_003, .throttled), errcode(-501_015, .quota, mayHaveRun: true),
    ]

    /// Answers that come now and then.
    static let passing: [ModelAnswer] = [
        errcode(-1, .transient, mayHaveRun: true, isHostAway: true),
        errcode(-501_001, .transient, mayHaveRun: true),
        errcode(-504_001, .transient, mayHaveRun: true, isCounted: true),
        errcode(-501_002, .unknown, mayHaveRun: true, isCounted: true),
        errcode(-604_102, .unknown, mayHaveRun: true, isCounted: true),
        lost(.answerTooLarge, mayHaveRun: true, isHostAway: false),
        lost(.resetBeforeWrite, mayHaveRun: false), lost(.resetAfterWrite, mayHaveRun: true),
        status(500, .transient, mayHaveRun: true, isHostAway: true),
        status(504, .unknown, mayHaveRun: true, isHostAway: true),
        status(408, .transient, mayHaveRun: false, isHostAway: true), thrown, unlisted, concurrency,
        {
            var answer = status(429, .throttled, mayHaveRun: false, isHostAway: false)
            answer.retryAfter = .seconds(3)
            return answer
        }(),
        errcode(40_164, .misconfiguration), expiredToken,
    ]
}
