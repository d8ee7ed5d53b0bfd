import RelayCore

/// Makes a failing history smaller: leaves out faults, members, partitions, records, time, as long as the same rule breaks.
struct Shrinker {
    let mode: Mode
    let seed: UInt64
    let rule: Rule
    private(set) var reductions: [Reduction] = []
    private(set) var run: UInt64 = 0

    /// Courses of one scenario that are tried before a reduction is given up.
    private static let runs: UInt64 = 24

    init(mode: Mode, seed: UInt64, rule: Rule) {
        self.mode = mode
        self.seed = seed
        self.rule = rule
    }

    mutating func shrink() {
        var hasChanged = true
        while hasChanged {
            hasChanged = false
            for reduction in Reduction.all where isWorthTrying(reduction) {
                while let run = failingRun(reductions + [reduction]) {
                    reductions.append(reduction)
                    self.run = run
                    hasChanged = true
                    if case .without = reduction { break }
                    guard isWorthTrying(reduction) else { break }
                }
            }
        }
    }

    private func isWorthTrying(_ reduction: Reduction) -> Bool {
        let now = Scenario(mode: mode, seed: seed, reductions: reductions)
        var then = now
        then.apply(reduction)
        return now.size != then.size
    }

    private func failingRun(_ reductions: [Reduction]) -> UInt64? {
        for run in 0..<Self.runs {
            let world = World(Scenario(mode: mode, seed: seed, run: run, reductions: reductions))
            world.run()
            if world.breach?.rule == rule { return run }
        }
        return nil
    }
}

extension Scenario {
    /// Something that gets smaller with every reduction.
    fileprivate var size: Int {
        intensity.reduce(0, +) + members + partitions.reduce(0, +) + records + keys + functions
            + Int(span.wholeMilliseconds)
    }
}
