/// Seeds whose histories failed once, each with what was wrong; every run of the simulation begins with them.
enum FailedSeeds {
    static let all: [(mode: Mode, seed: UInt64)] = []
}
