/// Seeds whose histories failed once, each with what was wrong; every run of the simulation begins with them.
enum FailedSeeds {
    static let all: [(mode: Mode, seed: UInt64)] = [
        // The first event behind a drain's deadline was an arrival, whose slot the cut gave away.
        (.swarm, 7_259)
    ]
}
