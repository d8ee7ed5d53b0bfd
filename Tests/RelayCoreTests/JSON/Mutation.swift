/// Pieces that break JSON in ways that single bytes seldom do.
private let pieces: [[UInt8]] = [
    Array("\"".utf8), Array("\\".utf8), Array("\\u".utf8), Array("\\ud83d".utf8), Array("\\ude00".utf8),
    Array("\\/".utf8),
    Array("{".utf8), Array("}".utf8), Array("[".utf8), Array("]".utf8), Array(",".utf8), Array(":".utf8),
    Array("null".utf8), Array("true".utf8), Array("-".utf8), Array("0".utf8), Array("1e5".utf8), Array(".5".utf8),
    Array("\"a\":".utf8), Array(" \n".utf8), Array("é😀".utf8), [0xEF, 0xBB, 0xBF], [0xC0, 0xAF], [0xED, 0xA0, 0x80],
    [0],
]

extension SplitMix64 {
    /// The bytes with one to three changes: a byte altered, a range removed or doubled, a piece put in, the end cut off.
    mutating func mutant(of bytes: [UInt8]) -> [UInt8] {
        var mutant = bytes
        for _ in 0..<Int.random(in: 1...3, using: &self) {
            let start = Int.random(in: 0...mutant.count, using: &self)
            let end = Int.random(in: start...min(start + 12, mutant.count), using: &self)
            switch UInt8.random(in: 0..<6, using: &self) {
            case 0 where start < mutant.count: mutant[start] = .random(in: 0...255, using: &self)
            case 1: mutant.removeSubrange(start..<end)
            case 2: mutant.insert(contentsOf: mutant[start..<end], at: end)
            case 3: mutant.insert(contentsOf: pieces.randomElement(using: &self) ?? [], at: start)
            case 4 where start < mutant.count: mutant[start] ^= 1 << UInt8.random(in: 0..<8, using: &self)
            default:
                if Bool.random(using: &self), Bool.random(using: &self) { mutant.removeSubrange(start...) }
            }
        }
        return mutant
    }
}
