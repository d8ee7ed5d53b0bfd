/// One function at work: what the next call gets, and how many are under way.
package struct FunctionScript: Sendable {
    package enum Result: Hashable, Sendable {
        case answer(ScriptedAnswer)
        case fault(Fault)
    }

    /// What becomes of one call.
    package struct Turn: Hashable, Sendable {
        package var latency: Duration
        package var result: Result
        package var ran: Bool
        /// Whether the call counts as under way until `end()`.
        package var occupies: Bool
    }

    package var scenario: FunctionScenario
    package private(set) var underWay = 0
    package private(set) var highestConcurrency = 0
    private var calls = 0
    private var callsByID: [String: Int] = [:]

    /// Body ids whose position in a sequence is remembered; all the later ones stand at its beginning.
    private static let rememberedIDs = 1_000_000

    package init(_ scenario: FunctionScenario) {
        self.scenario = scenario
    }

    /// Puts another script in its place, at its beginning; calls under way stay under way.
    package mutating func restart(_ scenario: FunctionScenario) {
        self.scenario = scenario
        calls = 0
        callsByID = [:]
    }

    /// Begins a call with this body id. `directions` are what the body itself asks for, read when the answer is
    /// `directed`.
    package mutating func begin(
        id: String,
        directions: @autoclosure () -> Directions?,
        using generator: inout SeededGenerator
    ) -> Turn {
        if let limit = scenario.concurrency, underWay >= limit {
            return Turn(latency: .zero, result: .fault(Fault(.errcode(-501_004))), ran: false, occupies: false)
        }
        var latency = scenario.latency.drawn(using: &generator)
        let result: Result
        if let steps = scenario.steps {
            switch steps.outcome(at: position(of: id, per: scenario.stepsPer)) {
            case .answer(let answer): result = .answer(answer)
            case .fault(let fault): result = .fault(fault)
            }
        } else if let fault = ErrorShare.drawn(from: scenario.errors, using: &generator) {
            result = .fault(fault)
        } else if scenario.answer.content == .directed, let directions = directions() {
            latency = directions.latency ?? latency
            result = directions.result(at: position(of: id, per: .id), otherwise: scenario.answer)
        } else {
            result = .answer(scenario.answer)
        }
        underWay += 1
        highestConcurrency = max(highestConcurrency, underWay)
        return limited(result, latency: latency)
    }

    /// Ends a call whose turn occupied the function.
    package mutating func end() {
        precondition(underWay > 0, "a call ended and none was under way")
        underWay -= 1
    }

    private func limited(_ result: Result, latency: Duration) -> Turn {
        switch result {
        case .answer where latency > scenario.timeLimit:
            let text = "Invoking task timed out after \(Self.seconds(scenario.timeLimit)) seconds"
            let fault = Fault(.errcode(-504_003, errmsg: text))
            return Turn(latency: scenario.timeLimit, result: .fault(fault), ran: true, occupies: true)
        case .answer:
            return Turn(latency: latency, result: result, ran: true, occupies: true)
        case .fault(let fault):
            return Turn(latency: latency, result: result, ran: fault.ran, occupies: true)
        }
    }

    private mutating func position(of id: String, per counting: FunctionScenario.Counting) -> Int {
        switch counting {
        case .function:
            defer { calls += 1 }
            return calls
        case .id:
            let position = callsByID[id] ?? 0
            if position > 0 || callsByID.count < Self.rememberedIDs { callsByID[id] = position + 1 }
            return position
        }
    }

    private static func seconds(_ limit: Duration) -> String {
        let (seconds, attoseconds) = limit.components
        return attoseconds == 0 ? "\(seconds)" : "\(Double(seconds) + Double(attoseconds) / 1e18)"
    }
}
