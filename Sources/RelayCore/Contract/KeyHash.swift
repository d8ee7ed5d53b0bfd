/// Which records must keep their order: those of one partition whose keys hash alike.
package enum KeyHash {
    /// A hash of the key's bytes and its partition (`CommitMetadata.place`), the same in every process and at every start.
    ///
    /// Two keys that hash alike wait for each other needlessly and nothing worse, so the hash has no seed: a sender who
    /// looks for such keys slows down only the keys that he sends. Eight bytes a step, each mixed by a 128-bit product.
    package static func hash(_ key: RawSpan, partition: UInt64) -> UInt64 {
        var state = mix(partition ^ 0xA076_1D64_78BD_642F, 0xE703_7ED1_A0B4_28DB)
        var position = 0
        while let word = key.word(at: position) {
            state = mix(word ^ 0x8EBC_6AF0_9C88_C6E3, state ^ 0x5899_65CC_7537_4CC3)
            position += 8
        }
        var tail: UInt64 = 0
        while position < key.byteCount {
            tail = tail << 8 | UInt64(key.byte(at: position))
            position += 1
        }
        state = mix(tail ^ 0x1D8E_4E27_C47D_124F, state ^ 0xEB44_ACCA_B455_D165)
        // The length tells a key from the same key with zero bytes behind it.
        return mix(state ^ UInt64(key.byteCount), 0x9E37_79B9_7F4A_7C15)
    }

    private static func mix(_ left: UInt64, _ right: UInt64) -> UInt64 {
        let product = left.multipliedFullWidth(by: right)
        return product.high ^ product.low
    }
}
