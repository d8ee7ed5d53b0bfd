import RelayCore

/// One history's result.
struct Outcome {
    let mode: Mode
    let seed: UInt64
    /// Its place among all of the campaign.
    var number = 0
    let digest: Digest
    let statistics: Statistics
    let breach: Breach?
}

/// Many histories, on both sides of a machine's cores; what it prints does not depend on who is quicker.
struct Campaign {
    let modes: [Mode]
    let seeds: ClosedRange<UInt64>

    /// Runs one history.
    static func run(_ mode: Mode, _ seed: UInt64) -> Outcome {
        let world = World(Scenario(mode: mode, seed: seed))
        world.run()
        var breach = world.breach
        // Now and then the same again: equal seeds must give equal histories.
        if breach == nil && seed % 50 == 0 {
            let again = World(Scenario(mode: mode, seed: seed))
            again.run()
            if again.digest != world.digest {
                breach = Breach(rule: .replay, words: "two runs of one seed differ", time: world.now)
            }
        }
        return Outcome(
            mode: mode,
            seed: seed,
            digest: world.digest,
            statistics: world.statistics,
            breach: breach
        )
    }

    /// Runs all of them, in chunks on as many tasks as there are workers, until one fails.
    func run(workers: Int) async -> (statistics: Statistics, digest: Digest, failure: Outcome?) {
        var statistics = Statistics()
        var digest = Digest()
        var next = seeds.lowerBound
        while next <= seeds.upperBound {
            let chunk = next...min(next + 255, seeds.upperBound)
            let parts = await withTaskGroup(of: (Int, [Outcome]).self) { group in
                for worker in 0..<workers {
                    let modes = modes
                    group.addTask {
                        var outcomes: [Outcome] = []
                        for seed in chunk where Int(seed) % workers == worker {
                            Trap.begin(seed, worker)
                            for (index, mode) in modes.enumerated() {
                                outcomes.append(Self.run(mode, seed))
                                outcomes[outcomes.count - 1].number = Int(seed) * modes.count + index
                            }
                        }
                        return (worker, outcomes)
                    }
                }
                var parts = [[Outcome]](repeating: [], count: workers)
                for await (worker, outcomes) in group { parts[worker] = outcomes }
                return parts
            }
            let outcomes = parts.flatMap { $0 }.sorted { $0.number < $1.number }
            for outcome in outcomes {
                statistics.add(outcome.statistics)
                digest.add(outcome.digest.value)
            }
            if let failure = outcomes.first(where: { $0.breach != nil }) { return (statistics, digest, failure) }
            next = chunk.upperBound + 1
        }
        return (statistics, digest, nil)
    }
}
