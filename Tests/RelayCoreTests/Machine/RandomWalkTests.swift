import RelayCore
import Testing

@Suite("Random histories") struct RandomWalkTests {
    @Test("no history loses, forgets or doubles a record", arguments: UInt64(1)...200)
    func everythingIsAnswered(seed: UInt64) {
        var walk = RandomWalk(seed: seed)
        let leftovers = walk.run()
        #expect(leftovers.isEmpty, "seed \(seed)")
    }

    @Test("the histories meet what they are for")
    func varied() {
        var happened: Set<String> = []
        for seed in UInt64(1)...300 {
            var walk = RandomWalk(seed: seed)
            _ = walk.run()
            happened.formUnion(walk.happened)
        }
        for cause in HoldCause.allCases { #expect(happened.contains("hold: \(cause)")) }
        let changes = [
            "revoked", "lost", "resumed", "forgotten", "cut", "late tick", "nowhere to write", "passed over as done",
            "waited for a commit",
            "waited for a limit",
            "not called again", "paused",
        ]
        for change in changes { #expect(happened.contains(change), "\(change)") }
    }
}
