/// What the command line asks for.
struct Command {
    var modes = Mode.allCases
    /// One history, told in words.
    var seed: UInt64?
    var from: UInt64 = 1
    var seeds: UInt64 = 1_000
    var run: UInt64 = 0
    var reductions: [Reduction] = []
    var workers = 2
    /// Figures and verdicts only: no history is told, none is shrunk.
    var isQuiet = false

    static let usage = """
        usage: RelaySimulation [--mode swarm|calm|liveness] [--seeds N] [--from N] [--workers N] [--quiet]
               RelaySimulation --seed N [--mode M] [--run N] [--reduce NAME,NAME,...] [--quiet]
        """

    /// Nil when there is something in it that nobody knows.
    init?(_ arguments: some Sequence<String>) {
        var rest = Array(arguments)[...]
        while let option = rest.popFirst() {
            if option == "--quiet" {
                isQuiet = true
                continue
            }
            guard let value = rest.popFirst() else { return nil }
            switch option {
            case "--mode":
                guard let mode = Mode(rawValue: value) else { return nil }
                modes = [mode]
            case "--reduce":
                let names = value.split(separator: ",")
                reductions = names.compactMap { Reduction(name: $0) }
                guard reductions.count == names.count else { return nil }
            default:
                guard let number = UInt64(value), set(option, number) else { return nil }
            }
        }
    }

    private mutating func set(_ option: String, _ number: UInt64) -> Bool {
        switch option {
        case "--seed": seed = number
        case "--run": run = number
        case "--from": from = number
        case "--seeds" where number > 0: seeds = number
        case "--workers" where (1...64).contains(number): workers = Int(number)
        default: return false
        }
        return true
    }
}
