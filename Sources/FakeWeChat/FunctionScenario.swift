/// One cloud function as a scenario scripts it.
package struct FunctionScenario: Hashable, Sendable {
    /// Whose calls are counted by `steps`.
    package enum Counting: String, CaseIterable, Hashable, Sendable {
        /// All calls of the function share one sequence.
        case function
        /// Every body id has a sequence of its own.
        case id
    }

    /// One step of a scripted sequence.
    package enum Step: Hashable, Sendable {
        case answer(ScriptedAnswer)
        case fault(Fault)
    }

    package var answer: ScriptedAnswer
    package var latency: Latency
    /// `time-limit`: a function that would take longer is cut off there and answered with -504003. WeChat's limit over
    /// HTTP is 5 s.
    package var timeLimit: Duration
    /// `concurrency`: calls under way at once, beyond it -501004; nil means no limit.
    package var concurrency: Int?
    /// Drawn at each call; what no share takes is answered properly.
    package var errors: [ErrorShare]
    /// Outcomes in order, instead of `answer` and `errors`.
    package var steps: StepSequence<Step>?
    package var stepsPer: Counting

    package init(
        answer: ScriptedAnswer = .echo,
        latency: Latency = .fixed(.zero),
        timeLimit: Duration = .seconds(5),
        concurrency: Int? = nil,
        errors: [ErrorShare] = [],
        steps: StepSequence<Step>? = nil,
        stepsPer: Counting = .function
    ) {
        self.answer = answer
        self.latency = latency
        self.timeLimit = timeLimit
        self.concurrency = concurrency
        self.errors = errors
        self.steps = steps
        self.stepsPer = stepsPer
    }
}

/// Outcomes in order, each some number of times; the last one repeats for ever.
package struct StepSequence<Outcome: Hashable & Sendable>: Hashable, Sendable {
    package struct Entry: Hashable, Sendable {
        package var outcome: Outcome
        package var times: Int

        package init(_ outcome: Outcome, times: Int = 1) {
            self.outcome = outcome
            self.times = times
        }
    }

    private let last: Outcome
    private let entries: [Entry]

    /// Nil for an empty list.
    package init?(_ entries: [Entry]) {
        guard let last = entries.last else { return nil }
        self.last = last.outcome
        self.entries = entries
    }

    /// The outcome of the call that `index` others went before.
    package func outcome(at index: Int) -> Outcome {
        var left = index
        for entry in entries {
            if left < entry.times { return entry.outcome }
            left -= entry.times
        }
        return last
    }
}

/// A fault, and how much of the calls gets it.
package struct ErrorShare: Hashable, Sendable {
    package var fault: Fault
    /// 0 … 1.
    package var share: Double

    package init(_ fault: Fault, share: Double) {
        self.fault = fault
        self.share = share
    }

    /// One draw: the fault it fell on, nil for none.
    static func drawn(from errors: [ErrorShare], using generator: inout SeededGenerator) -> Fault? {
        guard !errors.isEmpty else { return nil }
        var point = generator.fraction()
        for error in errors {
            if point < error.share { return error.fault }
            point -= error.share
        }
        return nil
    }
}
