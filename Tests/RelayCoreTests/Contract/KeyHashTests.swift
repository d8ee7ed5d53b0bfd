import RelayCore
import Testing

@Suite("Key hash") struct KeyHashTests {
    @Test("a hash is the same at every start")
    func golden() {
        #expect(hash("", 0) == 14_311_385_524_186_977_483)
        #expect(hash("order-1", 0) == 6_260_607_482_954_803_790)
        #expect(hash("a key of more than eight bytes", 5) == 11_266_251_199_342_091_516)
    }

    @Test("every length, every byte and the partition count")
    func sensitive() {
        var seen: Set<UInt64> = []
        var hashed = 0
        for length in 0...40 {
            let zeros = [UInt8](repeating: 0, count: length)
            seen.insert(KeyHash.hash(zeros.span.bytes, partition: 1))
            hashed += 1
            for index in 0..<length {
                for bit in 0..<8 {
                    var key = zeros
                    key[index] = 1 << UInt8(bit)
                    seen.insert(KeyHash.hash(key.span.bytes, partition: 1))
                    hashed += 1
                }
            }
        }
        for partition in UInt64(2)...1_000 {
            seen.insert(hash("key", partition))
            hashed += 1
        }
        #expect(seen.count == hashed)
    }

    @Test("keys that count up fall evenly into 64 buckets by any six bits")
    func spread() {
        var high = [Int](repeating: 0, count: 64)
        var low = high
        for number in 0..<64_000 {
            let value = hash("order-\(number)", 3)
            high[Int(value >> 58)] += 1
            low[Int(value & 63)] += 1
        }
        #expect((high + low).allSatisfy { (850...1_150).contains($0) })
    }

    private func hash(_ key: String, _ partition: UInt64) -> UInt64 {
        KeyHash.hash(key.utf8.span.bytes, partition: partition)
    }
}
