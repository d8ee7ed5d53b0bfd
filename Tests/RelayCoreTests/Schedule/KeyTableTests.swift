import RelayCore
import Testing

@Suite("A table of keys") struct KeyTableTests {
    @Test("keeps what a dictionary keeps, over growth and removals", arguments: [UInt64(1), 2, 3, 4])
    func likeADictionary(seed: UInt64) {
        var random = SplitMix64(state: seed)
        var table = KeyTable(seed: random.next())
        var dictionary: [UInt64: Int] = [:]
        for step in 0..<20_000 {
            // Few keys, so that most are met again, and so close together that some lie in each other's way.
            let key = UInt64.random(in: 0..<300, using: &random)
            if Int.random(in: 0..<5, using: &random) < 3 {
                #expect(table.update(step, for: key) == dictionary.updateValue(step, forKey: key))
            } else {
                table.remove(key)
                dictionary[key] = nil
            }
            #expect(table.count == dictionary.count)
            if step % 100 == 0 {
                for key in UInt64(0)..<300 { #expect(table[key] == dictionary[key]) }
            }
        }
    }
}
