import Glibc
import RelayCore

/// Histories of the pure core among model brokers and a model WeChat.
///
/// A seed decides everything: how many members, partitions and pipelines there are, which faults strike and when, how long
/// each call takes. The machine is the real one; its shell, librdkafka, the brokers and WeChat are models
/// (`Shell/`, `Model/`). A witness for each process (`Witness/`) keeps books of its own from what passes it and checks the
/// rules of `Rule` after every step; what is committed is held against the model brokers' own logs.
///
/// - `swarm`: faults of all kinds to the end; nothing may be lost, run unseen, run out of order …
/// - `calm`: no faults; each request is called once and answered once, over hand-overs too.
/// - `liveness`: faults stop, and then everything must be answered and committed.
///
/// `make simulate SEEDS=10000` runs that many seeds in each mode, `make simulate SEED=17 MODE=swarm` tells one history in
/// words. A history that fails is shrunk, told, and repeated exactly by the command that is printed with it. Mutants
/// (`Mutants/`, `make simulate-mutants`) prove that the rules can fail.
@main
struct RelaySimulation {
    static func main() async {
        guard let command = Command(CommandLine.arguments.dropFirst()) else {
            print(Command.usage)
            exit(64)
        }
        if let seed = command.seed {
            exit(tell(command, seed) ? 1 : 0)
        }
        Trap.name()
        for failed in FailedSeeds.all where command.modes.contains(failed.mode) {
            Trap.begin(failed.seed, 0)
            let outcome = Campaign.run(failed.mode, failed.seed)
            if outcome.breach != nil { fail(outcome, command) }
        }
        let campaign = Campaign(modes: command.modes, seeds: command.from...command.from + command.seeds - 1)
        let (statistics, digest, failure) = await campaign.run(workers: command.workers)
        print(statistics)
        print("digest \(String(digest.value, radix: 16))")
        if let failure { fail(failure, command) }
    }

    /// Shrinks a failing history and tells it.
    private static func fail(_ outcome: Outcome, _ command: Command) -> Never {
        guard let breach = outcome.breach else { exit(70) }
        print("FAILED: \(outcome.mode.rawValue), seed \(outcome.seed): \(breach.rule.rawValue): \(breach.words)")
        print("repeat: make simulate MODE=\(outcome.mode.rawValue) SEED=\(outcome.seed)")
        guard breach.rule != .replay, !command.isQuiet else { exit(1) }
        var shrinker = Shrinker(mode: outcome.mode, seed: outcome.seed, rule: breach.rule)
        shrinker.shrink()
        let reduced = shrinker.reductions.map(\.name).joined(separator: ",")
        print(
            "shrunk: --mode \(outcome.mode.rawValue) --seed \(outcome.seed) --run \(shrinker.run) --reduce \(reduced)"
        )
        tell(
            World(
                Scenario(
                    mode: outcome.mode,
                    seed: outcome.seed,
                    run: shrinker.run,
                    reductions: shrinker.reductions
                ),
                isTold: true
            )
        )
        exit(1)
    }

    /// Tells the history of one seed in each mode.
    ///
    /// - Returns: whether a rule was broken.
    private static func tell(_ command: Command, _ seed: UInt64) -> Bool {
        var isBroken = false
        for mode in command.modes {
            let scenario = Scenario(mode: mode, seed: seed, run: command.run, reductions: command.reductions)
            let world = World(scenario, isTold: !command.isQuiet)
            tell(world)
            isBroken = isBroken || world.breach != nil
        }
        return isBroken
    }

    private static func tell(_ world: World) {
        world.run()
        print(world.statistics)
        print("digest \(String(world.digest.value, radix: 16))")
        if let breach = world.breach { print("FAILED: \(breach.rule.rawValue): \(breach.words)") }
    }
}

extension Statistics: CustomStringConvertible {
    var description: String {
        """
        \(histories) histories, \(events) events, \(calls) calls (\(executions) ran), \(written) answers written, \
        \(commits) commits, \(crashes) crashes, \(rebalances) rebalances, \(revocations) revocations, \
        \(losses) losses, \(resumptions) resumed, \(holds) holds, \(stops) stops, \(simulated.wholeMilliseconds / 3_600_000) h simulated
        """
    }
}
