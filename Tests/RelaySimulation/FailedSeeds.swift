/// Seeds whose histories failed once, each with what was in them; every run of the simulation begins with them.
///
/// A seed means its history only as long as nothing else is drawn before: a bug of the core leaves a unit test as well.
enum FailedSeeds {
    static let all: [(mode: Mode, seed: UInt64)] = [
        // A reply that waited for its next try found that its topic was gone.
        (.swarm, 21_707),
        // A delivery report was the first event behind a drain's deadline.
        (.swarm, 27_323),
        // A member that was put out read another's commit.
        (.swarm, 16_194),
        // A partition that had left its log was taken back while its new start was looked up.
        (.swarm, 2_030),
    ]
}
