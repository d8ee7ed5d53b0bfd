import RelayCore
import Testing

@Suite("Random histories") struct RandomWalkTests {
    @Test("no history loses, forgets or doubles a record", arguments: UInt64(1)...200)
    func everythingIsAnswered(seed: UInt64) {
        var walk = RandomWalk(seed: seed)
        let leftovers = walk.run()
        #expect(leftovers.isEmpty, "seed \(seed)")
    }
}
