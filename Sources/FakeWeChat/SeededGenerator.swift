/// SplitMix64: the same seed gives the same draws on every machine.
package struct SeededGenerator: RandomNumberGenerator, Sendable {
    private var state: UInt64

    package init(seed: UInt64) {
        state = seed
    }

    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// 0 ..< 1, in steps of 2^-53.
    mutating func fraction() -> Double {
        Double(next() >> 11) * 0x1p-53
    }

    /// An access token of the shape that WeChat gives: a number, an underscore, then URL-safe characters.
    mutating func token(length: Int) -> String {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
        var bytes = Array("\(Int.random(in: 60 ... 99, using: &self))_".utf8)
        while bytes.count < length {
            bytes.append(alphabet[Int(next() & 63)])
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
