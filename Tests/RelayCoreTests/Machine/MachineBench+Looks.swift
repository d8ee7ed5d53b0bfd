import RelayCore

extension MachineBench {
    /// The calls since the last look, in their order.
    mutating func takeCalls() -> [RequestID] {
        defer { newCalls = [] }
        return newCalls
    }

    /// The effects since the last look, without calls and publications.
    mutating func takeEffects() -> [Effect] {
        defer { effects = [] }
        return effects
    }

    /// The last reply written for a record.
    func reply(_ offset: Int64) -> Writing? {
        writings.last { $0.offset == Offset(offset) && $0.publication.form != .deadLetter }
    }

    /// Why a record failed; nil while it has no reply or a good one.
    func reason(_ offset: Int64) -> FailureReason? {
        reply(offset)?.facts.reason
    }

    /// Answers every call alike, as they come, until none comes for `patience`.
    ///
    /// - Returns: how many calls were answered.
    mutating func answerAll(_ code: OutcomeCode, patience: Duration = .seconds(40), most: Int = 1_000) -> Int {
        var answered = 0
        var quietSince = now.monotonic
        while answered < most, now.monotonic - quietSince < patience {
            for id in takeCalls() where answered < most {
                answer(id, code)
                answered += 1
                quietSince = now.monotonic
            }
            if newCalls.isEmpty { tick(before: quietSince + patience) }
        }
        return answered
    }

    /// Lets time pass until something is called.
    ///
    /// - Returns: how long that took; nil when nothing was called within `most`.
    mutating func passUntilCall(within most: Duration) -> Duration? {
        let start = now.monotonic
        while newCalls.isEmpty {
            guard now.monotonic - start < most else { return nil }
            tick(before: start + most)
        }
        return now.monotonic - start
    }

    /// The publications since the last look.
    mutating func takeWritings() -> [Writing] {
        defer { writings = [] }
        return writings
    }

    /// The reports since the last look; other effects are forgotten.
    mutating func takeReports() -> [Report] {
        takeEffects().compactMap { if case .report(let report) = $0 { report } else { nil } }
    }
}
