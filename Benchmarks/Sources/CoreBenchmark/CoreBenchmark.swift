import Glibc

/// `CoreBenchmark [machine] [codecs] [--rounds N] [--at-most RATIO]`: both parts when none is named.
@main
struct CoreBenchmark {
    private var isMachineMeasured = false
    private var areCodecsMeasured = false
    private var rounds = 15
    private var most: Double?

    static func main() {
        guard let benchmark = CoreBenchmark(CommandLine.arguments.dropFirst()) else {
            print("usage: CoreBenchmark [machine] [codecs] [--rounds N] [--at-most RATIO]")
            exit(64)
        }
        exit(benchmark.run() ? 0 : 1)
    }

    private init?(_ arguments: ArraySlice<String>) {
        var rest = arguments
        while let argument = rest.popFirst() {
            switch argument {
            case "machine": isMachineMeasured = true
            case "codecs": areCodecsMeasured = true
            case "--rounds":
                guard let count = rest.popFirst().flatMap({ Int($0) }), count > 0 else { return nil }
                rounds = count
            case "--at-most":
                guard let ratio = rest.popFirst().flatMap({ Double($0) }), ratio >= 1 else { return nil }
                most = ratio
            default: return nil
            }
        }
        if !isMachineMeasured && !areCodecsMeasured { (isMachineMeasured, areCodecsMeasured) = (true, true) }
    }

    /// - Returns: whether the costs are as close together as `--at-most` asks for.
    private func run() -> Bool {
        print("median (min–max) of \(rounds) rounds, CPU time of one thread\n")
        if areCodecsMeasured { CodecBenchmark.run(rounds: rounds) }
        guard isMachineMeasured else { return true }
        let ratio = MachineBenchmark.run(rounds: rounds)
        guard let most else { return true }
        print("\(ratio <= most ? "ok" : "FAIL"): the dearest is \(decimal(ratio, 2)) × the cheapest, at most \(most)")
        return ratio <= most
    }
}
