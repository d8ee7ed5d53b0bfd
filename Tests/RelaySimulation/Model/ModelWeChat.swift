import RelayCore

/// One HTTP request, in the model's own log.
struct ModelCall {
    let process: Process
    let request: RequestID
    let record: Int
    let assignment: Int
    let app: Int
    let environment: Int
    let function: Int
    let token: Int
    let started: MonotonicTime
    var hasArrived = false
    var executed = false
    var answer: ModelAnswer?
    /// The member closed it, or its process is gone: nobody hears the answer.
    var isCut = false
}

/// WeChat's side: the rules of `wechat.md`, limits that nobody is told, and weather.
struct ModelWeChat {
    struct App {
        var token = 1
        var outage: ModelAnswer?
        var misconfiguration: ModelAnswer?
        var tokenRefusal: ModelAnswer?
        var minute: Int64 = -1
        var callsInMinute = 0
        var callsInPeriod = 0
        var period: Int64 = -1
    }

    var apps: [App]
    var environments: [ModelAnswer?]
    var inFlight: [Int]
    var functions: [Bool]
    var calls: [ModelCall] = []

    init(_ scenario: Scenario) {
        apps = scenario.policy.apps.map { _ in App() }
        environments = scenario.policy.pipelines.map { _ in nil }
        inFlight = environments.map { _ in 0 }
        functions = [Bool](repeating: true, count: scenario.functions)
    }

    /// Judges a call at the moment it reaches the host. What is not nil is said at once; nil runs the function.
    mutating func refusal(
        of call: ModelCall,
        record: Record,
        now: MonotonicTime,
        _ scenario: Scenario,
        faults: Bool,
        random: inout SplitMix64
    ) -> ModelAnswer? {
        if let outage = apps[call.app].outage { return outage }
        if call.token != apps[call.app].token { return random.happens(500) ? .badToken : .expiredToken }
        if let misconfiguration = apps[call.app].misconfiguration { return misconfiguration }
        if faults, let limit = limit(call.app, now, scenario) { return limit }
        if let trouble = environments[call.environment] { return trouble }
        if faults, scenario.intensity(of: .concurrency) > 0, inFlight[call.environment] >= scenario.concurrency {
            return .concurrency
        }
        if !functions[call.function] || record.isFunctionNamed { return .functionMissing }
        if record.nature == .refused { return .refused }
        return nil
    }

    /// The minute's quota and the day's, a short day.
    private mutating func limit(_ app: Int, _ now: MonotonicTime, _ scenario: Scenario) -> ModelAnswer? {
        if scenario.intensity(of: .throttling) > 0 {
            let minute = now.nanoseconds / 60_000_000_000
            if apps[app].minute != minute {
                apps[app].minute = minute
                apps[app].callsInMinute = 0
            }
            apps[app].callsInMinute += 1
            if apps[app].callsInMinute > scenario.callsPerMinute { return .minuteQuota }
        }
        if scenario.intensity(of: .quota) > 0 {
            let period = now.nanoseconds / scenario.quotaPeriod.wholeNanoseconds
            if apps[app].period != period {
                apps[app].period = period
                apps[app].callsInPeriod = 0
            }
            apps[app].callsInPeriod += 1
            if apps[app].callsInPeriod > scenario.quota { return .dayQuota }
        }
        return nil
    }
}
