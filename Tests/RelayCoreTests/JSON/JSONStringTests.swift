import RelayCore
import Testing

/// Strings of quotes, backslashes and what a scan of eight bytes might take for one of them, beside a scan byte by byte.
struct JSONStringTests {
    /// `#` and `]` are the bytes behind a quote and a backslash, which a test of a whole word may hit wrongly.
    private static let pieces: [[UInt8]] =
        ["\\\"", "\\\"", "\\\"", "\\\\", "\\", "\"", "#", "]", "#", "]", "a", "n", "u0041", ":", "[\u{1}", "é"]
        .map { Array($0.utf8) } + [[0x80], [0xA2], [0xFF]]

    @Test(arguments: [JSONStrictness.strict, .lenient])
    func `100,000 strings end where they end byte by byte`(_ strictness: JSONStrictness) {
        var random = SplitMix64(state: 41)
        var ends: [Bool: Int] = [:]
        var differing: [[UInt8]] = []
        for _ in 0..<100_000 {
            var bytes = Array("{\"a\":\"".utf8)
            let start = bytes.count
            for _ in 0..<Int.random(in: 0..<24, using: &random) {
                bytes += Self.pieces[Int.random(in: 0..<Self.pieces.count, using: &random)]
            }
            bytes += Array("\"}".utf8)
            let scan = Scan(bytes, strictness)
            let end = Self.end(of: bytes, from: start, strictness)
            // Behind a string that ends early comes what is no JSON.
            let expected: JSONProblem? =
                switch end {
                case .text(let end): end == bytes.count - 2 ? nil : Self.problem(behind: end, in: bytes)
                case .broken(let problem): problem
                }
            let value = scan.members?.first?.value
            let hasEscapes = bytes[start...].contains(UInt8(ascii: "\\"))
            if scan.problem != expected || (expected == nil && value?.end != bytes.count - 2)
                || (expected == nil && value?.hasEscapes != hasEscapes)
            {
                differing.append(bytes)
            }
            ends[expected == nil, default: 0] += 1
        }
        #expect(differing == [])
        #expect(ends.values.allSatisfy { $0 > 5_000 } && ends.count == 2)
    }

    private enum End {
        case text(Int)
        case broken(JSONProblem)
    }

    /// Where the closing quote is, looked for as the grammar says.
    private static func end(of bytes: [UInt8], from start: Int, _ strictness: JSONStrictness) -> End {
        var position = start
        while position < bytes.count {
            switch bytes[position] {
            case UInt8(ascii: "\""):
                return .text(position)
            case UInt8(ascii: "\\"):
                position += 1
                guard position < bytes.count else { return .broken(.truncated) }
                switch bytes[position] {
                case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "n"): position += 1
                case UInt8(ascii: "u"):
                    for _ in 0..<4 {
                        position += 1
                        guard position < bytes.count else { return .broken(.truncated) }
                        guard "0123456789abcdef".utf8.contains(bytes[position]) else {
                            return .broken(.syntax(at: position))
                        }
                    }
                    position += 1
                case 0x80... where strictness == .lenient: position += 1
                default: return .broken(.syntax(at: position))
                }
            case 0..<0x20 where strictness == .strict:
                return .broken(.syntax(at: position))
            case 0x80... where strictness == .strict:
                // Of the pieces only é is a character, if its two bytes were not torn apart.
                guard bytes[position] == 0xC3, bytes[position + 1] == 0xA9 else {
                    return .broken(.syntax(at: position))
                }
                position += 2
            default:
                position += 1
            }
        }
        return .broken(.truncated)
    }

    /// Neither a comma nor a brace follows the quote, unless the bytes end with it.
    private static func problem(behind end: Int, in bytes: [UInt8]) -> JSONProblem {
        end + 1 < bytes.count ? .syntax(at: end + 1) : .truncated
    }
}
